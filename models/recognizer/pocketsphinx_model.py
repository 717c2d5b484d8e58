"""The folder of a PocketSphinx model, and searches that use it."""

import math
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import pocketsphinx

from paige.audio.chunk import Samples
from paige.audio.conditioning import Conditioned
from paige.models.errors import ModelUnusable
from paige.models.grammar.graph import WordGraph
from paige.models.recognizer.evidence import Segment, Way

_ACOUSTIC_FILES = ("feat.params", "mdef", "means", "noisedict", "transition_matrices", "variances")
FRAMES_PER_SECOND: Final = 100
_SCORE_SCALE: Final = 1024
"""PocketSphinx keeps a path's score shifted right by 10 bits (SENSCR_SHIFT in its hmm.h)."""


@dataclass(frozen=True, slots=True)
class SphinxModel:
    """Files of one language: how phones sound, how words are said, which phones follow each other."""

    acoustic: Path
    dictionary: Path
    phones: Path

    @property
    def edition(self) -> str:
        """Tells its dictionary from any other."""
        found = self.dictionary.stat()
        return f"{self.dictionary} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"

    @classmethod
    def find(cls, folder: Path | None = None) -> "SphinxModel":
        """The model in a folder, by default the English one that comes with PocketSphinx.

        The folder is laid out like that one: a folder with `mdef` and its companions, a dictionary
        `….dict`, and a model of phones `…-phone.lm.bin`.

        Raises:
            ModelUnusable: when something of that is missing.
        """
        packaged = Path(pocketsphinx.get_model_path("en-us"))
        folder = folder or packaged
        if not folder.is_dir():
            raise ModelUnusable(f"{folder}: there is no such folder; expected that of a PocketSphinx model")
        acoustic = next((path.parent for path in sorted(folder.glob("*/mdef"))), None)
        if acoustic is None:
            raise ModelUnusable(f"{folder}: this is no PocketSphinx model: no folder in it has a file 'mdef'")
        missing = [name for name in _ACOUSTIC_FILES if not (acoustic / name).is_file()]
        if missing:
            raise ModelUnusable(f"{acoustic}: this PocketSphinx model lacks {', '.join(missing)}")
        model = cls(acoustic, _only_file(folder, "*.dict"), _only_file(folder, "*-phone.lm.bin"))
        if folder != packaged:
            _try(model)
        return model


def _only_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ModelUnusable(
            f"{folder}: expected one file {pattern} in this PocketSphinx model, found {len(found)}"
        )
    return found[0]


