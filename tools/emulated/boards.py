"""The processors of boards, for QEMU, and what their kernels say of them.

    python -m paige.tools.emulated.boards BOARD FOLDER

writes FOLDER/proc/cpuinfo and FOLDER/sys/devices/system/cpu, and prints QEMU's name of the processor. An
emulated program sees this machine's /proc/cpuinfo, on which libraries that choose code by the processor
choose wrongly or die; so it is given the board's.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

_V8_0 = "fp asimd evtstrm crc32 cpuid"
_V8_2 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"


@dataclass(frozen=True, slots=True)
class Board:
    """One board's processor.

    Never QEMU's `max`: version 7.2 gives wrong products of 8-bit matrices with it.
    """

    qemu: str
    """The processor that QEMU emulates: the board's, or the nearest with the same instructions."""
    cores: int
    part: int
    """Arm's number of the processor, as /proc/cpuinfo has it."""
    variant: int
    revision: int
    features: str
    """As /proc/cpuinfo has them. Those of the Raspberry Pis 4 and before have no AES."""

    @property
    def cpuinfo(self) -> str:
        """What /proc/cpuinfo says there."""
        return "".join(
            f"processor\t: {core}\nBogoMIPS\t: 108.00\nFeatures\t: {self.features}\nCPU implementer\t: 0x41\n"
            f"CPU architecture: 8\nCPU variant\t: {self.variant:#x}\nCPU part\t: {self.part:#x}\n"
            f"CPU revision\t: {self.revision}\n\n"
            for core in range(self.cores)
        )


BOARDS = {
    "zero2": Board("cortex-a53", 4, 0xD03, 0, 4, _V8_0),
    "pi4": Board("cortex-a72", 4, 0xD08, 0, 3, _V8_0),
    "pi5": Board("cortex-a76", 4, 0xD0B, 4, 1, _V8_2),
    # QEMU 7.2 knows no A78AE; what that has besides the A76's instructions stays unused.
    "orin": Board("cortex-a76", 6, 0xD42, 0, 1, _V8_2),
}


def write(board: Board, folder: Path) -> None:
    """Write the files of proc and sys that tell of the processor."""
    cpus = folder / "sys/devices/system/cpu"
    every = f"0-{board.cores - 1}\n"
    texts = {folder / "proc/cpuinfo": board.cpuinfo, cpus / "kernel_max": "255\n"}
    texts |= {cpus / name: every for name in ("possible", "present", "online")}
    for core in range(board.cores):
        topology = cpus / f"cpu{core}/topology"
        texts |= {topology / "physical_package_id": "0\n", topology / "core_id": f"{core}\n"}
        texts |= {
            topology / f"{kind}_list": every for kind in ("cluster_cpus", "core_siblings", "package_cpus")
        }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main(arguments: list[str]) -> int:
    """Write the files of the named board and print its processor."""
    if len(arguments) != 2 or arguments[0] not in BOARDS:
        print(f"boards: needs one of {', '.join(BOARDS)}, and a folder", file=sys.stderr)
        return 2
    board = BOARDS[arguments[0]]
    write(board, Path(arguments[1]))
    print(board.qemu)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
