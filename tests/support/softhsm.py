"""A PKCS #11 token in software for tests: SoftHSM 2, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
PIN = "271828"


@dataclass(frozen=True, slots=True)
class SoftToken:
    """A token of its own for one test.

    Attributes:
        module: SoftHSM's library.
        folder: Where its files and the PIN lie.
    """

    module: Path
    folder: Path
    label: str = "agency"

    def address(self, keys: Path, key: str = "weighbridge") -> str:
        """Return the address of a key store that this token protects."""
        return (
            f"pkcs11:token={self.label};object={key}"
            f"?module-path={self.module}&pin-source=file:{self.folder / 'pin'}&folder={keys}"
        )


def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """Return a fresh token; skip the test, plainly, where SoftHSM is absent.

    The library reads its configuration once in a process: what needs it runs in one of its own.
    """
    module = next((path for text in _MODULES if (path := Path(text)).is_file()), None)
    program = shutil.which("softhsm2-util")
    if module is None or program is None:
        pytest.skip("SoftHSM 2 is not installed (Debian package softhsm2): no proof of PKCS #11 here")
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    token = SoftToken(module, folder)
    subprocess.run(
        [program, "--init-token", "--free", "--label", token.label, "--so-pin", "314159", "--pin", PIN],
        check=True,
        capture_output=True,
    )
    pin = folder / "pin"
    pin.touch(0o600)
    pin.write_text(f"{PIN}\n")
    return token
