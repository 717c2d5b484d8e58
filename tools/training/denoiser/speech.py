"""Utterances without noise, made once and kept: one file for each voice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from paige.audio.chunk import RATE, Samples
from paige.tools.bench.progress import progress
from paige.tools.training.denoiser.texts import Texts
from paige.tools.training.denoiser.voices import Voice

_PIECE: Final = 20
"""Texts that a synthesizer is given at a time."""
_PEAK: Final = 16_000
_QUIETEST: Final = 500
"""A voice that is never louder has said nothing."""
_SPOKEN: Final = _PEAK // 100
_MARGIN: Final = RATE // 20
"""Samples kept around what is spoken."""
_SHORTEST: Final = RATE * 3 // 4


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one voice has said."""

    voice: str
    weight: float
    """How often it is heard, against others."""
    utterances: Sequence[Samples]
    """Shape of each: [samples]."""

    @property
    def seconds(self) -> float:
        """Of all together."""
        return sum(map(len, self.utterances)) / RATE


def stored(folder: Path, voices: Sequence[Voice], texts: Texts, count: int, seed: int) -> list[Spoken]:
    """What the voices say, each `count` texts; who said nothing is left out, and named.

    Args:
        folder: Where it is kept; a voice whose file is there is not asked again.
        voices: Who speaks.
        texts: What.
        count: Of a recorded voice.
        seed: Draws texts and speeds.
    """
    found = []
    for voice in voices:
        file = folder / f"speech-{voice.name}-{count}-{seed}.npz"
        if not file.is_file():
            print(f"{voice.name}:", flush=True)
            random = Random(f"{seed} {voice.name}")  # noqa: S311  # sentences, not secrets
            _write(file, [*_said(voice, texts, round(count * voice.amount), random)])
        spoken = Spoken(voice.name, voice.weight, _read(file))
        if spoken.utterances:
            found.append(spoken)
        else:
            print(f"{voice.name} said nothing, and is left out", flush=True)
    return found


def trimmed(samples: Samples) -> Samples | None:
    """An utterance at half of full scale, without its silence; None when too little was said. [samples]."""
    loudest = int(np.abs(samples.astype(np.int32)).max(initial=0))
    if loudest < _QUIETEST:
        return None
    scaled = samples * (_PEAK / loudest)
    loud = np.flatnonzero(np.abs(scaled) > _SPOKEN)
    kept = scaled[max(0, loud[0] - _MARGIN) : loud[-1] + _MARGIN].astype(np.int16)
    return kept if len(kept) >= _SHORTEST else None


def _said(voice: Voice, texts: Texts, count: int, random: Random) -> Iterator[Samples]:
    drawn = list(islice(texts(random), count))
    pieces = [drawn[at : at + _PIECE] for at in range(0, count, _PIECE)]
    for piece in progress(pieces, len(pieces)):
        for samples in voice.say(piece, random):
            if (kept := trimmed(samples)) is not None:
                yield kept


def _write(file: Path, utterances: Sequence[Samples]) -> None:
    unfinished = file.with_suffix(".part")
    samples = np.concatenate([np.zeros(0, np.int16), *utterances])
    with unfinished.open("wb") as out:
        np.savez(out, samples=samples, lengths=np.array([len(one) for one in utterances], np.int64))
    unfinished.replace(file)


def _read(file: Path) -> list[Samples]:
    with np.load(file) as data:
        ends = np.cumsum(data["lengths"])
        return np.split(data["samples"], ends)[:-1]
