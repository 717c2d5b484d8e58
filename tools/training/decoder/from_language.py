"""Turns of what the project's own sentences and paraphrases say to a home."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from random import Random
from typing import Final

from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.lm.assistant.signatures import UNCALLED, UNTOLD
from paige.models.vocabulary import Vocabulary
from paige.tools.training.decoder.turns import Style, Turn, call_of, calls, no_places, nowhere
from paige.tools.training.homes import Stock

_HELD_OUT: Final = 12
"""One of so many sentence templates is not learned from, but measured with."""
_WHERE: Final = ("name", "area", "floor")


def is_held_out(template: str) -> bool:
    """Whether a sentence template is only for measuring."""
    return zlib.crc32(template.encode()) % _HELD_OUT == 0


class SpokenLanguage:
    """What can be said to homes by the sentences that Paige understands, and by paraphrases.

    Args:
        language: Such as `en`.
        held_out: Sentences that are not learned from, or those that are.
    """

    def __init__(self, language: str, *, held_out: bool = False) -> None:
        with resources.as_file(
            resources.files("paige.tools.training") / language / "paraphrases.yaml"
        ) as file:
            self._sentences = Sentences.for_language(language, [Path(file)])
        self._wildcards = Stock.of(language).wildcards
        self._style, self._held_out = Style(language), held_out
        self._no_place = no_places(language)

    def turns(self, home: Vocabulary, count: int, random: Random) -> Iterator[Turn]:
        """About so many requests to a home, half of them paraphrases."""
        for intent in self._intents(home, count, random):
            called = call_of(intent, home, self._no_place)
            if called is not None and (called.arguments or not intent.slots):
                yield Turn(self._style.written(intent.text, random), calls(called), _kind(intent))

    def of_others(self, home: Vocabulary, other: Vocabulary, count: int, random: Random) -> Iterator[Turn]:
        """Requests for what another home has, and this one has not."""
        own = {word for name in (*home.entities, *home.areas, *home.floors) for word in _words(name.spoken)}
        for intent in self._intents(other, count, random):
            slot = next((slot for slot in _WHERE if slot in intent.spans and slot not in intent.free), None)
            if slot is None or intent.choices or call_of(intent, other, self._no_place) is None:
                continue
            name = self._said(intent, slot, other)
            # A thing that is called nearly so might be meant: such a request has no one right answer.
            if name is not None and not own.intersection(_words(name)):
                yield Turn(self._style.written(intent.text, random), nowhere(name), "absent")

    def _intents(self, home: Vocabulary, count: int, random: Random) -> Iterator[Intent]:
        language = Language(self._sentences, home)
        for custom in (False, True):
            with suppress(ValueError):  # a home may have nothing that can be said
                for intent in language.sample(
                    -(-count // 2), random.randrange(2**32), self._wildcards, custom=custom
                ):
                    if (
                        intent.name not in UNCALLED
                        and UNTOLD.isdisjoint(intent.slots)
                        and is_held_out(intent.template) == self._held_out
                    ):
                        yield intent

    @staticmethod
    def _said(intent: Intent, slot: str, home: Vocabulary) -> str | None:
        """The name of what is asked for, as its sentence has it."""
        places: Sequence[str] = [
            name.spoken
            for name in {"name": home.entities, "area": home.areas, "floor": home.floors}[slot]
            if name.value == intent.slots[slot] and name.spoken.lower() in intent.text.lower()
        ]
        return max(places, key=len) if places else None


def _kind(intent: Intent) -> str:
    return f"language:{intent.name}"


def _words(name: str) -> set[str]:
    return set(name.lower().replace("'s", "").split())
