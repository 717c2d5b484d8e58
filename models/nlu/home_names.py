"""All names of one home, ready to be looked up: made once for a vocabulary, wherever the speaker stands."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final

from paige.models.grammar.lists import AREA, FLOOR, NAME
from paige.models.grammar.tokens import Words, words_of
from paige.models.kinds import Kinds
from paige.models.nlu.likeness import Sounds
from paige.models.nlu.meanings import MeaningOf, Meanings
from paige.models.nlu.names import NameIndex, Spellings
from paige.models.nlu.phones import PhoneTable
from paige.models.nlu.spotting import Spotter
from paige.models.vocabulary import Name, Vocabulary

_MISSPELLED: Final = 0.75
"""Words that are so alike are one, written wrong."""


class HomeNames:
    """The entities, areas and floors of a home by what they are called.

    Args:
        vocabulary: What they are called.
        language: Such as `en`.
    """

    def __init__(self, vocabulary: Vocabulary, language: str) -> None:
        self.kinds = Kinds.for_language(language)
        self._names = {NAME: vocabulary.entities, AREA: vocabulary.areas, FLOOR: vocabulary.floors}
        self._spellings = Spellings(language, self.kinds)
        self.sounds = Sounds(language)
        self._language = language
        self._spotter: Spotter | None = None
        self._meanings: Meanings | None = None

    def spotter(self, words: Callable[[], Iterable[str]]) -> Spotter:
        """Finds the words that can be said to this home by their sounds; made of `words` when first asked."""
        if self._spotter is None:
            said = {word: self.sounds.ways(word) for word in sorted(set(words()))}
            self._spotter = Spotter(said, PhoneTable.for_language(self._language))
        return self._spotter

    def warm(self) -> None:
        """Make the indexes now, that the first sentence would wait for."""
        self.entities.find(("x",), lambda context: True)
        self.areas.find(("x",), lambda context: True)
        self.floors.find(("x",), lambda context: True)

    def misspelled(self, words: Words) -> bool:
        """Whether words stand in names, or nearly do, and some of them only nearly."""
        indexes = self.entities, self.areas, self.floors
        nearest = [max(index.nearest(word) for index in indexes) for word in words]
        return _MISSPELLED <= min(nearest, default=1.0) < 1.0

    def meanings(self, meaning_of: MeaningOf) -> Meanings:
        """Of everything that can be controlled or asked; the first who asks says how meanings are read."""
        if self._meanings is None:
            self._meanings = Meanings(self._names[NAME], meaning_of)
        return self._meanings

    @cached_property
    def entities(self) -> NameIndex:
        """Of everything that can be controlled or asked."""
        return self._index(self._names[NAME])

    @cached_property
    def areas(self) -> NameIndex:
        """Of rooms and other areas."""
        return self._index(self._names[AREA])

    @cached_property
    def floors(self) -> NameIndex:
        """Of floors."""
        return self._index(self._names[FLOOR])

    @cached_property
    def places(self) -> Mapping[str, frozenset[str]]:
        """The words of each area and floor, by its main name."""
        words: dict[str, frozenset[str]] = {}
        for name in (*self._names[AREA], *self._names[FLOOR]):
            words[name.value] = words.get(name.value, frozenset()) | frozenset(words_of(name.spoken))
        return words

    def _index(self, names: tuple[Name, ...]) -> NameIndex:
        return NameIndex(names, self._spellings, self.sounds)
