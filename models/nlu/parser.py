"""The intent parser: what everybody calls to know what a sentence means.

Who wins where both could answer:

1. A sentence template that fits is taken, whatever the model thinks: it is exact, and the user may have
   written it.
2. Else the model's likeliest intent is taken if it is at least as probable as the model's threshold, and if
   the home has, or may be asked about, what it names.
3. Else the sentence is refused, with the reason.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from paige.models.grammar.language import Language
from paige.models.grammar.tokens import tokenize
from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.home_names import HomeNames
from paige.models.nlu.shapes import Shapes
from paige.models.nlu.shipped import LazyModel

if TYPE_CHECKING:  # what stands on numpy is loaded with the model
    from paige.models.nlu.explanation import Explanation
    from paige.models.nlu.intents import IntentBuilder


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
        names: HomeNames | None = None,
    ) -> None:
        self.language = language
        self._model = model
        self._shapes = shapes or Shapes(language.sentences)
        self._names = names or HomeNames(language.vocabulary, language.sentences.language)

    def parse(self, text: str) -> Intent | NotRecognized:
        """What a sentence of one request asks for.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        found = self.language.parse(text)
        if isinstance(found, Intent) or not self._model:
            return found
        return self._by_model(text).result

    def parse_all(self, text: str) -> tuple[Intent, ...] | NotRecognized:
        """What a sentence asks for, where it may ask for several things one after the other.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        found = self.parse(text)
        return (found,) if isinstance(found, Intent) else found

    def explain(self, text: str) -> "Explanation":
        """As `parse`, with the reasons.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        from paige.models.nlu.explanation import Explanation, Path

        found = self.language.parse(text)
        if isinstance(found, Intent):
            return Explanation(found, Path.TEMPLATE, tokenize(text).words)
        return self._by_model(text)

    def warm(self) -> None:
        """Make all that the first sentence would wait for.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        if self._model:
            self._by_model("x")

    @cached_property
    def _builder(self) -> "IntentBuilder":
        from paige.models.nlu.intents import IntentBuilder

        tagged = sorted({tag[2:] for tag in self._model.get().labels.tags if tag[1:2] == "-"})
        return IntentBuilder(self.language, self._shapes, self._names, tagged)

    def _by_model(self, text: str) -> "Explanation":
        from paige.models.nlu.explanation import Explanation, Path
        from paige.models.nlu.frame import frame

        sentence = tokenize(text) if self.language.can_be_read(text) else tokenize("")
        if not self._model or not sentence.words:
            return Explanation(NotRecognized(text), Path.NONE, sentence.words)
        model = self._model.get()
        scores = model.read(sentence.words)
        if len(scores.tags) < len(sentence.words):
            # Nobody's request is so long; what stands behind what was read could turn it round.
            return Explanation(NotRecognized(text), Path.NONE, sentence.words)
        found = frame(sentence.words, scores, model.labels)
        threshold = model.labels.threshold
        if found.confidence < threshold:
            refusal = NotRecognized(text, why=found.doubt)
            return Explanation(refusal, Path.MODEL, sentence.words, found, threshold)
        built = self._builder.build(found, sentence)
        return Explanation(
            built.result, Path.MODEL, sentence.words, found, threshold, built.values, built.lookups
        )
