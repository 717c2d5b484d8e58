"""Large tables of text, kept as the lines that they are."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from zlib import crc32

_SHELVES: Final = 512
"""Lines are found among those with the same remainder of their checksum: a dozen or two."""


class Lines(Mapping[str, str]):
    """Lines of a key, a tab and what it stands for, looked up as they stand.

    Thousands of strings take ten times the memory, and few of them are ever asked for.

    Raises:
        ValueError: A line is no such line.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        shelves: list[list[bytes]] = [[b""] for _ in range(_SHELVES)]
        for line in lines:
            key, tab, _ = line.partition(b"\t")
            if not tab:
                raise ValueError(f"{line!r} stands for nothing")
            shelves[crc32(key) % _SHELVES].append(line)
        self._shelves = [b"\n".join((*those, b"")) for those in shelves]

    def __getitem__(self, key: str) -> str:
        line = key.encode()
        shelf = self._shelves[crc32(line) % _SHELVES]
        line = b"\n" + line + b"\t"
        at = shelf.find(line)
        if at < 0:
            raise KeyError(key)
        return shelf[at + len(line) : shelf.index(b"\n", at + 1)].decode()

    def __iter__(self) -> Iterator[str]:
        return (
            line.partition(b"\t")[0].decode()
            for shelf in self._shelves
            for line in shelf.splitlines()
            if line
        )

    def __len__(self) -> int:
        return sum(shelf.count(b"\n") - 1 for shelf in self._shelves)
