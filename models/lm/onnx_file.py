"""What an ONNX file calculates, and where its constants lie, read from its wire format.

The package `onnx` knows it all and takes 40 MB; a board needs to know only which bytes of the file of weights
belong to which constant (https://protobuf.dev/programming-guides/encoding, `onnx.proto`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from paige.models.errors import ModelUnusable

_GRAPH: Final = 7
"""`ModelProto.graph`."""
_NODE: Final = 1
"""`GraphProto.node`."""
_OPERATOR: Final = 4
"""`NodeProto.op_type`."""
_INITIALIZER: Final = 5
"""`GraphProto.initializer`."""
_NAME: Final = 8
"""`TensorProto.name`."""
_EXTERNAL: Final = 13
"""`TensorProto.external_data`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Bytes in the file of weights."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Constant:
    """One that lies in the file of weights."""

    name: str
    raw: Place
    """As the graph's maker wrote it."""
    arranged: tuple[Place, ...]
    """As a kernel of the runtime wants it; where there is any, the raw one is not read again."""


def constants(model: bytes) -> list[Constant]:
    """Of a graph whose weights lie in a file, in the order of the graph.

    Raises:
        ModelUnusable: This is no ONNX file.
    """
    try:
        found = [_constant(value) for number, value in _graph(model) if number == _INITIALIZER]
        return [constant for constant in found if constant is not None]
    except (StopIteration, IndexError, ValueError, KeyError) as error:
        raise ModelUnusable(f"this is no graph with weights in a file: {error!r}") from error


def operators(model: bytes) -> frozenset[str]:
    """The kinds of operators of a graph, such as `MatMulNBits`.

    Raises:
        ModelUnusable: This is no ONNX file.
    """
    try:
        nodes = [value for number, value in _graph(model) if number == _NODE]
        return frozenset(
            bytes(value).decode() for node in nodes for number, value in _fields(node) if number == _OPERATOR
        )
    except (StopIteration, IndexError, ValueError) as error:
        raise ModelUnusable(f"this is no graph: {error!r}") from error


def _graph(model: bytes) -> Iterator[tuple[int, memoryview]]:
    """Fields of the graph of a file."""
    return _fields(next(value for number, value in _fields(memoryview(model)) if number == _GRAPH))


def _constant(tensor: memoryview) -> Constant | None:
    name, external = "", dict[str, str]()
    for number, value in _fields(tensor):
        if number == _NAME:
            name = bytes(value).decode()
        elif number == _EXTERNAL:
            entry = {field: bytes(text).decode() for field, text in _fields(value)}
            external[entry[1]] = entry[2]
    if not external:
        return None  # it lies in the graph itself
    arranged = []
    for key, told in external.items():
        if key.startswith("prepacked_"):
            # kernel+hash|offset;length;checksum|offset;length;checksum
            for place in told.split("|")[1:]:
                offset, length, _ = place.split(";")
                arranged.append(Place(int(offset), int(length)))
    raw = Place(int(external["offset"]), int(external["length"]))
    return Constant(name, raw, tuple(arranged))


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Fields with a length; numbers are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key & 7 == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError(f"a field of {length} bytes at {at} of {len(message)}")
            yield key >> 3, message[at : at + length]
            at += length
        elif key & 7 == 0:
            _, at = _varint(message, at)
        elif key & 7 in (1, 5):
            at += 8 if key & 7 == 1 else 4
        else:
            raise ValueError(f"a field of kind {key & 7} at {at}")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
