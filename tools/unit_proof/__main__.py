"""Boots the service in a container, breaks it, and ends with status 1 where anything is not as it must be."""

import os
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from paige.tools.unit_proof.machine import booted, unpack_debian
from paige.tools.unit_proof.proof import install, prove

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
    with tempfile.TemporaryDirectory(prefix="paige-unit-") as folder:
        root, console = Path(folder, "root"), Path(folder, "console")
        root.mkdir()
        unpack_debian(arguments.suite, arguments.cache, root)
        install(root, arguments.package)
        with booted(root, console) as machine:
            failed = 0
            for finding in prove(machine):
                failed += not finding.good
                sys.stdout.write(f"{'ok   ' if finding.good else 'WRONG'} {finding.text}\n")
                sys.stdout.flush()
            if failed:
                sys.stdout.write(machine.ask("journalctl", "--no-pager", "--lines=60") + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
