"""What every recognizer offers."""

from typing import Protocol

from paige.audio.chunk import AudioChunk, Utterance
from paige.models.grammar.language import Language
from paige.models.transcript import Transcript


class Stream(Protocol):
    """One utterance while it is spoken."""

    def hear(self, chunk: AudioChunk) -> None:
        """Takes the next chunk; well under real time."""
        ...

    @property
    def partial(self) -> str:
        """The words heard so far, empty for none; later chunks may change them."""
        ...

    def end(self, utterance: Utterance) -> Transcript:
        """What `recognize` would say of the utterance, sooner where what was done so far helps.

        Args:
            utterance: The sound of the chunks, from about the first to about the last. It may turn out not to
                have been all: `hear` and `end` can follow once more.
        """
        ...


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

    def stream(self) -> Stream:
        """An utterance that begins now, in the languages of this moment."""
        ...
