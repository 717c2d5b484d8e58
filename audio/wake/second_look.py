"""A second look at a phrase that was spotted: whether each of its sounds was there.

Spotting compares a whole phrase with any sounds, so a phrase of which one half was said may pass. Here it is
aligned, and each of its phones is compared with the likeliest sounds of the same moment.
"""

import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Final

import numpy as np
import pocketsphinx

from paige.audio.chunk import CHUNK_SAMPLES, Samples

MEANS: Final = "56.39,-0.08,-1.38,4.42,-4.75,-0.99,-2.48,-6.79,-2.12,-2.43,0.60,-1.67,-0.44"
"""Of the cepstra of people's speech (60 recordings), the loudest at a quarter of full scale. PocketSphinx
begins with others, and goes on from what it heard last: then it missed 25 % of what people said, not 5 %."""
LOUD: Final = 8_000
"""Peak that the loudest of what is searched is brought to, of 16 bits: `MEANS` hold for that."""
_HISS: Final = 20.0
"""Standard deviation of white noise that is added, for digital silence has no spectrum."""
_SEARCH: Final = {"beam": 1e-80, "pbeam": 1e-80, "wbeam": 1e-60, "allphone_ci": True, "lw": 2.0}
"""Wider than PocketSphinx's own, which gives up a phrase on one sound that is said otherwise."""
_SOUNDS: Final = "sounds"
_WEAKEST: Final = 3
"""Phones: those of a phrase that was not said that fit least."""
_SCORE_SCALE: Final = 1_024
_NATS: Final = _SCORE_SCALE * math.log(1.0001)
"""What one unit of an alignment's scores is worth; the logarithm's base is PocketSphinx's."""
_SILENT: Final = "<[+("
"""How names of silence and noise begin, and SIL."""


def open_decoder(words: Path) -> Any:  # noqa: ANN401  # it publishes no types
    """A decoder with PocketSphinx's English model and a dictionary."""
    return pocketsphinx.Decoder(
        hmm=pocketsphinx.get_model_path("en-us/en-us"),
        dict=str(words),
        lm=None,
        bestpath=False,
        loglevel="FATAL",
        **_SEARCH,
    )


def as_loud(samples: Samples, loudest: float, hiss: np.random.Generator) -> Samples:
    """Sound as loud as what `MEANS` were taken of.

    Args:
        samples: As they were recorded. Shape: [samples].
        loudest: Their peak, or that of what is around them.
        hiss: What noise is drawn from.
    """
    sound = samples * (LOUD / max(1.0, loudest)) + hiss.normal(0, _HISS, len(samples))
    loud: Samples = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    return loud


def second_look(ways: tuple[str, ...], samples: Samples) -> float | None:
    """How well the phones of a phrase fit a moment of sound that fit it least.

    Args:
        ways: To say it, each as phones.
        samples: From a little before it to a little after, made `as_loud`. Shape: [samples].

    Returns:
        How much likelier they are than any sounds, a frame, as a logarithm: 0 at best. None where the phrase
        does not fit at all.
    """
    with _LOCK:
        return _looker().at(ways, samples)


class _Looker:
    """One for the whole process, made when it is first needed: it takes 8 MB."""

    def __init__(self) -> None:
        with TemporaryDirectory(prefix="paige-") as folder:
            words = Path(folder, "words.dict")
            words.write_text("sil SIL\n", encoding="utf-8")
            self._decoder = open_decoder(words)
        self._decoder.add_allphone_file(_SOUNDS, pocketsphinx.get_model_path("en-us/en-us-phone.lm.bin"))
        self._words: dict[tuple[str, ...], str] = {}

    def at(self, ways: tuple[str, ...], samples: Samples) -> float | None:
        decoder = self._decoder
        try:
            decoder.set_align_text(self._word(ways))
            self._run(samples)
            if decoder.hyp() is None:
                return None
            decoder.set_alignment()
            self._run(samples)
            phones = [
                (phone.start, phone.duration, phone.score * _NATS)
                for entry in decoder.get_alignment()
                for phone in entry
                if phone.name[0] not in _SILENT and phone.name != "SIL"
            ]
        except RuntimeError:  # no way through the phrase survived to the end
            return None
        decoder.activate_search(_SOUNDS)
        self._run(samples)
        any_sounds = [
            _nats(sound.ascore) / (sound.end_frame + 1 - sound.start_frame)
            for sound in decoder.seg() or ()
            for _ in range(sound.start_frame, sound.end_frame + 1)
        ]
        return _weakest(phones, any_sounds) if phones and any_sounds else None

    def _word(self, ways: tuple[str, ...]) -> str:
        """The phrase as a word of the dictionary, which learns it."""
        if ways not in self._words:
            word = self._words[ways] = f"phrase{len(self._words)}"
            for number, way in enumerate(ways, start=1):
                self._decoder.add_word(word if number == 1 else f"{word}({number})", way, number == len(ways))
        return self._words[ways]

    def _run(self, samples: Samples) -> None:
        self._decoder.reinit_feat()
        self._decoder.set_cmn(MEANS)
        self._decoder.start_utt()
        for at in range(0, len(samples), CHUNK_SAMPLES):
            # Between two of them other threads get Python's lock.
            piece = samples[at : at + CHUNK_SAMPLES]
            self._decoder.process_raw(piece.tobytes(), no_search=False, full_utt=False)
        self._decoder.end_utt()


_looker = cache(_Looker)
_LOCK: Final = Lock()


def _weakest(phones: list[tuple[int, int, float]], any_sounds: list[float]) -> float:
    """Of the first frame, frames and score of each phone, and of each frame's score as any sound."""
    ratios = sorted(
        (score - sum(any_sounds[start : start + frames])) / frames for start, frames, score in phones
    )
    return sum(ratios[:_WEAKEST]) / len(ratios[:_WEAKEST])


def _nats(likelihood: float) -> float:
    """PocketSphinx keeps a path's score shifted right by 10 bits (SENSCR_SHIFT in its hmm.h)."""
    return math.log(likelihood) * _SCORE_SCALE
