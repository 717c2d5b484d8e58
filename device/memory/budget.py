"""How much memory this process may take, and who says so."""

from dataclasses import dataclass
from typing import Final

from paige.device.board.profile import BoardProfile
from paige.device.errors import DeviceError
from paige.device.memory.kernel import Kernel
from paige.device.memory.size import show_size

OF_LIMIT: Final = 0.95
"""Of a control group's limit; the rest is for what the kernel itself keeps for the group."""
OF_AVAILABLE: Final = 0.75
"""Of what is available; other programs grow, and files that are read want a place, too."""


@dataclass(frozen=True, slots=True)
class Budget:
    """For the whole process: all models, and what runs them."""

    bytes: int
    source: str
    """Who says so, in words."""

    def __str__(self) -> str:
        """In words."""
        return f"{show_size(self.bytes)} ({self.source})"


def budget(configured: int | None, kernel: Kernel, board: BoardProfile | None = None) -> Budget:
    """What is configured, else the least of what the board's profile, its limits and its free memory give.

    Args:
        configured: Bytes; None where nothing is.
        kernel: Of this machine.
        board: Its profile; None leaves that out.

    Raises:
        DeviceError: More is configured than the control group allows, or the kernel does not tell.
    """
    limit = kernel.limit()
    if configured is not None:
        if limit is not None and configured > limit:
            raise DeviceError(
                f"a budget of {show_size(configured)} is configured, but the control group of this process "
                f"ends it at {show_size(limit)}; allow more there, or configure less"
            )
        return Budget(configured, "as configured")
    process = kernel.process()
    free = process.anonymous + process.shared + int(OF_AVAILABLE * kernel.available())
    found = [Budget(free, f"{OF_AVAILABLE:.0%} of the memory that is available, and what is taken already")]
    if limit is not None:
        found.append(Budget(int(OF_LIMIT * limit), f"{OF_LIMIT:.0%} of the control group's limit"))
    if board is not None and board.memory is not None:
        found.append(Budget(board.memory, f"what the board's profile {board.name} gives"))
    return min(found, key=lambda one: one.bytes)
