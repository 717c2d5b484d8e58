"""What every recognizer offers."""

from typing import Protocol

from paige.audio.chunk import Utterance
from paige.models.grammar.language import Language
from paige.models.transcript import Transcript


class Recognizer(Protocol):
    """Turns utterances into words of one language, or says that it heard none of them."""

    @property
    def name(self) -> str:
        """The engine's name, such as `pocketsphinx`."""
        ...

    def restrict(self, language: Language) -> None:
        """Listen for the sentences of `language` from the next utterance on."""
        ...

    def recognize(self, utterance: Utterance) -> Transcript:
        """What was said; an empty transcript where it was none of the language's sentences."""
        ...
