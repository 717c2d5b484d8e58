"""Beginnings of prompts that are the same each time, such as the description of a home, kept on flash."""

import os
import shutil
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from paige.models.errors import ModelUnusable
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.kept_file import FRESH, Head, read, read_head, write
from paige.models.lm.shape import DecoderShape
from paige.models.lm.together import TILE

_ENDING: Final = ".kv"
_NO_TOKEN: Final = -1


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was found of a prompt."""

    positions: int
    """Tokens at its beginning that need not be read."""
    passed_over: tuple[str, ...] = ()
    """What was of no use or could not be kept, each with the reason."""


class Prefixes:
    """Keeps keys and values of beginnings, and those that were not used for longest go first.

    To read a prompt at once or in two parts may differ in the last bits. So that a prompt gives the same with
    and without what is kept, read the beginning by itself, keep it, and read the rest then. Where only a part
    of what is kept is of use, the last bits may differ.

    Args:
        folder: Where they are; made when the first is kept. Others' files in it are left alone.
        model: Whose they are; see `kept_file.identity`.
        shape: Of the model.
        most: Bytes of all together.
        room: Told before memory is taken, and how much.
    """

    def __init__(
        self,
        folder: Path,
        model: str,
        shape: DecoderShape,
        most: int,
        room: Callable[[int], None] = lambda more: None,
    ) -> None:
        self._folder, self._model, self._shape = folder, model, shape
        self._most, self._room = most, room

    def recall(self, tokens: Sequence[int], known: KeyValues) -> Recalled:
        """Know the longest beginning of a prompt that is kept.

        Args:
            tokens: The prompt. Its last token is always left to be read, as what comes then is not kept.
            known: Nothing yet; afterwards as many positions as are told.
        """
        passed_over = []
        found: list[tuple[int, Path]] = []
        for file in self._files():
            try:
                head = read_head(file)
            except ModelUnusable as error:
                passed_over.append(str(error))
                continue
            if head.model == self._model:
                found.append((_common(head.tokens, tokens[: known.positions]), file))
        for common, file in sorted(found, reverse=True):
            most = min(common, len(tokens) - 1)
            if most <= known.length:
                break
            known.length = 0
            try:
                why = read(file, known, most, self._room)
            except ModelUnusable as error:
                why = str(error)
            if why is None:
                with suppress(OSError):  # a folder that cannot be written to is read all the same
                    os.utime(file)
                break
            passed_over.append(why)
        return Recalled(known.length, tuple(passed_over))

    def know(
        self,
        decoder: Decoder,
        beginning: Sequence[int],
        known: KeyValues,
        cancelled: Event | None = None,
    ) -> Recalled:
        """Know a beginning: what of it is not kept is read, and kept.

        Args:
            decoder: Of the model.
            beginning: At least one token; something is to be read behind it.
            known: Nothing yet; afterwards the beginning.
            cancelled: When it is set, reading is broken off.

        Raises:
            Cancelled: It was.
        """
        found = self.recall([*beginning, _NO_TOKEN], known)
        if known.length == len(beginning):
            return found
        known.length -= known.length % TILE
        decoder.read(beginning[known.length :], known, cancelled=cancelled)
        why = self.keep(beginning, known)
        return found if why is None else Recalled(found.positions, (*found.passed_over, why))

    def keep(self, tokens: Sequence[int], known: KeyValues) -> str | None:
        """Keep a beginning, and give None; or why it was not kept, as a clause.

        Args:
            tokens: What has been read first.
            known: What has read them, and perhaps more.
        """
        head = Head.of(self._model, self._shape, tokens)
        file = self._folder / f"{zlib.crc32(repr((self._model, head.tokens)).encode()):08x}{_ENDING}"
        needed = head.bytes_of_file()
        if needed > self._most:
            return f"it has {needed:,} bytes; {self._most:,} may be kept in {self._folder}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._make_room(needed, file)
            there = shutil.disk_usage(self._folder).free
            if needed > there:
                return f"it has {needed:,} bytes; {there:,} are free in {self._folder}"
            write(file, head, known)
        except OSError as error:
            return f"{self._folder}: it cannot be written: {error.strerror}"
        return None

    def _make_room(self, needed: int, file: Path) -> None:
        """Take away what was not used for longest, and what is not whole, until so much may be written."""
        for left in self._folder.glob(f"*{_ENDING}{FRESH}"):
            left.unlink(missing_ok=True)
        sizes = {one: one.stat().st_size for one in self._files() if one != file}
        for oldest in [*sizes]:
            if sum(sizes.values()) + needed <= self._most:
                return
            oldest.unlink(missing_ok=True)
            del sizes[oldest]

    def _files(self) -> list[Path]:
        """What is kept; what was not used for longest is first."""
        times = {}
        for file in self._folder.glob(f"*{_ENDING}"):
            with suppress(FileNotFoundError):  # another process has taken it away
                times[file] = file.stat().st_mtime_ns
        return sorted(times, key=lambda file: (times[file], file.name))


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Tokens that both begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
