"""Starts an emulated board and follows what its self-test says.

    python -m paige.tools.emulated.machine --boot FOLDER --disk FILE [OPTION...]

FOLDER is what `kernel` makes, FILE what `disk.sh` makes; the disk is written to. It boots three times: for
all that can be done to a running board; then to have its power cut in the middle of writes; then from what
that left on a card that keeps what was flushed, and of the rest any blocks. Exit status 0 where every check
that ran passed.
"""

import argparse
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from paige.tools.emulated.boards import BOARDS
from paige.tools.emulated.card import RecordedCard
from paige.tools.power_cut.card import lacking

_MARK: Final = "SELFTEST "
_STARTING: Final = 90.0
"""Seconds that a boot may take, where this machine is not busy."""
_PATIENCE: Final = 60.0
"""Seconds after the end in which a board may switch itself off."""
_CUT_AFTER: Final = (3, 12)
"""Writes that have been answered for, between which the power is cut, at random."""
_CUT_LATER: Final = 1.0
"""Seconds by which that is later at most, at random: writes go on meanwhile."""
_CARDS: Final = 20
"""Cards whose power is cut at other moments; each takes a second or two."""
_SHOWN: Final = 3
_CLOCK: Final = "shift=0,sleep=off"
"""One instruction takes a nanosecond of the board's time, and waiting takes none of ours.

So nothing on the board depends on how busy this machine is: no sound is late and no deadline missed for that.
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

    @property
    def console(self) -> Path:
        """The file that gets all that it writes to its console."""
        return self.disk.with_suffix(".console")

    @property
    def log(self) -> Path:
        """The file that gets all that is written to its disk, where that is recorded."""
        return self.disk.with_suffix(".log")

    @property
    def before(self) -> Path:
        """The disk as it was before that."""
        return self.disk.with_suffix(".before")

    def command(self, words: str, *, recorded: bool = False) -> list[str]:
        """What starts it, with these words on its kernel's command line; what it writes may be recorded."""
        kernel = f"console=ttyAMA0 quiet loglevel=4 panic=-1 systemd.show_status=auto {words}"
        return [
            "qemu-system-aarch64", "-M", "virt,gic-version=2", "-cpu", BOARDS[self.board].qemu,
            "-m", str(self.megabytes), "-smp", str(self.cores),
            "-accel", "tcg,thread=single", "-icount", _CLOCK,
            "-kernel", str(self.boot / "vmlinuz"), "-initrd", str(self.boot / "initrd.gz"), "-append", kernel,
            *self._card(recorded), "-device", "virtio-rng-pci",
            "-nographic", "-no-reboot", "-nic", "none",
        ]  # fmt: skip

    def _card(self, recorded: bool) -> tuple[str, ...]:
        """The disk, which is told when to flush, and need not do so itself."""
        file, device = (
            "driver=file,cache.no-flush=on,node-name",
            "virtio-blk-pci,discard=off,write-zeroes=off",
        )
        disk = ("-blockdev", f"{file}=disk,filename={self.disk}")
        if not recorded:
            return (*disk, "-device", f"{device},drive=disk")
        log = ("-blockdev", f"{file}=log,filename={self.log}")
        card = "driver=blklogwrites,node-name=card,file=disk,log=log,log-sector-size=512"
        return (*disk, *log, "-blockdev", card, "-device", f"{device},drive=card")


@dataclass(slots=True)
class Said:
    """What the self-test has said in one boot."""

    lines: list[str] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    """How long the log of the disk was at each write that it answered for, where that is recorded."""

    @property
    def ended(self) -> bool:
        """Whether it came to its end."""
        return "END" in self.lines

    @property
    def kept(self) -> int:
        """How many writes it has answered for."""
        return sum(line.startswith("KEPT") for line in self.lines)

    @property
    def failed(self) -> bool:
        """Whether something is not as it should be."""
        return any(line.startswith("FAIL") for line in self.lines)


