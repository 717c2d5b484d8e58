"""Ready wake words, heard by microWakeWord's networks, which its package carries.

Each network gives every 30 ms a probability that its phrase has just been said, and its maker a cutoff for
the mean of the last few. Music makes some of them certain now and then, so what they hear counts only where
there was a voice, too; that is found out afterwards, and costs nothing while they wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from paige.audio.chunk import AudioChunk
from paige.audio.voice_activity import KEPT_SECONDS, VoiceActivity
from paige.audio.wake.detector import Phrase, Wake
from paige.audio.wake.phrase import normal

READY: Final = ("okay nabu", "hey jarvis", "hey mycroft", "alexa")
"""The phrases that have a network."""

_REFRACTORY: Final = 1.0
"""Seconds after a phrase in which none is heard: it fades from a network's memory only slowly."""
_STRICTEST: Final = 0.99
_LOOSEST: Final = 0.3
"""Cutoffs at sensitivities 0 and 1."""
_LOOKED_BACK: Final = KEPT_SECONDS
"""Seconds before a phrase is noticed in which a voice must have been heard."""
_VOICE: Final = 0.2
"""For how many of them."""


@dataclass(frozen=True, slots=True)
class _Timing:
    """Where a phrase lies before the moment it is noticed, in seconds: medians of synthetic voices."""

    lag: float
    length: float


_TIMINGS: Final = {
    "okay nabu": _Timing(0.21, 0.78),
    "hey jarvis": _Timing(0.21, 0.75),
    "hey mycroft": _Timing(0.06, 0.70),
    "alexa": _Timing(0.23, 0.48),
}


class NeuralWakeDetector:
    """Listens for ready phrases.

    Args:
        phrases: What to listen for; each is one of `READY`.
        activity: Of the stream; its own by default.
    """

    def __init__(self, phrases: Sequence[Phrase], activity: VoiceActivity | None = None) -> None:
        from pymicro_wakeword import MicroWakeWordFeatures

        self._features = MicroWakeWordFeatures()
        self._networks: Final = [_Network(phrase) for phrase in phrases]
        self._activity = activity or VoiceActivity()
        self._since: float | None = None
        """Seconds of the source from which it listens; None before the first chunk."""
        self._deaf_until = 0.0
        self.probabilities: dict[str, float] = {}
        """The highest of each phrase within the last chunk; 0 where it would count and nobody spoke."""

    def hear(self, chunk: AudioChunk) -> Wake | None:
        """Take the next chunk; give the phrase that was heard with it, the surest where there are several."""
        now = chunk.start + chunk.seconds
        self._since = chunk.start if self._since is None else self._since
        self._activity.hear(chunk)
        self._ask(chunk)
        if max(self.probabilities.values()) > _LOOSEST and self._activity.spoken(self._since) < _VOICE:
            self.probabilities = dict.fromkeys(self.probabilities, 0.0)
        heard = {
            network.phrase: self.probabilities[network.phrase]
            for network in self._networks
            if self.probabilities[network.phrase] > network.cutoff
        }
        if not heard or now < self._deaf_until:
            return None
        self._deaf_until = now + _REFRACTORY
        phrase = max(heard, key=heard.__getitem__)
        timing = _TIMINGS[normal(phrase)]
        end = max(0.0, now - timing.lag)
        return Wake(phrase, max(0.0, end - timing.length), end, heard[phrase])

    def _ask(self, chunk: AudioChunk) -> None:
        self.probabilities = dict.fromkeys((network.phrase for network in self._networks), 0.0)
        for features in self._features.process_streaming(chunk.samples.tobytes()):
            for network in self._networks:
                probability = network.model.process_streaming_prob(features) or 0.0
                self.probabilities[network.phrase] = max(probability, self.probabilities[network.phrase])

    def reset(self) -> None:
        """Forget what was heard."""
        self._features.reset()
        self._since = None
        self._deaf_until = 0.0
        for network in self._networks:
            network.model.reset()


class _Network:
    """The network of one phrase."""

    def __init__(self, phrase: Phrase) -> None:
        from pymicro_wakeword import MicroWakeWord, Model

        self.phrase: Final = phrase.text
        self.model = MicroWakeWord.from_builtin(Model(normal(phrase.text).replace(" ", "_")))
        self.cutoff: Final = cutoff(self.model.probability_cutoff, phrase.sensitivity)


def cutoff(published: float, sensitivity: float) -> float:
    """The probability from which a phrase counts as heard: its maker's at the middle sensitivity."""
    if sensitivity < 0.5:
        return _STRICTEST + (published - _STRICTEST) * 2 * sensitivity
    return published + (_LOOSEST - published) * (2 * sensitivity - 1)


@cache
def published_cutoff(phrase: str) -> float:
    """The cutoff that the maker of a ready phrase's network gives it."""
    return _Network(Phrase(phrase)).model.probability_cutoff
