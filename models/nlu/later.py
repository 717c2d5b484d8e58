"""Sentences that are for another time: what shall be done then, and when.

Nothing that says when is done at once. What says a time that can be reckoned becomes a timer with the rest of
the sentence as its command; what says it otherwise ("when I leave") is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from paige.models.errors import SentencesInvalid
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import Tokens, Words, occurrences, says_any, words_of
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.intent import Intent, SlotValue
from paige.models.language_folder import language_folder, primary
from paige.models.nlu.connectives import read_phrases
from paige.models.nlu.tags import Span
from paige.models.vocabulary import Vocabulary

TIMER: Final = "HassStartTimer"
COMMAND: Final = "conversation_command"
"""Its slot for what is done at the end."""

_FILE: Final = "when.yaml"
_LONGEST: Final = 12
"""Words that say a time; "at a quarter to seven in the morning on Wednesday" has ten."""
_LONGEST_CLOCK: Final = 5
"""Words that tell a time of day from a mere number; "25 minutes past ten" has five."""
_LONGEST_LENGTH: Final = 8
"""Words that say a length of time; "1 hour and 30 minutes and 15 seconds" has eight."""
_CLOCK, _LENGTH = "clock", "length"
"""What `when.yaml` calls times of day and lengths of time, wherever they stand."""
_START: Final = "start_"
"""Before a unit: the length that a timer was started with."""
_UNITS: Final = {"hours": 3600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True)
class Cut:
    """A sentence, cut into what shall be done and when."""

    command: str
    when: Intent
    begin: int
    """The first word that says when, and one past the last."""
    end: int

    def timer(self, text: str, confidence: float) -> Intent:
        """The timer that does it then; `text` is the whole sentence."""
        return Intent(
            TIMER,
            {**self.when.slots, COMMAND: self.command},
            confidence,
            text,
            self.when.response,
        )


class Later:
    """Finds in sentences of one language what says when.

    Args:
        times: Sentences that say a time and nothing else; of those with the responses `clock` and `length`, a
            time of day that no number alone can be, and a length of time with its units.
        later: Phrases that tell of another time or of a condition.
        now: Phrases that have such words in them, and do not.
        at_once: Phrases that tell of now.
    """

    def __init__(
        self,
        times: Sentences | None = None,
        later: Sequence[str] = (),
        now: Sequence[str] = (),
        at_once: Sequence[str] = (),
    ) -> None:
        self._times = None if times is None else Language(times, Vocabulary())
        self._later = frozenset(map(words_of, later)) - {()}
        self._now = frozenset(map(words_of, now)) - {()}
        self._at_once = frozenset(map(words_of, at_once)) - {()}

    @staticmethod
    def for_language(language: str) -> "Later":
        """That of a packaged language; one that finds nothing where it has no `when.yaml`.

        Raises:
            SentencesInvalid: The file cannot be understood.
        """
        return _later(primary(language))

    def cut(self, sentence: Tokens) -> Cut | None:
        """The command and its time, where the sentence begins or ends with a time; the longest there is."""
        if self._times is None:
            return None
        count = len(sentence.words)
        for size in range(min(_LONGEST, count - 1), 1, -1):
            for begin, end in ((count - size, count), (0, size)):
                when = self._times.parse(sentence.between(begin, end))
                if isinstance(when, Intent) and when.response not in (_CLOCK, _LENGTH):
                    rest = (0, begin) if begin else (end, count)
                    return Cut(sentence.between(*rest), when, begin, end)
        return None

    def says_clock(self, sentence: Tokens) -> bool:
        """Whether a time of day stands anywhere in a sentence, in words that can be nothing else."""
        return any(one.response == _CLOCK for one in self._stretches(sentence, _LONGEST_CLOCK))

    def takes_clock_for_length(self, sentence: Tokens, slots: Mapping[str, SlotValue]) -> bool:
        """Whether slots have a length of time that is not said as one: "a timer for ten" is for ten of what?

        Args:
            sentence: The sentence.
            slots: What it was understood as.
        """
        seconds = _seconds(slots)
        if not seconds or self._times is None:
            return False
        said = (
            _seconds(one.slots)
            for one in self._stretches(sentence, _LONGEST_LENGTH)
            if one.response == _LENGTH
        )
        return seconds not in said or self.says_clock(sentence)

    @staticmethod
    def has_length(intent: Intent) -> bool:
        """Whether an intent is about a timer of some length, by itself or by which one it means."""
        return COMMAND not in intent.slots and _seconds(intent.slots) > 0

    def _stretches(self, sentence: Tokens, longest: int) -> Iterator[Intent]:
        """What stretches of words say that say a time."""
        if self._times is None:
            return
        count = len(sentence.words)
        for begin in range(count):
            for end in range(begin + 1, min(begin + longest, count) + 1):
                found = self._times.parse(sentence.between(begin, end))
                if isinstance(found, Intent):
                    yield found

    def of_all(self, sentence: Tokens, commands: Sequence[Intent]) -> Cut | None:
        """The time behind several commands that is that of all of them; None where there is none.

        "Turn off the lights and lock the door at ten" may mean that for both, and nothing is done too early.

        Args:
            sentence: All words.
            commands: What it was understood as.
        """
        timed = [COMMAND in one.slots for one in commands]
        if len(timed) < 2 or timed != [False] * (len(timed) - 1) + [True]:
            return None
        cut = self.cut(sentence)
        if cut is None or cut.begin == 0 or says_any(self._at_once, sentence.words):
            return None
        return cut

    def says(self, words: Words, names: Sequence[Span] = ()) -> bool:
        """Whether words outside of these names tell of another time, or of a condition."""
        named = {at for _, begin, end in names for at in range(begin, end)}
        now = {at for begin, end in occurrences(self._now, words) for at in range(begin, end)}
        return any(
            not named & set(range(begin, end)) and not now & set(range(begin, end))
            for begin, end in occurrences(self._later, words)
        )


def _seconds(slots: Mapping[str, SlotValue]) -> float:
    """The length of time that slots add up to; 0 where they have none."""
    return sum(
        value * _UNITS[slot.removeprefix(_START)]
        for slot, value in slots.items()
        if slot.removeprefix(_START) in _UNITS and isinstance(value, int | float)
    )


@lru_cache(maxsize=8)
def _later(language: str) -> Later:
    file = language_folder(language) / _FILE
    if not file.is_file():
        return Later()
    data: Any = parse_yaml(file.read_text(encoding="utf-8"), _FILE).content
    try:
        times = {**data["times"], _CLOCK: data[_CLOCK], _LENGTH: data[_LENGTH]}
        blocks = [{"sentences": list(said), "response": name} for name, said in times.items()]
        phrases = [tuple(data[key]) for key in ("later", "now", "at_once")]
    except (KeyError, TypeError, AttributeError) as error:
        raise SentencesInvalid(
            f"{_FILE} of {language}: it needs `times`, `clock`, `length`, `later`, `now`, `at_once`"
        ) from error
    return Later(read_phrases(language, _FILE, TIMER, {"data": blocks}), *phrases)
