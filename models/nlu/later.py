"""Sentences that are for another time: what shall be done then, and when.

Nothing that says when is done at once. What says a time that can be reckoned becomes a timer with the rest of
the sentence as its command; what says it otherwise ("when I leave") is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from paige.models.errors import SentencesInvalid
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import Tokens, Words, occurrences, says_any, words_of
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.intent import Intent
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
        times: Sentences that say a time and nothing else.
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
                if isinstance(when, Intent):
                    rest = (0, begin) if begin else (end, count)
                    return Cut(sentence.between(*rest), when, begin, end)
        return None

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


@lru_cache(maxsize=8)
def _later(language: str) -> Later:
    file = language_folder(language) / _FILE
    if not file.is_file():
        return Later()
    data: Any = parse_yaml(file.read_text(encoding="utf-8"), _FILE).content
    try:
        blocks = [{"sentences": list(said), "response": name} for name, said in data["times"].items()]
        phrases = [tuple(data[key]) for key in ("later", "now", "at_once")]
    except (KeyError, TypeError, AttributeError) as error:
        raise SentencesInvalid(
            f"{_FILE} of {language}: it needs `times`, `later`, `now` and `at_once`"
        ) from error
    return Later(read_phrases(language, _FILE, TIMER, {"data": blocks}), *phrases)
