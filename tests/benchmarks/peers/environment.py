"""The peers' own environment: their versions of libraries may contradict weighbridge's.

It lies in the user's cache, holds exactly what `requirements.lock` names, and is made when
a benchmark first needs it. Write the lock anew, after a change of `requirements.in`, with
`uv pip compile tests/benchmarks/peers/requirements.in --generate-hashes --no-emit-index-url
--universal --python-version 3.11 -o tests/benchmarks/peers/requirements.lock`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.exchange import settings

FOLDER = Path(__file__).parent
_LOCK = FOLDER / "requirements.lock"


def python() -> Path:
    """Return the interpreter of the peers' environment, made if it is absent.

    Raises:
        CalledProcessError: A package cannot be installed; nothing half made is left.
    """
    digest = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]
    folder = settings.cache_folder().parent / f"benchmark-peers-{digest}"
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        try:
            _make(folder, interpreter)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return interpreter


def _make(folder: Path, interpreter: Path) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run([uv, "venv", "--quiet", "--python", version, folder], check=True)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", interpreter, "--require-hashes", "-r", _LOCK],
        check=True,
    )
