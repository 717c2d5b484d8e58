"""Gathers Paige's libraries as wheels for arm64, without emulation.

    python -m paige.tools.emulated.wheels [--python 3.11] [EXTRA...]

Prints the folder that holds them, as `pip install --target` leaves it. It is made once under .cache/emulated
for each list of requirements, so a newer library comes with `make clean`.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from paige.tools.check_wheels import PURE_SOURCES, requirements, wheel_options

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "emulated"


def gather(python: str, extras: list[str]) -> Path:
    """The folder with what `pyproject.toml` asks for, for this Python on arm64.

    Raises:
        CalledProcessError: pip failed; what it said has been printed.
    """
    wanted = requirements(extras)
    key = hashlib.sha256("\n".join((python, *sorted(wanted))).encode()).hexdigest()[:12]
    made = CACHE / f"wheels-{python}-{key}"
    if made.exists():
        return made
    print(f"emulated: fetching wheels for Python {python} on arm64, once", file=sys.stderr)
    fresh, pure = made.with_suffix(".new"), made.with_suffix(".pure")
    for folder in (fresh, pure):
        shutil.rmtree(folder, ignore_errors=True)
    _pip("wheel", "--no-deps", "--wheel-dir", str(pure), *PURE_SOURCES)
    _pip("install", "--target", str(fresh), *wheel_options(python, "aarch64", pure), *wanted)
    shutil.rmtree(pure)
    return fresh.rename(made)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)  # noqa: S603 # our own words
    if ended.returncode:
        print(ended.stdout.decode(errors="replace"), file=sys.stderr)
        ended.check_returncode()


def main() -> int:
    """Print the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default="3.11", help="(default: %(default)s)")
    parser.add_argument("extras", nargs="*", metavar="EXTRA")
    options = parser.parse_args()
    print(gather(options.python, options.extras))
    return 0


if __name__ == "__main__":
    sys.exit(main())
