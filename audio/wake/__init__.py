"""Wake words and stop words, several at once: ready ones by neural networks, any other by its sounds."""

from collections.abc import Sequence

from paige.audio.chunk import AudioChunk
from paige.audio.voice_activity import VoiceActivity
from paige.audio.wake.detector import Phrase, Wake, WakeDetector
from paige.audio.wake.neural import READY, NeuralWakeDetector
from paige.audio.wake.phrase import normal
from paige.audio.wake.spotting import KeywordSpotter, Pronounce, check_pronounced

__all__ = ["READY", "Phrase", "Wake", "WakeDetector", "check_phrases", "open_wake_detector"]


def open_wake_detector(
    phrases: Sequence[Phrase], pronounce: Pronounce | None = None, activity: VoiceActivity | None = None
) -> WakeDetector:
    """A detector for one stream.

    Args:
        phrases: What to listen for, at least one; which of them wake and which stop is for the caller to say.
        pronounce: How words are said; by default by an English dictionary, without words that it lacks.
        activity: Of the stream, where others ask for it, too; its own by default.

    Raises:
        PhraseUnusable: A phrase is none of `READY`, and one of its words cannot be said.
    """
    ready = [phrase for phrase in phrases if normal(phrase.text) in READY]
    other = _own(phrases)
    activity = activity or VoiceActivity()
    detectors: list[WakeDetector] = []
    if ready:
        detectors.append(NeuralWakeDetector(ready, activity))
    if other:
        detectors.append(KeywordSpotter(other, pronounce, activity))
    return detectors[0] if len(detectors) == 1 else _Several(detectors)


def check_phrases(phrases: Sequence[Phrase], pronounce: Pronounce | None = None) -> None:
    """See that phrases can be listened for, without all that listening takes.

    Raises:
        PhraseUnusable: One is none of `READY`, and one of its words cannot be said.
    """
    if own := _own(phrases):
        check_pronounced(own, pronounce)


def _own(phrases: Sequence[Phrase]) -> list[Phrase]:
    return [phrase for phrase in phrases if normal(phrase.text) not in READY]


class _Several:
    """Detectors that listen to the same stream."""

    def __init__(self, detectors: Sequence[WakeDetector]) -> None:
        self._detectors = detectors

    def hear(self, chunk: AudioChunk) -> Wake | None:
        """What the first of them hears; none of them may miss a chunk."""
        heard = [detector.hear(chunk) for detector in self._detectors]
        return next((wake for wake in heard if wake is not None), None)

    def reset(self) -> None:
        """Forget what was heard."""
        for detector in self._detectors:
            detector.reset()
