"""Run by the measurement in a process of its own: Paige, with a model of random weights, within a budget."""

import sys
import time
from dataclasses import asdict
from pathlib import Path

from paige.device.memory.budget import budget
from paige.device.memory.kernel import Kernel
from paige.device.memory.manager import MemoryManager
from paige.device.memory.supply import ModelFiles
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.tools.bench.lm.timing import POSITIONS, PROMPT, tell, timed

NAME = "model"


def main(folder: Path, bytes_: int, seconds: float, most: int) -> None:
    """Measure; `bytes_` is the budget of the whole process."""
    begun, kernel = time.monotonic(), Kernel()
    memory = MemoryManager(budget(bytes_, kernel), kernel)
    model = PackedModel.load(folder)
    pager = memory.open(NAME, ModelFiles(model, 1))
    decoder = Decoder(model, pager, POSITIONS, memory.room)
    known = KeyValues(decoder.shape, POSITIONS)
    with memory.using(NAME):
        decoder.read(list(range(300, 300 + PROMPT)), known)
        prompt = time.monotonic() - begun
        before = pager.read_bytes
        tokens = timed(lambda token: decoder.read([token], known), seconds, most)
        read = (pager.read_bytes - before) / (len(tokens) + 1)
        process = kernel.process()
        tell(
            tokens=tokens,
            prompt=prompt,
            whole=pager.planner.whole,
            plan=asdict(pager.plan) | {"bytes": pager.plan.bytes},
            read=read,
            statistics=asdict(memory.statistics()),
            process=asdict(process),
        )
    memory.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
