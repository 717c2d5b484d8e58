"""Whether a sentence was misheard, and what was said instead.

A recognizer that does not know the home writes "send bedroom land to read" for "set bedroom lamp to red".
What is not understood, or not quite, is compared by its sounds with all that can be said to this home.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from paige.models.grammar.language import Language
from paige.models.grammar.tokens import Words, tokenize
from paige.models.intent import Intent, NotRecognized, Why
from paige.models.nlu.explanation import Reading
from paige.models.nlu.home_names import HomeNames
from paige.models.nlu.slots import CLOCK
from paige.models.nlu.soundalike import SoundAlikes, Sounding
from paige.models.nlu.wording import Wording

_REFUSED: Final = 0.2
"""The share of phones that may differ where else nothing would be understood, or a name not be found."""
_UNDERSTOOD: Final = 0.1
"""Where all was understood but a word or two."""
_ELSEWHERE: Final = 0.08
"""Where the sentence is rather not for a home, or for another time."""
_SURE: Final = 0.1
"""What differs in more is asked about, and not done."""
_MARGIN: Final = 1.0
"""Phones by which it must be nearer than anything that means something else."""
_LOST: Final = 0.5
"""Phones that each word counts more which can be said to this home and would not have been."""
_LONG: Final = 3
"""Phones of a word that is hardly heard where it was not said."""
_DOUBTFUL: Final = frozenset({"unknown", "near"})
"""Outcomes of lookups (`targets.Lookup`) that leave open what was meant."""


class Misheard:
    """Finds what was said, for one home. `heard.jsonl` of `paige bench understand` chose the limits.

    Args:
        language: The sentences and names.
        names: The home's.
    """

    def __init__(self, language: Language, names: HomeNames) -> None:
        self._sounds = names.sounds
        self._wording = Wording.for_language(language.sentences.language)
        self._alikes = SoundAlikes(language, names)
        self.warm = self._alikes.warm

    def instead_of(
        self, text: str, found: tuple[Intent, ...] | NotRecognized, reading: Reading | None
    ) -> Sounding | None:
        """What was said instead; None where a sentence means what was found, or nothing sounds like it.

        Args:
            text: The sentence.
            found: What it means, as it is written.
            reading: What the model made of it.
        """
        words = tokenize(text).words if Language.can_be_read(text) else ()
        most = self._most(words, found, reading)
        if most == 0:
            return None
        sounding = self._alikes.find(words, most)
        if sounding is None or sounding.margin < _MARGIN:
            return None
        said = tokenize(sounding.said).words
        if self._wording.opposed(said, words) or not _clock(sounding.intent, said) <= set(words):
            return None
        if sounding.price + self._lost(words, said) > most:
            return None
        # What broke off may sound like something whole: "set the lamp to", like "set the lamp two".
        broke_off = isinstance(found, NotRecognized) and found.why is Why.INCOMPLETE
        asks = broke_off or sounding.price > _SURE
        return replace(sounding, intent=replace(sounding.intent, misheard=asks))

    def _most(
        self, words: Words, found: tuple[Intent, ...] | NotRecognized, reading: Reading | None
    ) -> float:
        """The share of phones that may differ; 0 where it was not misheard."""
        strange = [at for at, word in enumerate(words) if not self._alikes.knows(word)]
        if isinstance(found, NotRecognized):
            if found.why not in (Why.NOT_FOR_A_HOME, Why.NOT_NOW):
                return _REFUSED
            return _ELSEWHERE if strange else 0
        if reading is None or reading.alike is not None or len(found) > 1 or found[0].free:
            return 0
        if any(lookup.outcome in _DOUBTFUL for lookup in reading.lookups):
            return _REFUSED
        used = {at for begin, end in found[0].spans.values() for at in range(begin, end)}
        return 0 if used.issuperset(strange) else _UNDERSTOOD

    def _lost(self, words: Words, said: Words) -> float:
        """What words count that could be said and were not, as a share of all phones."""
        phones = {word: self._phones(word) for word in words}
        lost = sum(self._alikes.knows(word) and word not in said and phones[word] >= _LONG for word in words)
        return _LOST * lost / max(1, sum(phones[word] for word in words))

    def _phones(self, word: str) -> int:
        ways: Sequence[Sequence[str]] = self._sounds.ways(word)
        return len(ways[0]) if ways else 0


def _clock(intent: Intent, words: Words) -> set[str]:
    """The words that say a time of day: what was said otherwise may be another time."""
    spans = (span for slot, span in intent.spans.items() if slot.startswith(CLOCK))
    return {words[at] for begin, end in spans for at in range(begin, end)}
