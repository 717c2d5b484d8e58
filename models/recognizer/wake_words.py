"""How the words of a wake word are said, so that it may be any: for `paige.audio.wake.open_wake_detector`."""

from collections.abc import Iterable
from functools import lru_cache

from paige.models.recognizer.lexicon import Pronunciations, pronounce
from paige.models.recognizer.pocketsphinx_model import SphinxModel
from paige.models.recognizer.spelling import Spelling


def say(words: Iterable[str]) -> Pronunciations:
    """By PocketSphinx's dictionary; a word that it lacks by its parts, or by its letters, as in `hey Anaïs`.

    Raises:
        ModelUnusable: when the dictionary cannot be read.
    """
    return _say(frozenset(words))


@lru_cache(maxsize=8)  # a start asks twice: whether they can be said, and how
def _say(words: frozenset[str]) -> Pronunciations:
    return pronounce(words, SphinxModel.find().dictionary, Spelling.for_language("en"))
