"""Gathers Paige's libraries as wheels for arm64, without emulation.

    python -m paige.tools.emulated.wheels [--python 3.11] [EXTRA...]

Prints the folder that holds them, as `pip install --target` leaves it. It is made once under .cache/emulated
for each list of requirements, so a newer library comes with `make clean`.
"""

import argparse
import sys
from pathlib import Path

from paige.tools.deb.gathering import fetched

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "emulated"


def main() -> int:
    """Print the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default="3.11", help="(default: %(default)s)")
    parser.add_argument("extras", nargs="*", metavar="EXTRA")
    options = parser.parse_args()
    print(fetched(CACHE, options.python, "aarch64", options.extras))
    return 0


if __name__ == "__main__":
    sys.exit(main())
