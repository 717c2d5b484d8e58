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

    def restrict(self, *languages: Language) -> None:
        """Listen for the sentences of these languages from the next utterance on.

        Several are for while a question is open: its answers come first, and what is none of them may
        still be any sentence of the home. A language that was listened for before is ready at once.
        """
        ...

    def recognize(self, utterance: Utterance) -> Transcript:
        """What was said, in the first language that has it; empty where it was no sentence of any."""
        ...
