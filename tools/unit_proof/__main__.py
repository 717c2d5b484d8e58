"""Boots the service in a container, breaks it, and ends with status 1 where anything is not as it must be."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path

from paige.tools.unit_proof.proof import install, prove
from paige.tools.unit_proof.showing import show

_DESCRIPTION = """\
Unpacks a small Debian, installs Paige's package in it, boots it with systemd-nspawn, and shows that the
service starts, switches a lamp, may do nothing that it need not, and comes back from a crash and a hang.
Needs root, mmdebstrap and systemd-nspawn (Debian's systemd-container)."""


def main() -> int:
    """Prove it, and give the exit status."""
    parser = ArgumentParser(prog="python -m paige.tools.unit_proof", description=_DESCRIPTION)
    parser.add_argument("package", type=Path, help="the Debian package for this processor (make deb)")
    parser.add_argument("--suite", default="bookworm", help="which Debian: bookworm or trixie")
    parser.add_argument(
        "--cache", type=Path, default=Path(".cache/unit_proof"), help="keeps the packed Debian"
    )
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.stderr.write("only root makes containers; run this with sudo\n")
        return 2

    def prepare(root: Path, _: Path) -> None:
        install(root, arguments.package)

    return show(arguments.suite, arguments.cache, prepare, prove)


if __name__ == "__main__":
    sys.exit(main())
