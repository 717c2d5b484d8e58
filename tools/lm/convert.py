"""From a checkpoint to a model folder that any board can install: graphs, and the matrices of each shard.

Only some rows of one matrix are in memory at a time; where texts tell what matters, one matrix of one layer,
and what comes into that layer.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.manifest import EMBEDDING, FORMAT, MANIFEST, NORMS, Manifest, ShardKind
from paige.models.lm.quantization import ROW, Quantization
from paige.models.lm.shape import DecoderShape
from paige.models.store.listing import listed
from paige.tools.lm import layers
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.compress import channel_scales, prepared
from paige.tools.lm.graphs import ShardGraph, head_graph, layer_graph
from paige.tools.lm.in_turn import Known, rounded_in_turn
from paige.tools.lm.licence import FILES as LICENCES
from paige.tools.lm.matrices import Matrix, of_checkpoint, padded
from paige.tools.lm.quantize import Integers, quantized
from paige.tools.lm.recipe import Form, Recipe
from paige.tools.lm.walk import Walk, normed

_COPIED: Final = (
    "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json", *LICENCES,
)  # fmt: skip
_ROWS: Final = 32
"""A part of the head has a multiple of so many tokens."""
_IN_TURN: Final = 1 << 20
"""Weights that are rounded in turn at once: the fewer, the more often all columns are gone through."""


def convert(checkpoint: Checkpoint, how: Quantization | Recipe, to: Path, licence: str) -> Manifest:
    """Write a model folder without looking at any text; see `Conversion`."""
    recipe = how if isinstance(how, Recipe) else Recipe.plain(checkpoint.shape, how)
    conversion = Conversion(checkpoint, recipe, to, licence)
    for _ in conversion.steps():
        pass
    return conversion.manifest


class Conversion:
    """Writes a model folder.

    Args:
        checkpoint: What to convert.
        recipe: How.
        to: The folder.
        licence: Of the weights, as its authors name it.
        texts: Tokens that tell what matters. Shape: [texts, tokens].

    Raises:
        ModelUnusable: The checkpoint lacks something, or the recipe does not fit it.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        recipe: Recipe,
        to: Path,
        licence: str,
        texts: NDArray[np.intp] | None = None,
    ) -> None:
        layers.check(checkpoint)
        self._checkpoint, self._recipe, self._to, self._licence = checkpoint, recipe, to, licence
        self._walk = None if texts is None else Walk(checkpoint, texts)
        shape = checkpoint.shape
        self._graphs = {form: layer_graph(shape, form) for form in recipe.kinds}
        most = min(graph.size for graph in self._graphs.values())
        self._parts, self._tokens = head_parts(shape, recipe.head, most)
        self._head = head_graph(shape, recipe.head, self._tokens)
        self._small: dict[str, NDArray[np.float32]] = {}
        self.count = shape.layers + self._parts + 1
        """Steps that there are."""

    def steps(self) -> Iterator[None]:
        """Do it, shard by shard.

        Raises:
            ModelUnusable: The checkpoint is damaged.
        """
        to = self._to
        to.mkdir(parents=True, exist_ok=True)
        for form, kind in self._recipe.kinds.items():
            (to / f"{kind}.onnx").write_bytes(self._graphs[form].model)
        (to / "head.onnx").write_bytes(self._head.model)
        for number in range(self._checkpoint.shape.layers):
            self._layer(number)
            yield
        head, known = self._prepared_head()
        for part in range(self._parts):
            rows = padded(head, part * self._tokens, self._tokens)
            write(self._head, to / f"head-{part:03}", "head", rows, self._recipe.head.how, known)
            yield
        self._embedding()
        np.savez(to / NORMS, allow_pickle=False, **self._small)
        for name in _COPIED:
            if (self._checkpoint.folder / name).is_file():
                shutil.copyfile(self._checkpoint.folder / name, to / name)
        (to / MANIFEST).write_text(json.dumps(self.manifest.to_json(), indent=2), encoding="utf-8")
        yield

    def _layer(self, number: int) -> None:
        form = self._recipe.layers[number]
        came = None if self._walk is None else self._walk.step()
        made = prepared(self._checkpoint, number, form, came, smooth=self._recipe.smooth)
        file = self._to / f"layer-{number:03}"
        for name, matrix in made.matrices.items():
            how = form.of(name.partition(".")[0]).how
            known = Known.of(made.came[name]) if name in made.came and how.bits < 32 else None
            write(self._graphs[form], file, name, matrix, how, known)
        self._small |= {f"{number}.{name}": vector for name, vector in made.vectors.items()}

    def _prepared_head(self) -> tuple[Matrix, Known | None]:
        head, norm = layers.head_matrix(self._checkpoint), self._checkpoint.tensor(layers.NORM)
        self._small["norm"] = norm
        if self._walk is None:
            return head, None
        came = normed(self._walk.hidden, norm, self._checkpoint.shape.norm_epsilon)
        came = came.reshape(-1, came.shape[-1])
        if self._recipe.smooth:
            by = channel_scales(head, came, self._recipe.head.how)
            head, came, self._small["norm"] = head.scaled(columns=by), came / by, norm / by
        return head, Known.of(came) if self._recipe.head.how.bits < 32 else None

    def _embedding(self) -> None:
        """A row for each token, so that one is read at a time."""
        with (self._to / EMBEDDING).open("wb") as to:
            for _, band in of_checkpoint(self._checkpoint, layers.EMBEDDING).bands():
                to.write(band.astype(np.float32 if self._recipe.whole else np.float16).tobytes())

    @property
    def manifest(self) -> Manifest:
        """Of the folder, when it has been written."""
        recipe = self._recipe
        kinds = {
            name: ShardKind(self._graphs[form].size, str(form)) for form, name in recipe.kinds.items()
        } | {"head": ShardKind(self._head.size, str(recipe.head))}
        shards = {f"layer-{number:03}": recipe.kinds[form] for number, form in enumerate(recipe.layers)}
        shards |= {f"head-{part:03}": "head" for part in range(self._parts)}
        return Manifest(
            FORMAT, self._checkpoint.shape, kinds, shards, self._tokens, 32 if recipe.whole else 16,
            self._licence, listed(self._to, besides=MANIFEST),
        )  # fmt: skip


