"""What model folders lose against the checkpoint that they were made of, as they run.

    python -m paige.tools.lm.loss CHECKPOINT --text FILE

makes one in each of some ways, runs it, and prints a table of them all.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.device.memory.size import show_size
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.models.lm.packing import pack
from paige.models.lm.slot import Slot
from paige.tools.bench.progress import progress
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import Conversion
from paige.tools.lm.divergence import Loss, Tally
from paige.tools.lm.sensitivity import recipe_bytes
from paige.tools.lm.texts import pieces_of
from paige.tools.lm.walk import Walk
from paige.tools.lm.wish import Wish, recipe_of

_WAYS: Final[tuple[tuple[str, Wish, bool], ...]] = (
    ("8 bits in blocks of 32", Wish("pi5", 8), False),
    ("8 bits in rows (boards without dotprod)", Wish("pi4"), False),
    ("8 bits in rows, by text", Wish("pi4"), True),
    ("4 bits in blocks of 32", Wish("pi5"), False),
    ("4 bits in blocks of 32, by text", Wish("pi5"), True),
    ("4 bits in blocks of 32, by text, smooth", Wish("pi5", smooth=True), True),
    ("4 bits in blocks of 64, by text", Wish("pi5", block=64), True),
    ("4 bits in blocks of 128", Wish("pi5", block=128), False),
    ("4 bits in blocks of 128, by text", Wish("pi5", block=128), True),
    ("4 bits in blocks of 32, by text, head in 8", Wish("pi5", head_bits=8), True),
    ("8 bits, 12.5 % of neurons pruned, by weights", Wish("pi5", 8, prune=0.125), False),
    ("8 bits, 12.5 % pruned, by text", Wish("pi5", 8, prune=0.125), True),
    ("8 bits, 25 % pruned, by weights", Wish("pi5", 8, prune=0.25), False),
    ("8 bits, 25 % pruned, by text", Wish("pi5", 8, prune=0.25), True),
    ("4 bits in blocks of 128, 25 % pruned, by text", Wish("pi5", block=128, prune=0.25), True),
)
"""A name for people, what is wished, and whether it goes by a text. Pruned ones have 8 bits, so that what is
lost is lost by pruning."""
_RANKS: Final = (0.5, 0.75)
"""Of the width of what a layer adds to, for the way with factors."""
_MORE: Final = (1.1, 1.25)
"""Of the bytes in 4 bits, for the ways that mix."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A way, and what it came to."""

    name: str
    bytes: int
    """Of layers and head, as a pass reads them on this machine."""
    loss: Loss


class OneByOne:
    """Shards of a model, one of each kind in memory.

    Args:
        model: Whose.
    """

    def __init__(self, model: PackedModel) -> None:
        self._model = model
        self._slots = {kind: Slot(graph, 1) for kind, graph in model.graphs.items()}

    @contextmanager
    def lease(self, shard: str) -> Iterator[Slot]:
        """A slot with this shard."""
        slot = self._slots[self._model.manifest.shards[shard]]
        slot.fill([memoryview((self._model.folder / shard).read_bytes())])
        yield slot

    def close(self) -> None:
        """Give all memory back."""
        for slot in self._slots.values():
            slot.close()


def measured(
    checkpoint: Checkpoint,
    folders: Mapping[str, Path],
    texts: NDArray[np.intp],
    watched: Callable[[Iterable[None], int], Iterable[None]] = lambda steps, _: steps,
) -> list[Measured]:
    """Run model folders over texts, and compare with the checkpoint in 32 bits.

    Args:
        checkpoint: What they were made of.
        folders: Each with a name; they are arranged for this machine in a folder beside.
        texts: Shape: [texts, tokens].
        watched: Passes on steps, of which it is told how many there are.
    """
    found: list[Measured] = []
    count = checkpoint.shape.layers + len(texts)
    for _ in watched(_measuring(checkpoint, folders, texts, found), count):
        pass
    return found


def _measuring(
    checkpoint: Checkpoint, folders: Mapping[str, Path], texts: NDArray[np.intp], found: list[Measured]
) -> Iterator[None]:
    walk = Walk(checkpoint, texts)
    for _ in range(checkpoint.shape.layers):
        walk.step()
        yield
    with TemporaryDirectory(dir=next(iter(folders.values())).parent) as place:
        models = {
            name: _arranged(folder, Path(place) / str(at))
            for at, (name, folder) in enumerate(folders.items())
        }
        shards = {name: OneByOne(model) for name, model in models.items()}
        decoders = {name: Decoder(model, shards[name], texts.shape[1]) for name, model in models.items()}
        tallies = {name: Tally() for name in models}
        for text, hidden in zip(texts, walk.hidden, strict=True):
            theirs = walk.logits(hidden)
            for name, decoder in decoders.items():
                known = KeyValues(decoder.shape, len(text))
                tallies[name].add(decoder.read(text.tolist(), known, wanted=len(text)), theirs, text)
            yield
        for name, model in models.items():
            size = sum((model.folder / shard).stat().st_size for shard in model.manifest.shards)
            found.append(Measured(name, size, tallies[name].loss()))
            shards[name].close()


def _arranged(folder: Path, to: Path) -> PackedModel:
    for _ in pack(folder, to):
        pass
    return PackedModel.load(to)


def table(rows: Sequence[Measured]) -> str:
    """In Markdown."""
    lines = [
        "| | bytes of a pass | divergence, nats | same token | perplexity |",
        "|---|---:|---:|---:|---:|",
        f"| as it was, 32 bits | | 0 | 100 % | {rows[0].loss.whole_perplexity:.2f} |",
    ]
    for row in rows:
        lost = row.loss
        lines.append(
            f"| {row.name} | {show_size(row.bytes)} | {lost.divergence:.4f} | {lost.same:.1%} "
            f"| {lost.perplexity:.2f} |"
        )
    return "\n".join(lines)


def ways(checkpoint: Checkpoint) -> Iterator[tuple[str, Wish, bool]]:
    """All that are compared: those that are the same for each checkpoint, and those that go by its size."""
    yield from _WAYS
    shape = checkpoint.shape
    for share in _RANKS:
        rank = int(shape.hidden * share) // 32 * 32
        if rank:
            wish = Wish("pi5", 8, ranks=(("gate_up", rank), ("down", rank)))
            yield f"8 bits, feed-forward in factors of rank {rank}, by text", wish, True
    plain = recipe_bytes(recipe_of(Wish("pi5"), checkpoint, None), shape)
    for more in _MORE:
        wish = Wish("pi5", within=int(plain * more))
        yield f"4 and 8 bits, by text, {more - 1:.0%} more bytes than in 4", wish, True


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = ArgumentParser(prog="python -m paige.tools.lm.loss", description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--text", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="only the ways that have this in their name"
    )
    given = parser.parse_args(arguments)
    checkpoint = Checkpoint(given.checkpoint)
    choosing, measuring = pieces_of(given.text, given.checkpoint / "tokenizer.json")
    with TemporaryDirectory() as place:
        folders: dict[str, Path] = {}
        for name, wish, by_text in ways(checkpoint):
            if given.only not in name:
                continue
            print(name, file=sys.stderr)
            texts = choosing if by_text else None
            folder = folders[name] = Path(place) / str(len(folders))
            recipe = recipe_of(wish, checkpoint, texts, progress)
            conversion = Conversion(checkpoint, recipe, folder, "measured", texts)
            for _ in progress(conversion.steps(), conversion.count):
                pass
        print(table(measured(checkpoint, folders, measuring, progress)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