def _try(model: SphinxModel) -> None:
    """Opens a model in a process of its own: PocketSphinx ends the process that opens a damaged one."""
    trial = (
        "import sys; from pathlib import Path;"
        "from paige.models.recognizer.pocketsphinx_model import Search, SphinxModel, open_decoder;"
        "model = SphinxModel(*map(Path, sys.argv[1:]));"
        "Search(open_decoder(model, model.dictionary)).phones(model)"
    )
    paths = (str(model.acoustic), str(model.dictionary), str(model.phones))
    ended = subprocess.run(  # noqa: S603  # our own interpreter, running what stands above
        [sys.executable, "-c", trial, *paths], capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise ModelUnusable(f"{model.acoustic.parent}: PocketSphinx cannot use this model; is it complete?")


def open_decoder(model: SphinxModel, dictionary: Path) -> Any:  # noqa: ANN401  # it publishes no types
    """A decoder for the words of a dictionary file; it takes 6 MB.

    Raises:
        ModelUnusable: PocketSphinx cannot use the model.
    """
    try:
        return pocketsphinx.Decoder(
            hmm=str(model.acoustic),
            dict=str(dictionary),
            lm=None,
            bestpath=False,  # on a grammar it takes minutes for some utterances, and gains nothing
            loglevel="FATAL",
        )
    except (RuntimeError, ValueError) as error:
        raise ModelUnusable(f"{model.acoustic}: PocketSphinx cannot use this model") from error


class Search:
    """One of PocketSphinx's ways to search an utterance.

    Args:
        decoder: Searches; several may have the same, for one utterance after the other.
        options: PocketSphinx's own, see its documentation of `Config`.
    """

    def __init__(self, decoder: Any, **options: Any) -> None:  # noqa: ANN401  # as Config has them
        self._decoder = decoder
        self._options = options
        self._name = f"search {id(self)}"

    def sentences(self, graph: WordGraph) -> None:
        """Search for exactly these sentences."""
        steps = [
            (arc.source, arc.target, arc.weight) if arc.word is None
            else (arc.source, arc.target, arc.weight, arc.word)
            for arc in graph.arcs
        ]  # fmt: skip
        with self._configured():
            grammar = self._decoder.create_fsg(self._name, graph.start, graph.final, steps)
            self._decoder.add_fsg(self._name, grammar)

    def word_pairs(self, file: Path) -> None:
        """Search for anything, by the bigram model in a file."""
        with self._configured():
            self._decoder.add_lm_file(self._name, str(file))

    def phones(self, model: SphinxModel) -> None:
        """Search for any sounds of the language."""
        with self._configured():
            self._decoder.add_allphone_file(self._name, str(model.phones))

    @contextmanager
    def _configured(self) -> Iterator[None]:
        """A search that is added reads its options then, from what all of its decoder have in common."""
        config = self._decoder.config
        before = {name: config[name] for name in self._options}
        for name, value in self._options.items():
            config[name] = value
        try:
            yield
        finally:
            for name, value in before.items():
                config[name] = value

    def run(self, sound: Conditioned) -> Way | None:
        """Searches an utterance; None where no way through it survived to the end."""
        self.begin(denoised=sound.denoised)
        self._decoder.process_raw(sound.samples.tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        return self._best()

    def begin(self, *, denoised: bool = False) -> None:
        """An utterance begins, of which `go_on` is given the parts.

        Args:
            denoised: Whether noise was taken out of it; else PocketSphinx does that itself, in its own way.
        """
        self._decoder.activate_search(self._name)
        self._decoder.config["remove_noise"] = not denoised
        # It keeps what it learned of the last noise, and would hear the same recording differently each time.
        self._decoder.reinit_feat()
        self._decoder.start_utt()

    def go_on(self, samples: Samples) -> None:
        """Searches the next part of an utterance."""
        self._decoder.process_raw(samples.tobytes(), no_search=False, full_utt=False)

    @property
    def words_so_far(self) -> list[str]:
        """The words of the best way through what was searched since `begin`."""
        best = self._decoder.hyp()
        return [] if best is None else best.hypstr.split()

    def end(self) -> None:
        """The utterance that `begin` began is over."""
        self._decoder.end_utt()

    def _best(self) -> Way | None:
        best = self._decoder.hyp()
        if best is None:
            return None
        segments = (
            Segment(
                _without_variant(part.word),
                part.start_frame,
                part.end_frame + 1,
                math.log(part.ascore) * _SCORE_SCALE,
            )
            for part in self._decoder.seg()
            if part.word != "(NULL)"  # a step that says nothing
        )
        return Way(math.log(best.score) * _SCORE_SCALE, tuple(segments))

    def heard_words(self, scratch: Path) -> frozenset[str]:
        """Every word that was possible somewhere in the last utterance.

        Args:
            scratch: A file to write; PocketSphinx gives its lattice in no other way.
        """
        lattice = self._decoder.get_lattice()
        if lattice is None:
            return frozenset()
        lattice.write(str(scratch))
        lines = iter(scratch.read_text(encoding="utf-8").splitlines())
        # Nodes stand between these lines, as `number word first-frame …`.
        for line in lines:
            if line.startswith("Nodes"):
                break
        nodes = takewhile(lambda line: not line.startswith("Initial"), lines)
        return frozenset(_without_variant(line.split()[1]) for line in nodes if not line.startswith("#"))


def _without_variant(word: str) -> str:
    """`the` for `the(2)`, which is another way to say it."""
    return word.partition("(")[0] or word