def head_parts(shape: DecoderShape, form: Form, most: int) -> tuple[int, int]:
    """In how many shards the head is cut, and how many tokens each has.

    What is streamed passes through one place as large as the largest shard, so that a part larger than a
    layer would keep a layer from staying in memory.

    Args:
        shape: Of the decoder.
        form: Of the head.
        most: Bytes that a part may have.
    """
    parts = -(-head_graph(shape, form, shape.vocabulary).size // most)
    tokens = -(-shape.vocabulary // (parts * _ROWS)) * _ROWS
    return -(-shape.vocabulary // tokens), tokens


def write(
    graph: ShardGraph,
    file: Path,
    name: str,
    matrix: Matrix,
    how: Quantization,
    known: Known | None,
) -> None:
    """A matrix to its place in a shard, some rows at a time.

    Args:
        graph: Of the shard.
        file: The shard; made where there is none.
        name: Of the matrix, in the graph.
        matrix: As it was.
        how: It is written.
        known: Of what comes in.
    """
    with file.open("ab") as to:
        to.truncate(graph.size)
        os.posix_fallocate(to.fileno(), 0, graph.size)  # full disks are errors here, later signals
    weights = {weight.name: weight for weight in graph.weights}
    for begin, band in matrix.bands() if known is None else matrix.bands(_IN_TURN):
        if how.bits == 32:
            made: dict[str, Integers | NDArray[np.float32]] = {name: band}
        else:
            integers, scales = rounded_in_turn(band, how, known) if known else quantized(band, how)
            made = {name: integers, f"{name}.scales": scales}
        for weight, data in made.items():
            place = weights[weight]
            there = np.memmap(file, place.dtype, "r+", place.offset, place.dims)
            if data.ndim > 1 and (how.bits == 32 or how.block == ROW):
                there[:, begin : begin + len(band)] = data.T  # these have a row for each input
            else:
                rows = len(data) // len(band)
                there[begin * rows : (begin + len(band)) * rows] = data
            del there
