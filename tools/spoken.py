"""What a voice says, as a microphone hears it."""

import numpy as np

from paige.audio.chunk import RATE, Samples
from paige.audio.conversion import Resampler, to_floats, to_samples
from paige.audio.voices import Voice


def spoken_by(voice: Voice, text: str, gain: float = 1.0) -> Samples:
    """A text as a voice says it, at `RATE`, so many times as loud. Shape: [samples].

    Raises:
        VoiceUnusable: It cannot speak.
    """
    sound = np.concatenate(list(voice.say(text)))  # [samples], at the voice's rate
    return to_samples(Resampler(voice.rate, RATE).resample(to_floats(sound), last=True) * gain)
