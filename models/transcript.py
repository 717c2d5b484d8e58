"""What a recognizer heard."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One recognized word and where it was heard."""

    text: str
    start: float
    """Seconds since the utterance's first sample."""
    end: float
    """Seconds since the utterance's first sample."""
    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in one utterance.

    An empty `text` means that the recognizer heard none of the sentences it listens for.
    """

    text: str
    confidence: float
    """0 to 1."""
    seconds: float
    """Length of the audio in seconds."""
    words: tuple[Word, ...] = ()
    others: tuple["Transcript", ...] = ()
    """What it may have been instead, the likeliest first; none of these has others of its own."""

    @property
    def empty(self) -> bool:
        """True when nothing that was said is in the recognizer's language."""
        return not self.text


def first_heard(transcripts: Iterator[Transcript]) -> Transcript:
    """The first that is not empty; where all are, the one that came nearest to being something."""
    nearest: Transcript | None = None
    for transcript in transcripts:
        if not transcript.empty:
            return transcript
        if nearest is None or transcript.confidence > nearest.confidence:
            nearest = transcript
    assert nearest is not None, "there is at least one"
    return nearest