def follow(machine: Machine, what: str, end: float, *, kept: int = 0, recorded: bool = False) -> Said:
    """Boot it, and print what its self-test says until it switches itself off, loses power, or time is up.

    Args:
        machine: The board.
        what: Which checks.
        end: Unix time.
        kept: See `Said.kept`; of the boot before.
        recorded: Whether what it writes goes into a log.
    """
    said, cut_after = Said(), random.randint(*_CUT_AFTER)  # noqa: S311 # no secret
    words = f"selftest.what={what} selftest.kept={kept} selftest.end={end:.0f}"
    with (
        machine.console.open("ab") as log,
        subprocess.Popen(  # noqa: S603 # our own words
            machine.command(words, recorded=recorded),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        killers = [threading.Timer(max(0.0, end + _PATIENCE - time.time()), process.kill)]
        killers[0].start()
        assert process.stdout is not None, "it is a pipe"
        for line in _lines(process.stdout, log):
            said.lines.append(line)
            if recorded and line.startswith("KEPT"):
                said.answered.append(machine.log.stat().st_size)
            if line.startswith(("PASS", "FAIL", "LEFT-OUT")):
                print(f"  {line}", flush=True)
            if line.startswith("KEPT") and said.kept == cut_after:
                killers.append(threading.Timer(random.uniform(0, _CUT_LATER), process.kill))  # noqa: S311 # no secret
                killers[-1].start()
        for killer in killers:
            killer.cancel()
    return said


def _lines(console: IO[bytes], kept: IO[bytes]) -> Iterator[str]:
    """What the self-test says; all else goes to the log, too."""
    for raw in console:
        kept.write(raw)
        kept.flush()
        text = raw.decode(errors="replace").strip()
        if text.startswith(_MARK):
            yield text.removeprefix(_MARK)


def record(machine: Machine, end: float) -> Said:
    """Boot it to have its power cut; what it had written is in its log then."""
    subprocess.run(["cp", "--sparse=always", machine.disk, machine.before], check=True)  # noqa: S603, S607 # our words
    machine.log.write_bytes(b"")
    return follow(machine, "power-cut", end, recorded=True)


def cut_power(machine: Machine, said: Said) -> bool:
    """Have its disk be a card after the power was cut; first look at what it held at other moments, too."""
    card = RecordedCard(machine.before, machine.log, said.answered)
    print(f"  the power was cut after {said.kept} items; the disk was given {card.told}")
    seed = random.getrandbits(32)
    if (why := lacking()) is not None:
        print(f"  LEFT-OUT cards: {why}")
        wrong = []
    else:
        wrong = [one for one in card.look(_CARDS, seed) if one is not None]
        print(
            f"  {'FAIL' if wrong else 'PASS'} cards: {_CARDS}, with the power cut then or before; seed {seed}"
        )
    for one in wrong[:_SHOWN]:
        print(f"    {one}")
    card.lose(seed)
    machine.before.replace(machine.disk)
    machine.log.unlink()
    return not wrong


def prove(machine: Machine, end: float) -> bool:
    """Run all that there is time for; whether nothing failed."""
    print(f"{machine.board} ({BOARDS[machine.board].qemu}), {machine.megabytes} MB, {machine.cores} cores")
    if time.time() + _STARTING > end:
        print("  LEFT-OUT all: what it takes had to be made first; a second run has it")
        return True
    first = follow(machine, "failures", end)
    if not first.ended:
        print("  FAIL the board did not come to the end of its self-test")
        return False
    if time.time() + 2 * _STARTING > end:
        print(f"  LEFT-OUT power-cut: two boots take {2 * _STARTING / 60:g} minutes")
        return not first.failed
    writing = record(machine, end)
    if writing.failed or not writing.kept:
        print("  FAIL power-cut: the board did not come to write")
        return False
    whole = cut_power(machine, writing)
    after = follow(machine, "after-power-cut", end, kept=writing.kept)
    if not after.ended:
        print("  FAIL after-power-cut: the board did not come to the end of its self-test")
    return whole and after.ended and not after.failed and not first.failed


def main() -> int:
    """Run it and say how it went."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--boot", type=Path, required=True)
    parser.add_argument("--disk", type=Path, required=True)
    parser.add_argument("--board", choices=BOARDS, default="zero2")
    parser.add_argument("--memory", type=int, default=512, help="MB (default: %(default)s)")
    parser.add_argument("--cores", type=int, default=2, help="(default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=30, help="(default: %(default)s)")
    parser.add_argument("--began", type=float, default=time.time(), help="Unix time, of which they count")
    options = parser.parse_args()
    machine = Machine(options.boot, options.disk, options.board, options.memory, options.cores)
    machine.console.unlink(missing_ok=True)
    well = prove(machine, options.began + options.minutes * 60)
    word = "passed" if well else "FAILED"
    print(f"{word} in {time.time() - options.began:.0f} s; what the board wrote is in {machine.console}")
    return int(not well)


if __name__ == "__main__":
    sys.exit(main())
