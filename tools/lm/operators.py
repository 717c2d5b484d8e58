"""How fast this machine multiplies with each way that a matrix may be written, and what it takes of flash.

    python -m paige.tools.lm.operators

prints a table. On an emulated processor times are no board's, but what is twenty times slower there is slow.
"""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from paige.models.lm.packed import PackedGraph
from paige.models.lm.packing import Packer
from paige.models.lm.quantization import ROW, Quantization
from paige.models.lm.shape import DecoderShape
from paige.models.lm.slot import WEIGHTS, Slot
from paige.models.onnx import onnxruntime
from paige.tools.lm.convert import write
from paige.tools.lm.graphs import head_graph
from paige.tools.lm.matrices import of_array
from paige.tools.lm.recipe import Form

_WIDTH: Final = 896
_ROWS: Final = 1024
_WAYS: Final = (
    Quantization(32),
    Quantization(8, 32),
    Quantization(8, ROW),
    Quantization(4, 32),
    Quantization(4, 64),
    Quantization(4, 128),
)
_TOKENS: Final = (1, 16)
_REPEATS: Final = 15


@dataclass(frozen=True, slots=True)
class Timed:
    """A way, on this machine."""

    how: Quantization
    bits: float
    """Of a weight, as it lies on flash and in memory when it is arranged."""
    seconds: tuple[float, ...]
    """Of the processor, the least of some, of each of `_TOKENS` at once."""


def timed(how: Quantization, folder: Path) -> Timed:
    """Arrange a matrix, and multiply with it.

    Args:
        how: It is written.
        folder: For files.
    """
    shape = DecoderShape("llama", 1, _WIDTH, 1, 1, 16, 32, _ROWS, 64, 1e-6, 1e4)
    graph, file = head_graph(shape, Form(how), _ROWS), folder / WEIGHTS
    matrix = np.random.default_rng(1).standard_normal((_ROWS, _WIDTH), np.float32)
    write(graph, file, "head", of_array(matrix), how, None)
    packed = Packer(graph.model, graph.size, folder).graph(file)
    Packer(graph.model, graph.size, folder).shard(packed, file, folder / "shard")
    seconds = tuple(_seconds(packed, folder / "shard", tokens) for tokens in _TOKENS)
    return Timed(how, 8 * packed.shard_bytes / matrix.size, seconds)


def _seconds(packed: PackedGraph, shard: Path, tokens: int) -> float:
    slot = Slot(packed, 1)
    slot.fill([memoryview(shard.read_bytes())])
    arrays = {
        "hidden": np.random.default_rng(1).standard_normal((1, tokens, _WIDTH), np.float32),
        "norm": np.ones(_WIDTH, np.float32),
        "logits": np.empty((1, tokens, _ROWS), np.float32),
    }
    values = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in arrays.items()}
    outputs = {"logits": values.pop("logits")}
    found = []
    for _ in range(_REPEATS):
        began = time.process_time()
        slot.run(values, outputs)
        found.append(time.process_time() - began)
    slot.close()
    return min(found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = ArgumentParser(prog="python -m paige.tools.lm.operators", description=__doc__.split("\n")[0])
    parser.parse_args(arguments)
    print(
        f"| {_WIDTH} × {_ROWS} | bits a weight | {' | '.join(f'{count} at once, ms' for count in _TOKENS)} |"
    )
    print(f"|---|{'---:|' * (1 + len(_TOKENS))}")
    for how in _WAYS:
        with TemporaryDirectory() as place:
            row = timed(how, Path(place))
        times = " | ".join(f"{1000 * seconds:.2f}" for seconds in row.seconds)
        print(f"| {how} | {row.bits:.2f} | {times} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
