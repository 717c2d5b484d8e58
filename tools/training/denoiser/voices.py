"""Synthesizers of Debian whose voices were recorded from people, and eSpeak, which comes with Paige."""

import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from paige.audio.chunk import Samples
from paige.audio.errors import SourceUnreadable
from paige.audio.wav import read_wav
from paige.tools.vosk.voices import Talker

_SPEEDS: Final = (0.85, 1.25)
"""By how much flite is made slower."""
_SECONDS: Final = 120
"""In which some sentences are said, or never: a voice may hang on what is not of its language."""


class Voice(ABC):
    """One who speaks."""

    name: str
    weight: float = 1.0
    """How often it is heard, against a recorded voice."""
    amount: float = 1.0
    """How many utterances are made by it, against a recorded voice."""

    @abstractmethod
    def say(self, texts: Sequence[str], random: Random) -> list[Samples]:
        """Some texts, mono at `RATE`; one that it cannot say is left out. Shape of each: [samples]."""


@dataclass(frozen=True)
class Flite(Voice):
    """A voice of flite."""

    name: str

    def say(self, texts: Sequence[str], random: Random) -> list[Samples]:
        """As `Voice` has it, each at a speed of its own."""
        said = []
        with TemporaryDirectory() as folder:
            for number, text in enumerate(texts):
                file = Path(folder) / f"{number}.wav"
                slower = f"duration_stretch={random.uniform(*_SPEEDS):.2f}"
                _run(["flite", "-voice", self.name, "--setf", slower, "-t", text, "-o", str(file)])
                said += _read(file)
        return said


@dataclass(frozen=True)
class Festival(Voice):
    """A voice of Festival; those of other languages say English with an accent."""

    name: str
    package: str
    """Of Debian."""

    def say(self, texts: Sequence[str], random: Random) -> list[Samples]:
        """As `Voice` has it, by one run of Festival."""
        del random
        with TemporaryDirectory() as folder:
            files = [Path(folder) / f"{number}.wav" for number in range(len(texts))]
            script = Path(folder) / "say.scm"
            lines = (
                f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{file}" \'riff)'
                for text, file in zip(texts, files, strict=True)
            )
            script.write_text("\n".join((f"(voice_{self.name})", *lines, "")), encoding="utf-8")
            _run(["festival", "--batch", str(script)])
            return [samples for file in files for samples in _read(file)]


@dataclass(frozen=True)
class Espeak(Voice):
    """All English accents and talkers of eSpeak NG together; what it says was never said by anybody."""

    name = "espeak"
    weight = 2.5
    amount = 2.4

    def say(self, texts: Sequence[str], random: Random) -> list[Samples]:
        """As `Voice` has it, each by another talker."""
        said = (Talker.draw(random).say(text) for text in texts)
        return [np.clip(sound * 32767, -32768, 32767).astype(np.int16) for sound in said]


FLITE: Final = tuple(Flite(name) for name in ("awb", "rms", "slt", "kal16"))
FESTIVAL: Final = tuple(
    Festival(name, f"festvox-{package}")
    for name, package in (
        ("kal_diphone", "kallpc16k"),
        ("ked_diphone", "kdlpc16k"),
        ("cmu_us_slt_arctic_hts", "us-slt-hts"),
        ("lp_diphone", "italp16k"),
        ("pc_diphone", "itapc16k"),
        ("czech_dita", "czech-dita"),
        ("czech_krb", "czech-krb"),
        ("czech_machac", "czech-machac"),
        ("czech_ph", "czech-ph"),
        ("suo_fi_lj_diphone", "suopuhe-lj"),
        ("hy_fi_mv_diphone", "suopuhe-mv"),
        ("upc_ca_ona_hts", "ca-ona-hts"),
    )
)


def installed() -> tuple[list[Voice], list[str]]:
    """The voices that are there, and the Debian packages of those that are not."""
    missing: list[str] = []
    flite = _names(["flite", "-lv"])
    if not flite:
        missing.append("flite")
    festival = _names(["festival", "--batch", "(print (voice.list))"])
    if not festival:
        missing.append("festival")
    missing += [voice.package for voice in FESTIVAL if voice.name not in festival]
    recorded = (
        *(voice for voice in FLITE if voice.name in flite),
        *(voice for voice in FESTIVAL if voice.name in festival),
    )
    return [*recorded, Espeak()], missing


def _names(command: list[str]) -> frozenset[str]:
    """The words that a program prints; none where it is not installed."""
    if shutil.which(command[0]) is None:
        return frozenset()
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # all ours
    return frozenset(told.stdout.replace("(", " ").replace(")", " ").split())


def _run(command: list[str]) -> None:
    """A synthesizer that fails has written what it could say so far."""
    try:
        subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603  # all ours
    except subprocess.TimeoutExpired:
        return


def _read(file: Path) -> list[Samples]:
    """What a file says; nothing where none was written."""
    try:
        return [read_wav(file).samples]
    except SourceUnreadable:
        return []
