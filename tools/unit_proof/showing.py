"""Boots a prepared container and shows what is found in it: the frame of every proof."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from paige.tools.unit_proof.machine import Machine, booted, unpack_debian


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried."""

    good: bool
    text: str


def show(
    suite: str,
    cache: Path,
    prepare: Callable[[Path, Path], None],
    *proves: Callable[[Machine], Iterator[Finding]],
) -> int:
    """Prove it, a line for each finding, and give the exit status: 1 where anything is not as it must be.

    Args:
        suite: Which Debian.
        cache: Keeps the packed Debian.
        prepare: What is put into the root before it boots; it gets that and a folder to work in.
        proves: Each tries one thing after the other; the power is cut between two of them.
    """
    with tempfile.TemporaryDirectory(prefix="paige-unit-") as folder:
        root = Path(folder, "root")
        root.mkdir()
        unpack_debian(suite, cache, root)
        prepare(root, Path(folder))
        wrong = 0
        for prove in proves:
            with booted(root, Path(folder, "console")) as machine:
                for finding in prove(machine):
                    wrong += not finding.good
                    sys.stdout.write(f"{'ok   ' if finding.good else 'WRONG'} {finding.text}\n")
                    sys.stdout.flush()
                if wrong:
                    sys.stdout.write(machine.ask("journalctl", "--no-pager", "--lines=80") + "\n")
    return 1 if wrong else 0


def install_checkout(root: Path) -> None:
    """Put this checkout's program into the root, by `paige install`."""
    command = [sys.executable, "-m", "paige.device.cli", "install", "--root", str(root), "--yes"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 # our own words
