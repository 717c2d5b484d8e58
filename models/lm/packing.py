"""Shards for this machine: the runtime arranges matrices for its processor once, not whenever they are read.

ONNX Runtime arranges ("prepacks") constant matrices when a session opens, into memory of its own, beside what
was read. Here that is done when a model is installed; what was arranged is what lies on flash, and what a
slot maps. So a shard takes no more memory than its bytes, and to read it is all that it takes.
"""

import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import numpy as np

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import Manifest
from paige.models.lm.onnx_file import Constant, Place, constants
from paige.models.lm.packed import PACKED, PackedGraph, PackedModel
from paige.models.lm.slot import WEIGHTS, Slot, blank_of
from paige.models.onnx import onnxruntime, shard_options

_PIECE: Final = 1 << 20
_SMALL: Final = 128
"""Bytes below which a constant stays in the graph: sizes, which the runtime reads when it opens it."""
_PROBED: Final = (1, 2, 7, 40)
"""Tokens at once: kernels differ for one and for many."""


class Packer:
    """Arranges the shards of one graph.

    Args:
        model: ONNX; its matrices lie in the file `weights`.
        size: Bytes of that file.
        scratch: A folder for files as large as three shards, which are gone afterwards.
    """

    def __init__(self, model: bytes, size: int, scratch: Path) -> None:
        self._model = model
        self._size = size
        self._scratch = scratch

    def graph(self, weights: Path) -> PackedGraph:
        """The graph, arranged.

        Args:
            weights: Those of the kind's first shard, with which is found out what the kernels read.

        Raises:
            ModelUnusable: The runtime does not take the graph.
        """
        with self._arranged(None) as (model, file):
            found = constants(model)
            blank, size = blank_of(file), file.stat().st_size
        all_of_it = PackedGraph(model, size, blank, _regions(found, found))
        needed = self._needed(all_of_it, found, weights)
        graph = PackedGraph(model, size, blank, _regions(found, needed))
        slot = Slot(graph, 1)
        with self._arranged(weights) as (_, file), file.open("rb") as source:
            slot.fill(pieces(source.fileno(), graph.regions))
        fingerprint = slot.fingerprint()
        slot.close()
        return replace(graph, fingerprint=fingerprint)

    def shard(self, graph: PackedGraph, weights: Path, to: Path) -> str:
        """Write a shard of an arranged graph, and give its checksum.

        Args:
            graph: As `graph` gave it.
            weights: The shard's matrices, as their maker wrote them.
            to: The file that is written.

        Raises:
            ModelUnusable: The file of matrices is not as long as the graph's.
        """
        with self._arranged(weights) as (model, file), file.open("rb") as source, to.open("wb") as target:
            if constants(model) != constants(graph.model):
                raise ModelUnusable(
                    f"{weights}: two matrices of this shard are the same; that is not provided for"
                )
            checksum = 0
            for piece in pieces(source.fileno(), graph.regions):
                target.write(piece)
                checksum = zlib.crc32(piece, checksum)
        return f"{checksum:08x}"

    def _needed(self, graph: PackedGraph, found: list[Constant], weights: Path) -> list[Constant]:
        """Of what is not arranged, that without which the graph gives something else.

        Scales of blocks are arranged together with the blocks on some processors, and read by themselves on
        others; the runtime does not say.
        """
        needed = []
        with self._arranged(weights) as (_, file), file.open("rb") as source:
            slot = Slot(graph, 1)
            slot.fill(pieces(source.fileno(), graph.regions))
            whole = [slot.probe(tokens, tokens) for tokens in _PROBED]
            for constant in found:
                if constant.arranged:
                    continue
                slot.write(constant.raw, bytes(constant.raw.length))
                without = [slot.probe(tokens, tokens) for tokens in _PROBED]
                if not all(map(_same, whole, without)):
                    needed.append(constant)
                slot.write(constant.raw, _read(source.fileno(), constant.raw))
            slot.close()
        return needed

    @contextmanager
    def _arranged(self, weights: Path | None) -> Iterator[tuple[bytes, Path]]:
        """The arranged graph, and the file with its matrices, both as they were and arranged.

        Without weights all are zero but for a first number: the runtime writes the same bytes only once.
        """
        folder = Path(mkdtemp(prefix="pack-", dir=self._scratch))
        try:
            given, made = folder / "given", folder / "made"
            given.mkdir()
            made.mkdir()
            self._put(weights, given / WEIGHTS)
            (given / "graph.onnx").write_bytes(self._model)
            options = shard_options(1)
            options.optimized_model_filepath = str(made / "graph.onnx")
            for key, value in (
                ("optimized_model_external_initializers_file_name", WEIGHTS),
                ("optimized_model_external_initializers_min_size_in_bytes", str(_SMALL)),
                ("save_external_prepacked_constant_initializers", "1"),
            ):
                options.add_session_config_entry(f"session.{key}", value)
            try:
                onnxruntime.InferenceSession(
                    str(given / "graph.onnx"), options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # the runtime raises whatever it likes
                raise ModelUnusable(f"this graph cannot be arranged for this machine: {error}") from error
            yield (made / "graph.onnx").read_bytes(), made / WEIGHTS
        finally:
            shutil.rmtree(folder)

    def _put(self, weights: Path | None, file: Path) -> None:
        if weights is None:
            with file.open("wb") as blank:
                blank.truncate(self._size)
                for number, constant in enumerate(constants(self._model)):
                    blank.seek(constant.raw.offset)
                    blank.write(struct.pack("<f", number + 1))
            return
        found = weights.stat().st_size if weights.is_file() else 0
        if found != self._size:
            raise ModelUnusable(f"{weights}: this shard has {found} bytes; {self._size} were expected")
        _link(weights, file)


def pieces(file: int, places: tuple[Place, ...]) -> Iterator[memoryview]:
    """The bytes of some places, a megabyte at a time."""
    for place in places:
        for begin in range(0, place.length, _PIECE):
            yield memoryview(os.pread(file, min(_PIECE, place.length - begin), place.offset + begin))


def _link(file: Path, to: Path) -> None:
    """The same file under another name, which takes no room where it is the same file system."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)


def _read(file: int, place: Place) -> bytes:
    return os.pread(file, place.length, place.offset)


def _regions(found: list[Constant], needed: list[Constant]) -> tuple[Place, ...]:
    places = [place for constant in found for place in constant.arranged]
    places += [constant.raw for constant in needed if not constant.arranged]
    return tuple(sorted(places, key=lambda place: place.offset))


def _same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def pack(folder: Path, to: Path) -> Iterator[tuple[int, int]]:
    """Arrange a model folder for this machine.

    Args:
        folder: As `paige.tools.lm.convert` makes them.
        to: The folder that is made; it has room for the model and three shards.

    Yields:
        Shards that are done, and how many there are.

    Raises:
        ModelUnusable: A file is missing, damaged, or not for this version of the runtime.
    """
    manifest = Manifest.load(folder)
    to.mkdir(parents=True)
    packers = {
        name: Packer(_bytes(folder / f"{name}.onnx"), kind.bytes, to) for name, kind in manifest.kinds.items()
    }
    graphs = {kind: packer.graph(folder / manifest.of_kind(kind)[0]) for kind, packer in packers.items()}
    shards, checksums = manifest.shards, {}
    for done, (shard, kind) in enumerate(shards.items()):
        yield done, len(shards)
        checksums[shard] = packers[kind].shard(graphs[kind], folder / shard, to / shard)
    made = {*shards, PACKED, *(f"{kind}.{what}" for kind in graphs for what in ("onnx", "blank"))}
    for file in folder.iterdir():
        if file.name not in made:
            _link(file, to / file.name)
    PackedModel(to, manifest, graphs, checksums).save()
    yield len(shards), len(shards)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelUnusable(f"{file}: a model folder has this file: {error.strerror}") from error
