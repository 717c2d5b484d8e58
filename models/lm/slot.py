"""Memory for one shard, and a session that runs whatever shard is in it.

A session maps the file of its weights, and the file of a slot lies in memory (`tmpfs`). So another shard of
the same graph is put under the session by writing the file: nothing is opened, arranged or copied again, and
no byte of a shard is in memory twice.
"""

import math
import os
import struct
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.models.errors import ModelUnusable
from paige.models.heap import give_back
from paige.models.lm.onnx_file import Place
from paige.models.lm.packed import PackedGraph
from paige.models.lm.shared_memory import SHARED_MEMORY, momentary
from paige.models.onnx import onnxruntime, shard_options

WEIGHTS: Final = "weights"
"""The file that a shard's graph has its matrices from."""
_PAGE: Final = 4096
_PLACE: Final = "<Q"
_OFFSET: Final = struct.calcsize(_PLACE)
_PROBED: Final = 3
_ELSEWHERE: Final = (
    "this model was arranged for another processor or another version of ONNX Runtime: "
    "add it again with `paige models add`"
)


class Slot:
    """A slot for shards of one graph; empty until it is filled.

    Args:
        graph: Arranged on this machine, by this version of the runtime.
        threads: Processor threads that run it.
        folder: On a file system that is memory.

    Raises:
        ModelUnusable: The runtime does not take the graph; it, or the processor, may be another than the one
            that it was arranged for.
    """

    def __init__(self, graph: PackedGraph, threads: int, folder: Path = SHARED_MEMORY) -> None:
        self.graph = graph
        with momentary(folder) as place:  # the mapping stays
            self._file = os.open(place / WEIGHTS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.ftruncate(self._file, graph.size)
                self._write_blank()
                self._session = _session(graph.model, place, threads)
            except Exception as error:  # the runtime raises whatever it likes
                os.close(self._file)
                raise ModelUnusable(f"{_ELSEWHERE}: {error}") from error
        self.empty()
        give_back()
        self._binding = self._session.io_binding()
        self._options = onnxruntime.RunOptions()
        self.bound: Hashable | None = None
        """Which values are bound, if whoever bound them said so."""

    def _write_blank(self) -> None:
        """What stands in the file while the graph is opened; zeros take no memory."""
        for at, page in blank_pages(self.graph.blank):
            os.pwrite(self._file, page[: self.graph.size - at], at)

    def empty(self) -> None:
        """Give the memory back to the system."""
        os.ftruncate(self._file, 0)
        os.ftruncate(self._file, self.graph.size)

    def taken(self) -> int:
        """Bytes of memory that its file has, as the kernel counts."""
        return os.fstat(self._file).st_blocks * 512  # stat(2): in units of 512 bytes, whatever a block is

    def fill(self, pieces: Iterable[memoryview]) -> None:
        """Put a shard into it, whose bytes come piece by piece.

        Raises:
            ModelUnusable: They are more or fewer than a shard has.
        """
        places = iter(self.graph.regions)
        place, at, total = next(places), 0, 0
        for piece in pieces:
            total += len(piece)
            while len(piece) and total <= self.graph.shard_bytes:
                if at == place.length:
                    place, at = next(places), 0
                some = piece[: place.length - at]
                self._write(some, place.offset + at)
                at += len(some)
                piece = piece[len(some) :]
        if total != self.graph.shard_bytes:
            raise ModelUnusable(f"a shard of {total} bytes; {self.graph.shard_bytes} were expected")

    def fingerprint(self) -> str:
        """Of what it makes of some numbers. A cryptographic one would bring 3 MB of OpenSSL into memory."""
        return f"{zlib.crc32(b''.join(found.tobytes() for found in self.probe(_PROBED, seed=1))):08x}"

    def check(self) -> None:
        """See whether the kind's first shard, which is in it, does here what it did when it was arranged.

        A runtime that would arrange matrices otherwise may arrange those that stood in the file when it
        opened the graph, and never look at the file again.

        Raises:
            ModelUnusable: It does not.
        """
        if self.fingerprint() != self.graph.fingerprint:
            raise ModelUnusable(_ELSEWHERE)

    def write(self, place: Place, data: bytes) -> None:
        """Some bytes at a place, whatever stands there; for whoever finds out what a graph needs."""
        self._write(memoryview(data), place.offset)

    def _write(self, data: memoryview, at: int) -> None:
        try:
            os.pwrite(self._file, data, at)
        except OSError as error:
            raise ModelUnusable(
                f"no room for a shard of {self.graph.shard_bytes:,} bytes among files in memory "
                f"({SHARED_MEMORY}): {error.strerror}; in a container, give it more with --shm-size"
            ) from error

    def run(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Run the shard that is in it.

        Args:
            inputs: The runtime's values, by name.
            outputs: The same, written in place; one may be an input, too.
        """
        self.bind(inputs, outputs)
        self.run_bound()

    def bind(
        self, inputs: Mapping[str, Any], outputs: Mapping[str, Any], what: Hashable | None = None
    ) -> None:
        """Say what the next runs read and write; `what` tells this from other such sets of values."""
        for name, value in inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, value in outputs.items():
            self._binding.bind_ortvalue_output(name, value)
        self.bound = what

    def run_bound(self) -> None:
        """Run the shard that is in it with the values that are bound, as they are now."""
        self._session.run_with_iobinding(self._binding, self._options)

    def probe(self, tokens: int, seed: int) -> list[NDArray[np.float32]]:
        """What it makes of numbers as if drawn by chance; shards that are the same make the same."""
        free = {"tokens": tokens, "positions": 2 * tokens}
        given: dict[str, NDArray[Any]] = {
            "last_position": np.array([tokens - 1], np.int32),
            "known_positions": np.array([tokens], np.int32),
        }
        for at, one in enumerate(self._session.get_inputs()):
            if one.name not in given:
                given[one.name] = _scattered([free.get(size, size) for size in one.shape], seed * 64 + at)
        names = {one.name for one in self._session.get_inputs()}
        found: list[NDArray[np.float32]] = self._session.run(
            None, {name: given[name] for name in names & {*given}}
        )
        return found

    def close(self) -> None:
        """Give the memory back; it is not run again."""
        self.empty()
        os.close(self._file)


def _session(model: bytes, folder: Path, threads: int) -> onnxruntime.InferenceSession:
    """A session whose matrices are mapped from a file in a folder."""
    options = shard_options(threads)
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def blank_of(file: Path) -> bytes:
    """The pages of a file in which not all is zero, for `PackedGraph.blank`."""
    found = bytearray()
    with file.open("rb") as data:
        at = 0
        while page := data.read(_PAGE):
            if page.strip(b"\0"):
                found += struct.pack(_PLACE, at) + page.ljust(_PAGE, b"\0")
            at += len(page)
    return zlib.compress(found)


def blank_pages(blank: bytes) -> Iterator[tuple[int, bytes]]:
    """Where such pages stand, and what they are."""
    found = zlib.decompress(blank)
    for at in range(0, len(found), _PAGE + _OFFSET):
        (offset,) = struct.unpack_from(_PLACE, found, at)
        yield offset, found[at + _OFFSET : at + _OFFSET + _PAGE]


def _scattered(shape: list[int], seed: int) -> NDArray[np.float32]:
    """Numbers from -1 to 1 without any order; NumPy's generators would bring 3 MB into memory.

    The mixing is that of MurmurHash3 (Appleby, 2011).
    """
    mixed = np.arange(math.prod(shape), dtype=np.uint32) + np.uint32(seed * 0x9E3779B1 & 0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    mixed ^= mixed >> np.uint32(16)
    return (mixed.astype(np.float32) / np.float32(1 << 31) - 1).reshape(shape)
