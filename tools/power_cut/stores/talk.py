"""What a language model has read, and what takes long to make: files that spare time, and a conversation."""

from pathlib import Path
from typing import Final

import numpy as np

from paige.models.lm.conversation import Message
from paige.models.lm.decoder import KeyValues
from paige.models.lm.prefixes import Prefixes
from paige.models.lm.saved import restore, save
from paige.models.lm.shape import DecoderShape
from paige.models.made_before import MadeBefore
from paige.tools.power_cut.prove import Promise
from paige.tools.power_cut.stores.house import Unexpected

_SHAPE: Final = DecoderShape("llama", 4, 64, 4, 2, 16, 128, 256, 512, 1e-5, 10000.0)
_MODEL: Final = "a model"
_LENGTHS: Final = (70, 150, 200)
"""Tokens; a block has 64."""
_MOST: Final = 1 << 18
"""Bytes: the third beginning takes the place of the first."""
_HOMES: Final = ("a lamp", "".join(f"lamp {number} " for number in range(20_000)), "two lamps" * 500)
_SAID: Final = (
    (Message("user", "Is the garage closed?"),),
    (Message("user", "Is the garage closed?"), Message("assistant", "Yes, it is.")),
)


class TalkStore:
    """Beginnings are kept, as many as may be, and a conversation."""

    name = "conversations"
    megabytes = 16
    between = frozenset({"[0, 0, 0] none", "[0, 150, 0] none"})
    """Beginnings go before a new one comes, for which there would be no room: they only spare time."""

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        prefixes = _prefixes(card)
        for length in _LENGTHS:
            if (why := prefixes.keep(_tokens(length), _known(length))) is not None:
                raise Unexpected(why)
            promised(f"a beginning of {length} tokens")
        for said, length in zip(_SAID, _LENGTHS, strict=False):
            save(_file(card), _MODEL, _SHAPE, said, _tokens(length), _known(length))
            promised(f"a conversation of {len(said)}")

    def look(self, card: Path) -> str:
        """See `Store`."""
        kept = []
        for length in _LENGTHS:
            known = KeyValues(_SHAPE, 512)
            recalled = _prefixes(card).recall([*_tokens(length), 0], known)
            if recalled.passed_over:
                raise Unexpected("; ".join(recalled.passed_over))
            _same(known, length)
            kept.append(known.length)
        return f"{kept} {_conversation(card)}"


class MadeStore:
    """What is made at a start is kept without syncing: a part of it must never be taken for the whole."""

    name = "made before"
    megabytes = 16
    between: frozenset[str] = frozenset()

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        for home in _HOMES:
            _made(card, home)
            promised(f"started with {len(home)} characters")

    def look(self, card: Path) -> str:
        """See `Store`: a start with any home gives what belongs to it."""
        for home in _HOMES:
            if _made(card, home) != home.upper():
                raise Unexpected("what was made before is something else")
        return "as it should be"


def _made(card: Path, home: str) -> str:
    made = MadeBefore(card / "var/lib/paige/made")
    return made.get("upper", made.key(home), home.upper, write=str.encode, read=bytes.decode)


def _conversation(card: Path) -> str:
    if not _file(card).exists():
        return "none"
    known = KeyValues(_SHAPE, 512)
    restored = restore(_file(card), _MODEL, known)
    if restored.why_less is not None:
        raise Unexpected(restored.why_less)
    _same(known, len(restored.tokens))
    return " ".join(message.content for message in restored.messages)


def _same(known: KeyValues, length: int) -> None:
    wanted = _known(length)
    for pair, other in zip(known.arrays, wanted.arrays, strict=True):
        for one, two in zip(pair, other, strict=True):
            if not np.array_equal(one[:, :, : known.length], two[:, :, : known.length]):
                raise Unexpected("keys and values are others than those that were kept")


def _prefixes(card: Path) -> Prefixes:
    return Prefixes(card / "var/lib/paige/prefixes", _MODEL, _SHAPE, _MOST)


def _file(card: Path) -> Path:
    return card / "var/lib/paige/prefixes/conversation"


def _tokens(length: int) -> list[int]:
    """Each length has tokens of its own."""
    return [(length + position) % _SHAPE.vocabulary for position in range(length)]


def _known(length: int) -> KeyValues:
    known, random = KeyValues(_SHAPE, 512), np.random.default_rng(length)
    for pair in known.arrays:
        for array in pair:
            array[:, :, :length] = random.standard_normal((*array.shape[:2], length, array.shape[3]))
    known.length = length
    return known
