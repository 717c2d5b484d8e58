"""How the words of a wake word are said, so that it may be any: for `paige.audio.wake.open_wake_detector`."""

from collections.abc import Iterable

from paige.models.made_before import MadeBefore
from paige.models.recognizer.lexicon import (
    Pronunciations,
    pronounce,
    read_pronunciations,
    write_pronunciations,
)
from paige.models.recognizer.pocketsphinx_model import SphinxModel
from paige.models.recognizer.spelling import Spelling

_MOST_KEPT = 8
_said: dict[frozenset[str], Pronunciations] = {}
"""A start asks twice: whether they can be said, and how."""


def say(words: Iterable[str], before: MadeBefore | None = None) -> Pronunciations:
    """By PocketSphinx's dictionary; a word that it lacks by its parts, or by its letters, as in `hey Anaïs`.

    Args:
        words: Lower case.
        before: Has those that were looked up before.

    Raises:
        ModelUnusable: when the dictionary cannot be read.
    """
    wanted = frozenset(words)
    if wanted not in _said:
        if len(_said) == _MOST_KEPT:
            _said.clear()
        _said[wanted] = _looked_up(wanted) if before is None else _found(wanted, before)
    return _said[wanted]


def _looked_up(words: frozenset[str]) -> Pronunciations:
    return pronounce(words, SphinxModel.find().dictionary, Spelling.for_language("en"))


def _found(words: frozenset[str], before: MadeBefore) -> Pronunciations:
    return before.get(
        "wake",
        before.key(SphinxModel.find().edition, *sorted(words)),
        lambda: _looked_up(words),
        write=write_pronunciations,
        read=read_pronunciations,
    )
