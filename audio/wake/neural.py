"""Ready wake words, heard by microWakeWord's networks, which its package carries.

Each network gives every 30 ms a probability that its phrase has just been said, and its maker a cutoff for
the mean of the last few. Music makes some of them certain now and then, so what they hear counts only where
there was a voice, too; that is found out afterwards, and costs nothing while they wait. "okay nabu" is looked
at again besides: its network takes "okay maybe" for it.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk
from paige.audio.voice_activity import KEPT_SECONDS, VoiceActivity
from paige.audio.wake.detector import Phrase, Wake
from paige.audio.wake.phrase import normal
from paige.audio.wake.second_look import as_loud, second_look

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
_WAYS: Final = {"okay nabu": ("OW K EY N AA B UW", "OW K EY N AE B UW", "OW K EY N AH B UW")}
"""How those are said that are looked at again, as phones."""
_LOOK: Final = 1.6
"""Seconds that a second look takes in: the phrase and a little before it."""
_LOOK_APART: Final = 1.0
"""Seconds after which there is another."""
# Logistic regression: "okay nabu" said by six voices of flite and Festival in 30 ways, in a quiet room and in
# kitchen noise of 24 to 6 dB, against seven phrases like it, said by them.
_WEIGHT: Final = 0.84
_USUAL: Final = -4.0
"""Nats by which the weakest sounds of a phrase fit worse than any, where a second look changes nothing."""
_SUREST: Final = 255 / 256
"""The networks' probabilities have eight bits."""


@dataclass(frozen=True, slots=True)
class _Timing:
    """Where a phrase lies before the moment it is noticed, in seconds: by 90 voices of flite and Festival.

    So that nine in ten end from 0.25 s after that to 0.1 s before it. That much of a phrase before a command,
    or of the command left out, changes nothing (70 recordings were understood as often); more of it does.
    """

    lag: float
    length: float


_TIMINGS: Final = {
    "okay nabu": _Timing(0.07, 0.78),
    "hey jarvis": _Timing(0.20, 0.75),
    "hey mycroft": _Timing(-0.10, 0.70),
    "alexa": _Timing(0.20, 0.48),
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
        self._before: deque[AudioChunk] = deque(maxlen=round(_LOOK * RATE / CHUNK_SAMPLES))
        """The last of what was heard, for a second look."""
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
        self._look_again(chunk)
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

    def _look_again(self, chunk: AudioChunk) -> None:
        """What the sounds of a phrase that became likely say about it, too."""
        now = chunk.start + chunk.seconds
        self._before.append(chunk)
        for network in self._networks:
            if network.ways and (probability := self.probabilities[network.phrase]) > _LOOSEST:
                if now - network.looked > _LOOK_APART:
                    network.looked, network.weakest = now, self._weakest(network.ways)
                self.probabilities[network.phrase] = _weighed(probability, network.weakest)

    def _weakest(self, ways: tuple[str, ...]) -> float | None:
        sound = np.concatenate([one.samples for one in self._before])  # [samples]
        loudest = float(np.abs(sound.astype(np.float64)).max())
        return second_look(ways, as_loud(sound, loudest, np.random.default_rng(0)))

    def reset(self) -> None:
        """Forget what was heard."""
        self._features.reset()
        self._before.clear()
        self._since = None
        self._deaf_until = 0.0
        for network in self._networks:
            network.model.reset()
            network.looked = -math.inf


class _Network:
    """The network of one phrase."""

    def __init__(self, phrase: Phrase) -> None:
        from pymicro_wakeword import MicroWakeWord, Model

        self.phrase: Final = phrase.text
        self.model = MicroWakeWord.from_builtin(Model(normal(phrase.text).replace(" ", "_")))
        self.cutoff: Final = cutoff(self.model.probability_cutoff, phrase.sensitivity)
        self.ways: Final = _WAYS.get(normal(phrase.text), ())
        self.looked = -math.inf
        """When it was last looked at again."""
        self.weakest: float | None = None
        """What was seen then; None where the phrase did not fit at all."""


def _weighed(probability: float, weakest: float | None) -> float:
    """A network's probability, with how well the weakest sounds of the phrase fit."""
    if weakest is None:
        return 0.0
    sure = min(probability, _SUREST)
    odds = math.log(sure / (1 - sure)) + _WEIGHT * (weakest - _USUAL)
    return 0.5 * (1 + math.tanh(odds / 2))


def cutoff(published: float, sensitivity: float) -> float:
    """The probability from which a phrase counts as heard: its maker's at the middle sensitivity."""
    if sensitivity < 0.5:
        return _STRICTEST + (published - _STRICTEST) * 2 * sensitivity
    return published + (_LOOSEST - published) * (2 * sensitivity - 1)


@cache
def published_cutoff(phrase: str) -> float:
    """The cutoff that the maker of a ready phrase's network gives it."""
    return _Network(Phrase(phrase)).model.probability_cutoff
