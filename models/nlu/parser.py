"""The intent parser: what everybody calls to know what a sentence means.

Who wins where both could answer:

1. Sentence templates that fit are taken, whatever the model thinks: they are exact, and the user may have
   written them. A sentence that is several commands is one for each of them.
2. Else the model's likeliest intent is taken if it is at least as probable as the model's threshold, and if
   what it says can be said of this home. A sentence that connectives cut is read part by part, and as a whole
   only where that loses nothing (see `whole`).
   What means nearly the same as one of the user's own sentences, and is not rather one of the model's
   intents, is what that sentence is (see `own`).
3. What says when is never done at once: a time that can be reckoned makes it a timer (see `later`).
4. What is then not understood, or not quite, and sounds like something that can be said to this home, is
   that: it was misheard (see `misheard`).
5. Else the sentence is refused, with the reason.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from paige.models.grammar.language import Language
from paige.models.grammar.tokens import Tokens, tokenize
from paige.models.intent import Intent, NotRecognized, Why
from paige.models.nlu.clauses import Clauses
from paige.models.nlu.connectives import Connectives
from paige.models.nlu.later import Later
from paige.models.nlu.references import References
from paige.models.nlu.shapes import Shapes
from paige.models.nlu.shipped import LazyModel
from paige.models.nlu.slots import GOAL, STEP, WHEN

if TYPE_CHECKING:  # what stands on numpy is loaded with the model
    import numpy as np
    from numpy.typing import NDArray

    from paige.models.nlu.explanation import Explanation, Reading
    from paige.models.nlu.frame import Frame
    from paige.models.nlu.home_names import HomeNames
    from paige.models.nlu.intents import IntentBuilder
    from paige.models.nlu.misheard import Misheard
    from paige.models.nlu.own import OwnIntents
    from paige.models.nlu.soundalike import Sounding

_MOST_READ: Final = 6
"""Parts of one sentence that the model reads, each in a few milliseconds."""


class IntentParser:
    """Sentences of one home to intents, for someone at one place in it.

    Args:
        language: What can be said word for word.
        model: For what people say otherwise.
        shapes: Of the language's sentences; homes and places may share them.
        names: Of the language's vocabulary; places of the speaker may share them.
    """

    def __init__(
        self,
        language: Language,
        model: LazyModel,
        shapes: Shapes | None = None,
        names: "HomeNames | None" = None,
    ) -> None:
        self.language = language
        self._model = model
        self._shapes = shapes or Shapes(language.sentences)
        self._names = names
        self._connectives = Connectives.for_language(language.sentences.language)
        self.references = References.of(language)
        refer = self.references.after
        self._later = Later.for_language(language.sentences.language)
        self._clauses = Clauses(self._connectives, language.parse, language.vocabulary, refer)
        self._parts = Clauses(self._connectives, self._part, language.vocabulary, refer)
        self._readings: dict[str, Reading] = {}
        """What the model made of the latest sentence and of its parts."""
        self._sounding: Sounding | None = None
        """What the latest sentence sounds like, where that answered."""
        self._readable: frozenset[str] = frozenset()
        """The parts of the latest sentence."""

    def parse(self, text: str) -> Intent | NotRecognized:
        """What a sentence of one command asks for.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        found = self.language.parse(text)
        if isinstance(found, Intent):
            return found if self._fits_clock(found) else NotRecognized(text, why=Why.NOT_NOW)
        if not self._model:
            return found
        self._readings.clear()
        return _only(self._as_said(text, self._by_model(text).result))

    def parse_all(self, text: str) -> tuple[Intent, ...] | NotRecognized:
        """What a sentence asks for, in order where it asks for several things.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        found = self.exact(text)
        return self.learned(text, found) if isinstance(found, NotRecognized) else found

    def exact(self, text: str, before: Sequence[Intent] = ()) -> tuple[Intent, ...] | NotRecognized:
        """What templates understand of a sentence, after the commands `before` it."""
        found = self._in_time(text, self._clauses.parse(text, before))
        if isinstance(found, NotRecognized) or all(map(self._fits_clock, found)):
            return found
        return NotRecognized(text, why=Why.NOT_NOW)

    def _fits_clock(self, intent: Intent) -> bool:
        """Whether the name of a timer has not swallowed a time of day: "a timer for 5 minutes [past ten]"."""
        if not intent.free or not self._later.has_length(intent):
            return True
        return not self._later.says_clock(self._words(intent.text))

    def _in_time(
        self, text: str, found: tuple[Intent, ...] | NotRecognized
    ) -> tuple[Intent, ...] | NotRecognized:
        """One timer for all commands of a sentence, where one time stands behind them."""
        if isinstance(found, NotRecognized):
            return found
        cut = self._later.of_all(self._words(text), found)
        return found if cut is None else (cut.timer(text, min(one.confidence for one in found)),)

    def learned(
        self, text: str, refused: NotRecognized, before: Sequence[Intent] = ()
    ) -> tuple[Intent, ...] | NotRecognized:
        """What the model understands of a sentence that the templates `refused`.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        return self._in_time(text, self._read(text, before)) if self._model else refused

    def explain(self, text: str) -> "Explanation":
        """As `parse_all`, with the reasons.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        from paige.models.nlu.explanation import Explanation, Path

        found = self.exact(text)
        if not isinstance(found, NotRecognized):
            return Explanation(found, Path.TEMPLATE)
        if not self._model:
            return Explanation(found, Path.NONE)
        result = self.learned(text, found)
        readings = tuple(self._readings.values())
        path = Path.MODEL if any(one.frame for one in readings) else Path.NONE
        if self._sounding is not None:
            path = Path.SOUND
        return Explanation(result, path, self._model.get().labels.threshold, self._sounding, readings)

    def warm(self) -> None:
        """Make all that the first sentence would wait for.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        if self._model:
            self._readings.clear()
            self._by_model("x")
            self._builder.warm()
            self._misheard.warm()
            if self._own:
                self._own.warm()

    def _read(self, text: str, before: Sequence[Intent]) -> tuple[Intent, ...] | NotRecognized:
        self._readings.clear()
        return self._as_said(text, self._as_written(text, before))

    def _as_said(
        self, text: str, found: tuple[Intent, ...] | NotRecognized
    ) -> tuple[Intent, ...] | NotRecognized:
        """What was said, where a recognizer wrote something else."""
        sounding = self._misheard.instead_of(text, found, self._readings.get(text))
        if sounding is not None and self._later.has_length(sounding.intent):
            sounding = None if self._later.says_clock(self._words(text)) else sounding
        self._sounding = sounding
        return found if self._sounding is None else (self._sounding.intent,)

    def _as_written(self, text: str, before: Sequence[Intent]) -> tuple[Intent, ...] | NotRecognized:
        sentence = self._words(text)
        parts = self._connectives.parts(sentence)
        if parts and parts[-1].begin == parts[-1].end:
            # "Turn off everything but": what is missing may turn the meaning round.
            return NotRecognized(text, why=Why.INCOMPLETE)
        if len(parts) < 2:
            return self._by_model(text).result
        alone = [sentence.between(part.begin, part.end) for part in parts]
        self._readable = frozenset(alone[:_MOST_READ])
        each = self._parts.parse(text, before)
        if not isinstance(each, NotRecognized):
            return tuple(_without_repetitions(each))
        if self._connectives.leaves_out(sentence, parts):
            return each
        from paige.models.nlu.whole import is_one_command

        whole = self._by_model(text, is_list=True)
        one = whole.frame is not None and is_one_command(whole.frame, parts, list(map(self._part, alone)))
        return whole.result if one and not isinstance(whole.result, NotRecognized) else each

    def _part(self, text: str) -> Intent | NotRecognized:
        """What a part of a sentence means by itself; the model reads only what was said just so."""
        found = self.language.parse(text)
        if isinstance(found, Intent) or text not in self._readable:
            return found
        return _only(self._by_model(text).result)

    @staticmethod
    def _words(text: str) -> Tokens:
        return tokenize(text if Language.can_be_read(text) else "")

    @cached_property
    def _home_names(self) -> "HomeNames":
        from paige.models.nlu.home_names import HomeNames

        return self._names or HomeNames(self.language.vocabulary, self.language.sentences.language)

    @cached_property
    def _builder(self) -> "IntentBuilder":
        from paige.models.nlu.intents import IntentBuilder

        read = self._model.get().read
        tagged = sorted({tag[2:] for tag in self._model.get().labels.tags if tag[1:2] == "-"})
        return IntentBuilder(
            self.language, self._shapes, self._home_names, tagged, lambda words: read(words).embedding
        )

    @cached_property
    def _misheard(self) -> "Misheard":
        from paige.models.nlu.misheard import Misheard

        return Misheard(self.language, self._home_names)

    @cached_property
    def _own(self) -> "OwnIntents":
        from paige.models.nlu.frame import frame
        from paige.models.nlu.own import OwnIntents

        model = self._model.get()

        def read(words: Sequence[str]) -> "tuple[Frame, NDArray[np.float32]]":
            scores = model.read(words)
            return frame(words, scores, model.labels), scores.embedding

        return OwnIntents(self.language, self._shapes, read, model.labels.threshold)

    def _by_model(self, text: str, *, is_list: bool = False) -> "Reading":
        if text not in self._readings:
            self._readings[text] = self._new_reading(text, is_list=is_list)
        return self._readings[text]

    def _new_reading(self, text: str, *, is_list: bool) -> "Reading":
        """What the model makes of a sentence, and nothing that is for another time as if it were for now."""
        reading = self._reading_for_now(text, is_list=is_list)
        if isinstance(reading.result, NotRecognized) and reading.result.why is Why.NOT_FOR_A_HOME:
            return reading  # a part of what is about something else may sound like a command
        sentence = self._words(text)
        cut = self._later.cut(sentence)
        said = [] if reading.frame is None else [span for span in reading.frame.spans if span[0] != WHEN]
        taken = cut is not None and any(begin < cut.end and cut.begin < end for _, begin, end in said)
        if cut is not None:
            command = self._alone(cut.command)
            # "At nine" may be how bright the lamp shall be, where it is not to be turned off at nine.
            if command is not None and not (taken and command.name in {*GOAL, *STEP}):
                return replace(reading, result=(cut.timer(text, command.confidence),))
        if isinstance(reading.result, NotRecognized):
            return reading
        if any(self._later.takes_clock_for_length(sentence, one.slots) for one in reading.result):
            return replace(reading, result=NotRecognized(text, why=Why.NOT_NOW))
        if (cut is not None and not taken) or self._later.says(sentence.words, said):
            return replace(reading, result=NotRecognized(text, why=Why.NOT_NOW))
        return reading

    def _alone(self, text: str) -> Intent | None:
        """What words mean by themselves that stand beside a time; None where they are no command for now."""
        found = self.language.parse(text)
        if isinstance(found, Intent):
            return None if found.free else found
        reading = self._reading_for_now(text, is_list=False)
        if isinstance(reading.result, NotRecognized) or reading.frame is None:
            return None
        if self._later.says(self._words(text).words, reading.frame.spans):
            return None
        return reading.result[0]

    def _reading_for_now(self, text: str, *, is_list: bool) -> "Reading":
        from paige.models.nlu.explanation import Reading
        from paige.models.nlu.frame import frame

        sentence, model = self._words(text), self._model.get()
        if not sentence.words:
            return Reading(text, NotRecognized(text))
        scores = model.read(sentence.words)
        if len(scores.tags) < len(sentence.words):
            # What stands behind the words that were read could turn their meaning round.
            return Reading(text, NotRecognized(text))
        found = frame(sentence.words, scores, model.labels)
        alike = self._own.find(sentence, found, scores.embedding) if self._own else None
        if alike is not None:
            return Reading(text, (alike.intent,), found, alike=alike)
        if found.confidence < model.labels.threshold:
            return Reading(text, NotRecognized(text, why=found.doubt), found)
        built = self._builder.build(found, sentence, is_list=is_list)
        return Reading(text, built.result, found, built.values, built.lookups)


def _only(result: tuple[Intent, ...] | NotRecognized) -> Intent | NotRecognized:
    return result if isinstance(result, NotRecognized) else result[0]


def _without_repetitions(intents: Iterable[Intent]) -> Iterator[Intent]:
    """Each command once: "it's dark, I can't see" asks twice for the same."""
    known = []
    for intent in intents:
        asked = intent.name, intent.slots, intent.excluded
        if asked not in known:
            known.append(asked)
            yield intent
