"""What Paige does not understand by itself, asked of a language model.

The model gets no power that a spoken sentence has not: what it calls goes the way of every intent, and what
is told is what became of it. It is asked one thing at a time, within a time limit, and is broken off as soon
as somebody says something else.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Final, Protocol

from paige.device.errors import DeviceError
from paige.models.errors import ModelError
from paige.models.grammar.tokens import tokenize
from paige.models.intent import Intent, NotRecognized, Why
from paige.models.nlu.later import Later
from paige.models.vocabulary import Vocabulary

if TYPE_CHECKING:  # what it stands on takes memory that nobody needs without a language model
    from paige.models.lm.assistant.answering import Answered

_log: Final = logging.getLogger(__name__)

_AS_CONFIGURED, _ALWAYS = False, True
ASKS: Final[Mapping[Why, bool]] = {
    Why.UNKNOWN: _AS_CONFIGURED,
    Why.UNSURE: _AS_CONFIGURED,
    Why.SEVERAL: _AS_CONFIGURED,
    Why.UNFIT: _AS_CONFIGURED,
    Why.NOT_FOR_A_HOME: _ALWAYS,
}
"""Which refusals go to the model, and whether what it calls then is always asked about.

"It is too gloomy to cook" may seem to be about something else, and so may what is.

Not what is for another time, as a call is done at once; nor what lacks something, as what is missing may turn
the meaning round ("turn off everything but …").
"""
UNCALLED: Final = frozenset(
    {
        "HassCancelAllTimers",
        "HassCancelTimer",
        "HassDecreaseTimer",
        "HassIncreaseTimer",
        "HassListCompleteItem",
        "HassPauseTimer",
        "HassShoppingListCompleteItem",
        "HassUnpauseTimer",
    }
)
"""What changes timers and lists that somebody made: that is done without a question, and so not guessed."""


class HomeLanguageModel(Protocol):
    """A language model that answers for a home."""

    def answer(self, request: str, vocabulary: Vocabulary, *, cancelled: Event) -> "Answered":
        """What it answers; called in a thread of its own, one call at a time."""

    def close(self) -> None:
        """Give its memory back."""


class Opening(Protocol):
    """Opens the model."""

    def __call__(self) -> HomeLanguageModel:
        """The model.

        Raises:
            DeviceError, ModelError: It cannot be used.
        """


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model answered."""

    text: str
    """As it wrote it."""
    intents: tuple[Intent, ...] = ()
    """What it calls."""
    words: str = ""
    """What it says, where it calls nothing."""


class Thinker:
    """Asks the model, one thing at a time.

    Args:
        opening: Opens it, when it is needed first.
        language: In which people speak.
        seconds: How long it may take to answer.
        asks: Whether nothing that it calls is done before someone says yes. What was heard is always asked
            about: the model may have been told what nobody said.
    """

    def __init__(self, opening: Opening, language: str, *, seconds: float, asks: bool = True) -> None:
        self._opening = opening
        self._later = Later.for_language(language)
        self._seconds = seconds
        self._asks = asks
        self._model: HomeLanguageModel | None = None
        self._alone = asyncio.Lock()
        self._cancelled = Event()

    async def open(self) -> None:
        """Open the model now.

        Raises:
            DeviceError, ModelError: It cannot be used.
        """
        async with self._alone:
            if self._model is None:
                self._model = await asyncio.to_thread(self._opening)

    def interrupt(self) -> None:
        """Break off what is being answered: somebody speaks."""
        self._cancelled.set()

    async def close(self) -> None:
        """Break off, and give the memory back."""
        self.interrupt()
        async with self._alone:
            if self._model is not None:
                await asyncio.to_thread(self._model.close)
                self._model = None

    async def think(self, refusal: NotRecognized, vocabulary: Vocabulary, *, heard: bool) -> Thought | None:
        """What the model makes of a sentence; None where it is not asked, is broken off, or has no answer.

        Args:
            refusal: The sentence, and why Paige itself does not understand it.
            vocabulary: The names of the home, and where the speaker is.
            heard: Whether it was spoken, and not typed.
        """
        if refusal.why not in ASKS or not refusal.text or self._says_when(refusal.text):
            return None
        self.interrupt()
        cancelled = self._cancelled = Event()
        try:
            await self.open()
            answered = await self._answered(refusal, vocabulary, cancelled)
        except (DeviceError, ModelError) as error:
            _log.warning("the language model cannot answer: %s", error)
            return None
        if answered is None or cancelled.is_set():
            return None
        if self._takes_clock_for_length(refusal.text, answered):
            return None
        return self._thought(answered, ask=self._asks or heard or ASKS[refusal.why])

    def _says_when(self, text: str) -> bool:
        sentence = tokenize(text)
        later = self._later
        return later.says(sentence.words) or later.says_clock(sentence) or later.cut(sentence) is not None

    def _takes_clock_for_length(self, text: str, answered: "Answered") -> bool:
        sentence = tokenize(text)
        return any(self._later.takes_clock_for_length(sentence, one.slots) for one in answered.intents)

    async def _answered(
        self, refusal: NotRecognized, vocabulary: Vocabulary, cancelled: Event
    ) -> "Answered | None":
        async with self._alone:
            if self._model is None or cancelled.is_set():
                return None
            limit = asyncio.get_running_loop().call_later(self._seconds, cancelled.set)
            answering = asyncio.to_thread(self._model.answer, refusal.text, vocabulary, cancelled=cancelled)
            working = asyncio.ensure_future(answering)
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                cancelled.set()
                await asyncio.wait([working])  # the model is not left while it works
                raise
            finally:
                limit.cancel()

    def _thought(self, answered: "Answered", *, ask: bool) -> Thought | None:
        from paige.models.lm.assistant.calls import Malformed, Words

        if isinstance(answered.answer, Malformed):
            _log.info("the language model gave no answer: %s", answered.answer.why)
            return None
        if isinstance(answered.answer, Words):
            return Thought(answered.text, words=answered.answer.text)
        return Thought(answered.text, tuple(replace(one, misheard=ask) for one in answered.intents))
