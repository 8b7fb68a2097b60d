"""A text for one member from one member: encrypted to an opening key, signed with a signing key.

HPKE (RFC 9180) and Ed25519 (RFC 8032), as all that travels between members uses them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

SIGNATURE_BYTES = 64
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
# Private keys at hand; making one takes longer than using it.
_PRIVATE_MAX = 16


def framed(*parts: bytes) -> bytes:
    """Return parts with a length before each, so that ("ab", "c") and ("a", "bc") differ."""
    return b"".join([b"%d:%b" % (len(part), part) for part in parts])


def sign(signing: bytes, text: bytes) -> bytes:
    """Return the signature of a text under an Ed25519 private key."""
    return _signer(signing).sign(text)


def is_signed(public: bytes, signature: bytes, text: bytes) -> bool:
    """Say whether a signature of a text is that of an Ed25519 public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def encrypted(text: bytes, seal_key: bytes, info: bytes) -> bytes:
    """Return a text that the holder of an X25519 key alone can open, bound to `info`.

    Raises:
        ValueError: The public key is none.
    """
    return _SUITE.encrypt(text, X25519PublicKey.from_public_bytes(seal_key), info=info)


def decrypted(text: bytes, openings: Iterable[bytes], info: bytes) -> bytes | None:
    """Return what was encrypted to one of some X25519 private keys, None where it was to none of them."""
    for opening in openings:
        try:
            return _SUITE.decrypt(text, _opener(opening), info=info)
        except (InvalidTag, ValueError):
            continue
    return None


@lru_cache(_PRIVATE_MAX)
def _signer(signing: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(signing)


@lru_cache(_PRIVATE_MAX)
def _opener(opening: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(opening)
