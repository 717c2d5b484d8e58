"""Run by the measurement in a process of its own: the first token after a restart, its prefix kept or not."""

import sys
import time
from pathlib import Path
from typing import Final

from paige.device.memory.budget import budget
from paige.device.memory.kernel import Kernel
from paige.device.memory.manager import MemoryManager
from paige.device.memory.supply import ModelFiles
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.kept_file import identity
from paige.models.lm.packed import PackedModel
from paige.models.lm.prefixes import Prefixes
from paige.tools.bench.lm.timing import POSITIONS, tell

PREFIX: Final = 500
"""Tokens that are the same each time."""
REQUEST: Final = 12
"""Tokens of a request."""


def main(folder: Path, bytes_: int, kept: Path) -> None:
    """Measure; `bytes_` is the budget of the whole process."""
    begun, kernel = time.monotonic(), Kernel()
    memory = MemoryManager(budget(bytes_, kernel), kernel)
    model = PackedModel.load(folder)
    pager = memory.open("model", ModelFiles(model, 1))
    decoder = Decoder(model, pager, POSITIONS, memory.room)
    known, shape = KeyValues(decoder.shape, POSITIONS), model.manifest.shape
    opened = time.monotonic()
    prefix = [300 + token for token in range(PREFIX)]
    with memory.using("model"):
        prefixes = Prefixes(kept, identity(model), shape, 1 << 30, memory.room)
        found = prefixes.know(decoder, prefix, known)
        recalled = time.monotonic()
        decoder.read(list(range(900, 900 + REQUEST)), known)
        first = time.monotonic()
    tell(
        open=opened - begun,
        know=recalled - opened,
        read=first - recalled,
        kept=found.positions,
        kept_bytes=sum(file.stat().st_size for file in kept.iterdir()),
        passes=decoder.passes,
        read_bytes=pager.read_bytes,
        whole=pager.planner.whole,
    )
    memory.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
