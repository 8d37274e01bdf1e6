"""`python -m tests`: set up everything the tests need, then run them. Needs nothing but Python 3.11 and pip.

Arguments go to pytest. The environment lives in .venv and is made anew when requirements.lock changes.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = ENVIRONMENT / "requirements.sha256"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def main() -> int:
    """Return pytest's exit code, or 2 with a sentence when something is missing."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what says so
        return _missing(f"Python 3.11 or newer is needed, this is {platform.python_version()}.")
    if importlib.util.find_spec("tkinter") is None:
        return _missing("This Python has no tkinter: install python3-tk (Debian), or python-tk (Homebrew).")
    wanted = []
    if sys.platform.startswith("linux") and shutil.which("Xvfb") is None:
        wanted.append("xvfb")
    if sys.platform.startswith("linux") and not any(shutil.which(name) for name in BROWSERS):
        wanted.append("chromium")
    if sys.platform.startswith("linux") and shutil.which("openssl") is None:
        wanted.append("openssl")
    if importlib.util.find_spec("ensurepip") is None:
        wanted.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if wanted and not _install(wanted):
        return _missing(f"Install {' and '.join(wanted)} with your system's package manager, then run this again.")
    _prepare()
    return subprocess.call([PYTHON, "-m", "pytest", *sys.argv[1:]], cwd=ROOT)


def _missing(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


def _install(packages: list[str]) -> bool:
    """Install Debian packages where that is possible without asking: as root."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.call(["apt-get", "update", "-qq"], env=quiet)
    return subprocess.call(["apt-get", "install", "-y", "-qq", *packages], env=quiet, stdout=subprocess.DEVNULL) == 0


def _prepare() -> None:
    """Make the environment as the lock file says, unless it is that already."""
    state = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == state:
        return
    sys.stdout.write(f"setting up {ENVIRONMENT.name} …\n")
    sys.stdout.flush()
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "--require-hashes", "-r", LOCK])
    subprocess.check_call([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT])
    STAMP.write_text(state)


if __name__ == "__main__":
    sys.exit(main())
