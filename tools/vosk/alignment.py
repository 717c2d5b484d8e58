"""Finds where in an utterance each phone is, by PocketSphinx's English model."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from paige.audio.chunk import Samples
from paige.models.recognizer.lexicon import Pronunciations
from paige.tools.vosk.phones import NOISE, SILENCE, SOUNDS


class Aligner:
    """Aligns what was said with what is known to have been said.

    Args:
        said: How each word is said that may be aligned.
        unknown: Those of them that the model is to hear as unknown.
        scratch: A file to write: a dictionary.
    """

    def __init__(self, said: Pronunciations, unknown: Collection[str], scratch: Path) -> None:
        lines = [
            f"{word}({number}) {way}" if number > 1 else f"{word} {way}"
            for word, ways in said.items()
            for number, way in enumerate(ways, start=1)
        ]
        scratch.write_text("\n".join([*lines, ""]), encoding="utf-8")
        self._unknown = frozenset(unknown)
        self._decoder = pocketsphinx.Decoder(
            hmm=str(Path(pocketsphinx.get_model_path("en-us")) / "en-us"),
            dict=str(scratch),
            lm=None,
            bestpath=False,
            loglevel="FATAL",
        )

    def align(self, samples: Samples, words: Sequence[str]) -> NDArray[np.uint8] | None:
        """The number in `SOUNDS` of what is heard in each frame [frames]; None where the words do not fit.

        Args:
            samples: An utterance with silence around it, and some noise in the silence.
            words: What is said.
        """
        self._decoder.set_align_text(" ".join(words))
        self._search(samples)
        if self._decoder.hyp() is None:
            return None
        self._decoder.set_alignment()
        self._search(samples)
        heard = np.full(self._decoder.n_frames(), SOUNDS.index(SILENCE), np.uint8)
        found = 0
        for word in self._decoder.get_alignment().words():
            text = word.name.partition("(")[0]
            if text in words:
                found += 1
            for phone in word:
                name = NOISE if text in self._unknown else phone.name
                if name in SOUNDS:  # silence and noises of the speaker are not
                    heard[phone.start : phone.start + phone.duration] = SOUNDS.index(name)
        return heard if found == len(words) else None

    def _search(self, samples: Samples) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(samples.tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
