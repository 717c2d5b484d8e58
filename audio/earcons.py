"""Short sounds that say what words would take too long for, each made by a formula.

Their notes lie between 390 and 1,320 Hz: a loudspeaker as small as a coin has no lower ones, and old ears not
much higher ones. What goes on rises, what is over falls.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import Samples
from paige.audio.conversion import to_samples

EARCON_RATE: Final = 48_000
"""Hertz."""
_PEAK = 0.35
"""Of full scale: about as loud as a voice, whose peaks are higher."""
_ATTACK_SECONDS = 0.008
_RELEASE_SECONDS = 0.02
_PARTIALS = ((1, 1.0), (2, 0.25), (3, 0.08))
"""Multiples of a note's frequency and how loud each is: a soft bell, no pure beep."""


class Earcon(StrEnum):
    """What there is to say."""

    WAKE = "wake"
    """The wake word was heard: speak."""
    AGAIN = "again"
    """It is listened to again without a wake word, after a question."""
    DONE = "done"
    """It is done."""
    REFUSED = "refused"
    """It was not understood, or is not done."""
    NOTHING = "nothing"
    """Nothing was said; it is not listened to any more."""
    RING = "ring"
    """A timer rings. Played again and again, it is even: a second with its pause."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note of an earcon."""

    start: float
    """Seconds after its beginning."""
    frequency: float
    """Hertz, in equal temperament from an A of 440."""
    seconds: float
    fade: float
    """Seconds after which it is a third as loud."""


_E5, _G4, _A4, _D5, _G5, _A5, _C6, _E6 = 659.26, 392.00, 440.00, 587.33, 783.99, 880.00, 1046.50, 1318.51
NOTES: Final[dict[Earcon, tuple[Note, ...]]] = {
    Earcon.WAKE: (Note(0.0, _E5, 0.09, 0.08), Note(0.08, _A5, 0.16, 0.06)),
    Earcon.AGAIN: (Note(0.0, _D5, 0.09, 0.08), Note(0.08, _G5, 0.16, 0.06)),
    Earcon.DONE: (Note(0.0, _A5, 0.07, 0.06), Note(0.06, _E6, 0.24, 0.08)),
    Earcon.REFUSED: (Note(0.0, _D5, 0.12, 0.1), Note(0.11, _G4, 0.24, 0.1)),
    Earcon.NOTHING: (Note(0.0, _A4, 0.15, 0.05),),
    Earcon.RING: tuple(
        Note(start, frequency, 0.18, 0.07)
        for start, frequency in ((0.0, _A5), (0.14, _C6), (0.28, _E6), (0.42, _C6))
    ),
}
_LEAST_SECONDS: Final = {Earcon.RING: 1.0}
"""How long an earcon is with the silence at its end."""


@cache
def earcon(which: Earcon) -> Samples:
    """An earcon at `EARCON_RATE`, beginning and ending in silence."""
    notes = NOTES[which]
    length = max(max(note.start + note.seconds for note in notes), _LEAST_SECONDS.get(which, 0.0))
    sound = np.zeros(round(length * EARCON_RATE), np.float32)  # [samples]
    for note in notes:
        begin = round(note.start * EARCON_RATE)
        played = _played(note)[: len(sound) - begin]
        sound[begin : begin + len(played)] += played
    samples = to_samples(sound * (_PEAK / np.abs(sound).max()))
    samples.flags.writeable = False  # it is everybody's
    return samples


def _played(note: Note) -> NDArray[np.float32]:
    """A note, its loudest partial at 1. Shape: [samples]."""
    time = np.arange(round(note.seconds * EARCON_RATE)) / EARCON_RATE  # [samples]
    tone = sum(
        (loud * np.sin(2 * np.pi * multiple * note.frequency * time) for multiple, loud in _PARTIALS),
        np.zeros(len(time)),
    )
    # Half a cosine at both ends: without it a note begins and ends with a click.
    attack = 0.5 - 0.5 * np.cos(np.pi * np.minimum(time / _ATTACK_SECONDS, 1))
    release = 0.5 - 0.5 * np.cos(np.pi * np.minimum((note.seconds - time) / _RELEASE_SECONDS, 1))
    shaped: NDArray[np.float32] = (tone * np.exp(-time / note.fade) * attack * release).astype(np.float32)
    return shaped
