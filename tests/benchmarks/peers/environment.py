"""The environment of each peer: its versions of libraries may contradict weighbridge's.

It lies in the user's cache, holds exactly what `PEER.lock` names, and is made when a benchmark
first needs it. Write a lock anew, after a change of `PEER.in`, with
`uv pip compile tests/benchmarks/peers/PEER.in --generate-hashes --no-emit-index-url --no-header
--universal --python-version 3.11 -o tests/benchmarks/peers/PEER.lock`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.exchange import settings

FOLDER = Path(__file__).parent


def python(peer: str) -> Path:
    """Return the interpreter of a peer's environment, made if it is absent.

    Raises:
        CalledProcessError: A package cannot be installed; nothing half made is left.
    """
    lock = FOLDER / f"{peer}.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = settings.cache_folder().parent / f"benchmark-{peer}-{digest}"
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        try:
            _make(folder, interpreter, lock)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return interpreter


def _make(folder: Path, interpreter: Path, lock: Path) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run([uv, "venv", "--quiet", "--python", version, folder], check=True)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", interpreter, "--require-hashes", "-r", lock],
        check=True,
    )
