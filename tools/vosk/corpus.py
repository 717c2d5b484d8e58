"""Utterances that are made, with what is heard in each of their frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples
from paige.models.recognizer.lexicon import Pronunciations, look_up
from paige.tools.vosk.alignment import Aligner
from paige.tools.vosk.sentences import DICTIONARY, UNKNOWN, Speaker, home_graph, unknown_words
from paige.tools.vosk.voices import Talker

_PEAK: Final = 0.5
_HISS: Final = 20.0
"""Of white noise that the aligner is given with an utterance, in units of 16 bits; it needs some."""


@dataclass(frozen=True, slots=True)
class Example:
    """An utterance without noise."""

    samples: Samples
    heard: NDArray[np.uint8]
    """The number in `SOUNDS` of each hundredth of a second [frames]."""
    words: tuple[str, ...]


def make(known: Pronunciations, count: int, seed: int, *, held_out: bool = False) -> Iterator[Example]:
    """Utterances of known and unknown words; those that cannot be aligned are left out.

    Args:
        known: The words of the model.
        count: How many to try.
        seed: The same seed says the same, apart from the noise that some of eSpeak's voices have in them.
        held_out: By the voices that nothing is learned from, and sentences of the home only.
    """
    random = Random(seed)  # noqa: S311  # sentences, not secrets
    noise = np.random.default_rng(seed)
    others = unknown_words(known)
    words = sorted(known.keys() - {UNKNOWN})
    speaker = Speaker(home_graph(), words, others, random)
    said = {word: known[word] for word in words} | look_up(frozenset(others), DICTIONARY)
    with TemporaryDirectory() as folder:
        aligner = Aligner(said, others, Path(folder) / "words.dict")
        for _ in range(count):
            text = speaker.sentence() if held_out else speaker.draw()
            spoken = Talker.draw(random, held_out=held_out).say(" ".join(text))  # [samples]
            before, after = (np.zeros(random.randint(RATE // 5, RATE // 2), np.float32) for _ in range(2))
            padded = np.concatenate([before, spoken, after])  # [samples]
            scaled = padded * (_PEAK * 32767 / max(1e-3, np.abs(padded).max()))
            hiss = np.clip(scaled + noise.normal(0, _HISS, len(scaled)), -32768, 32767)
            heard = aligner.align(hiss.astype(np.int16), text)
            if heard is not None:
                yield Example(scaled.astype(np.int16), heard, tuple(text))


def stored(file: Path, made: Iterator[Example], count: int) -> list[Example]:
    """The utterances of a file; they are made and written where it is missing.

    Args:
        file: Where they are kept.
        made: Makes them.
        count: About how many there will be, to show how far it is.
    """
    if not file.is_file():
        examples = []
        for example in made:
            examples.append(example)
            if len(examples) % 100 == 0:
                print(f"\r{file.stem}: {len(examples):,} of about {count:,} utterances", end="", flush=True)
        print()
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as out:
            np.savez(
                out,
                samples=np.concatenate([example.samples for example in examples]),
                heard=np.concatenate([example.heard for example in examples]),
                lengths=np.array([(len(example.samples), len(example.heard)) for example in examples]),
                words=np.array([" ".join(example.words) for example in examples]),
            )
        unfinished.rename(file)
    with np.load(file) as data:
        cuts = np.cumsum(data["lengths"], axis=0)[:-1]  # [examples - 1, samples and frames]
        pieces = zip(
            np.split(data["samples"], cuts[:, 0]),
            np.split(data["heard"], cuts[:, 1]),
            data["words"],
            strict=True,
        )
        return [Example(samples, heard, tuple(str(words).split())) for samples, heard, words in pieces]
