"""Starts an emulated board and follows what its self-test says.

    python -m paige.tools.emulated.machine --boot FOLDER --disk FILE [OPTION...]

FOLDER is what `kernel` makes, FILE what `disk.sh` makes; the disk is written to. Exit status 0 where every
check passed and the self-test came to its end.
"""

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from paige.tools.emulated.boards import BOARDS

_MARK = "SELFTEST "
_CLOCK = "shift=0,sleep=off"
"""One instruction takes a nanosecond of the board's time, and waiting takes none of ours.

So nothing on the board depends on how busy this machine is: sound is never late, and no deadline missed for that.
A Cortex-A53 of 1 GHz does about as many; here all cores share them.
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """An emulated board."""

    boot: Path
    disk: Path
    board: str
    megabytes: int
    cores: int

    def command(self, words: str) -> list[str]:
        """What starts it, with these words on its kernel's command line."""
        kernel = f"console=ttyAMA0 quiet loglevel=4 panic=-1 systemd.show_status=auto {words}"
        return [
            "qemu-system-aarch64", "-M", "virt,gic-version=2", "-cpu", BOARDS[self.board].qemu,
            "-m", str(self.megabytes), "-smp", str(self.cores),
            "-accel", "tcg,thread=single", "-icount", _CLOCK,
            "-kernel", str(self.boot / "vmlinuz"), "-initrd", str(self.boot / "initrd.gz"), "-append", kernel,
            "-drive", f"if=none,id=disk,file={self.disk},format=raw,cache=unsafe",
            "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci",
            "-nographic", "-no-reboot", "-nic", "none",
        ]  # fmt: skip


@dataclass(slots=True)
class Said:
    """What the self-test has said in one run."""

    lines: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether it came to its end."""
        return "END" in self.lines

    @property
    def failed(self) -> bool:
        """Whether something is not as it should be."""
        return not self.ended or any(line.startswith("FAIL") for line in self.lines)


def follow(machine: Machine, words: str, seconds: float, log: Path) -> Said:
    """Run it until it switches itself off, or time is up; print what its self-test says."""
    said = Said()
    with (
        log.open("ab") as kept,
        subprocess.Popen(  # noqa: S603 # our own words
            machine.command(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process,
    ):
        too_long = threading.Timer(seconds, process.kill)
        too_long.start()
        assert process.stdout is not None, "it is a pipe"
        for line in _lines(process.stdout, kept):
            said.lines.append(line)
            print(f"  {line}", flush=True)
            if line == "CUT":
                process.kill()
        too_long.cancel()
    return said


def _lines(console: IO[bytes], kept: IO[bytes]) -> Iterator[str]:
    """What the self-test says; all else goes to the log, too."""
    for raw in console:
        kept.write(raw)
        text = raw.decode(errors="replace").strip()
        if text.startswith(_MARK):
            yield text.removeprefix(_MARK)


def main() -> int:
    """Run it and say how it went."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--boot", type=Path, required=True)
    parser.add_argument("--disk", type=Path, required=True)
    parser.add_argument("--board", choices=BOARDS, default="zero2")
    parser.add_argument("--memory", type=int, default=512, help="MB")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=15)
    options = parser.parse_args()
    machine = Machine(options.boot, options.disk, options.board, options.memory, options.cores)
    seconds = options.minutes * 60
    log = options.disk.with_suffix(".console")
    log.unlink(missing_ok=True)
    print(
        f"{options.board} ({BOARDS[options.board].qemu}), {options.memory} MB, {options.cores} cores",
        flush=True,
    )
    began = time.monotonic()
    said = follow(machine, f"selftest.what=all selftest.seconds={seconds - 30:.0f}", seconds, log)
    print(f"{time.monotonic() - began:.0f} s; the console is in {log}")
    return int(said.failed)


if __name__ == "__main__":
    sys.exit(main())
