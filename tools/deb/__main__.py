"""Makes the Debian package of this checkout.

    python -m paige.tools.deb [--suite bookworm] [--arch arm64] [--out dist]

Prints the file. Libraries are fetched once and kept under .cache/deb. SOURCE_DATE_EPOCH, by default the
time of the last commit, is the time of everything in it, so that the same checkout makes the same bytes.
"""

import argparse
import sys
from pathlib import Path

from paige.tools.deb.build import Wanted, build, time_of_checkout
from paige.tools.deb.contents import MAINTAINER, PROCESSORS, SUITES
from paige.tools.deb.gathering import CACHE, program_for
from paige.tools.deb.running import PackageNotMade, alone_in


def main() -> int:
    """Make it and give the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite", choices=sorted(SUITES), default="bookworm", help="(default: %(default)s)")
    parser.add_argument("--arch", choices=sorted(PROCESSORS), default="arm64", help="(default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="FOLDER", help="(default: dist)")
    parser.add_argument("--revision", type=int, default=1, metavar="N", help="of one version (default: 1)")
    parser.add_argument(
        "--maintainer", default=MAINTAINER, metavar="'NAME <ADDRESS>'", help="whose package it is"
    )
    parser.add_argument("--packing", choices=("xz", "none"), default="xz", help="none is quick (default: xz)")
    options = parser.parse_args()
    work = CACHE / "work" / f"{options.suite}-{options.arch}"
    try:
        with alone_in(work):
            program = program_for(options.suite, options.arch, work)
            wanted = Wanted(
                options.suite,
                options.arch,
                time_of_checkout(),
                revision=options.revision,
                maintainer=options.maintainer,
                packing=options.packing,
            )
            package = build(program, wanted, work / "tree", options.out)
    except PackageNotMade as error:
        print(f"deb: {error}", file=sys.stderr)
        return 1
    print(package)
    return 0


if __name__ == "__main__":
    sys.exit(main())
