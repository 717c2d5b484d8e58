"""What an utterance says, in the words of the home; and when somebody who pauses has ended."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from paige.audio.chunk import Utterance
from paige.device.attention import Guess
from paige.device.dialogue import Dialogue
from paige.device.understanding import Understanding
from paige.device.work import Work
from paige.models.grammar.ending import Ending
from paige.models.grammar.language import Language
from paige.models.intent import Intent, NotRecognized
from paige.models.recognizer.protocol import Recognizer, Stream
from paige.models.transcript import Transcript

PAUSES: Final = {
    Ending.FINISHED: 0.25,
    Ending.MAY_GO_ON: 0.4,
    Ending.UNFINISHED: 1.5,
    Ending.NO_SENTENCE: 0.7,
}
"""Seconds of silence after which somebody who said that has ended; the last is what others wait for, whatever
was said. With 0.3 for what may go on, 1.5 % of spoken orders of drinks were cut off, and with 0.4 none."""
NAMED_PAUSE: Final = 0.3
"""The same for what may go on, though it names what it is about: "turn on the kitchen lamp" seldom does, but
for what is clear already ("… in the kitchen")."""


def pause_after(words: str, languages: Iterable[Language]) -> float:
    """Seconds of silence after which somebody who has said these words has ended."""
    for language in languages if words else ():
        ending = language.ending(words.split())
        if ending is Ending.MAY_GO_ON and _names_something(language.parse(words)):
            return NAMED_PAUSE
        if ending is not Ending.NO_SENTENCE:
            return PAUSES[ending]
    return PAUSES[Ending.NO_SENTENCE]


def _names_something(meaning: Intent | NotRecognized) -> bool:
    return isinstance(meaning, Intent) and "name" in meaning.slots


class Recognition:
    """Speech to text of one house; what is said is recognized one utterance after another.

    Args:
        understanding: What can be said.
        dialogue: What was asked.
        recognizer: Speech to text; None where only text is handled, until `recognizer` is set.
        confidence: How sure the recognizer must be, 0 to 1.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        understanding: Understanding,
        dialogue: Dialogue,
        recognizer: Recognizer | None,
        confidence: float,
        clock: Callable[[], float],
    ) -> None:
        self._understanding = understanding
        self._dialogue = dialogue
        self._recognizer = recognizer
        self.confidence = confidence
        """How sure the recognizer must be, 0 to 1."""
        self._clock = clock
        self._listening_for: tuple[Language, ...] = ()
        self._place: str | None = None
        """The area for which the recognizer was readied first."""
        self._busy = asyncio.Lock()

    @property
    def recognizer(self) -> Recognizer | None:
        """What recognizes."""
        return self._recognizer

    @recognizer.setter
    def recognizer(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._listening_for = ()

    @property
    def listening_for(self) -> tuple[Language, ...]:
        """What can be said now, as far as the recognizer was told."""
        return self._listening_for

    async def restrict(self, here: str | None) -> None:
        """Ready the recognizer for what can be said now, ahead of the utterance that would wait for it."""
        async with self._busy:
            await self._restrict(Work(self._clock), here)

    async def recognize(
        self, work: Work, utterance: Utterance, here: str | None, guess: Awaitable[Guess | None] | None
    ) -> Transcript:
        """What was said, sure or not.

        Args:
            work: Takes the steps.
            utterance: The speech.
            here: Main name of the area.
            guess: What it was said to be while it was said; it counts if it is sure, as long as the same can
                be said. The end of an utterance is heard better with more of the silence after it.
        """
        with work.step("recognize"):
            known = None if guess is None else await guess
        async with self._busy:
            recognizer = await self._restrict(work, here)
            if known is not None and known.languages == self._listening_for and self.words(known.transcript):
                return known.transcript
            with work.step("recognize"):
                return await asyncio.to_thread(recognizer.recognize, utterance)

    def stream(self) -> Stream | None:
        """Recognize what is being said; None as long as that is not possible."""
        return self._recognizer.stream() if self._recognizer is not None and self._listening_for else None

    def words(self, transcript: Transcript) -> str:
        """What was said; nothing where that is not sure."""
        return transcript.text if transcript.confidence >= self.confidence else ""

    def pause(self, transcript: Transcript, partial: str) -> float:
        """Seconds of silence after which somebody who has said that has ended.

        Args:
            transcript: What it is, if that was all.
            partial: What it began with, where it is nothing yet.
        """
        return pause_after(self.words(transcript) or partial, self._listening_for)

    async def _restrict(self, work: Work, here: str | None) -> Recognizer:
        assert self._recognizer is not None, "an utterance was given to a pipeline without a recognizer"
        asked = self._dialogue.open(here, self._clock())
        # What can be said is the same in all areas, whatever it means there; to ready the recognizer for each
        # would take a second whenever somebody speaks in another.
        self._place = self._place or here
        languages = self._understanding.languages(self._place, asked=asked)
        if languages != self._listening_for:
            with work.step("restrict"):
                await asyncio.to_thread(self._recognizer.restrict, *languages)
            self._listening_for = languages
        return self._recognizer
