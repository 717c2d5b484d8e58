"""Voices made of recordings of people, by flite and Festival; eSpeak NG's are computed, and unlike people's.

Debian has them: `apt install flite festival festvox-kdlpc16k festvox-us-slt-hts`. Each also speaks larger and
smaller, faster and slower, and in a room that echoes, for there are only five people among them.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples
from paige.audio.errors import AudioError
from paige.audio.wav import read_wav

SIZES: Final = (0.9, 0.95, 1.0, 1.05, 1.1)
"""Of the speaker's head and pitch: those of a sound that is played slower or faster, at the same tempo."""
TEMPOS: Final = (0.87, 1.0, 1.11)
"""How fast, against the voice's own."""
ECHOES: Final = (0.0, 0.4)
"""Seconds until a room's echo has fallen by 60 dB; 0 for none."""
WAYS: Final = len(SIZES) * len(TEMPOS) * len(ECHOES)
_ECHO_LEVEL: Final = 0.5
"""Of all echoes together, against what comes straight: a few steps away from a microphone."""
_FIRST_ECHO: Final = 0.002
_KEPT: Final = 4_000
"""Sayings that are remembered, of about 60 kB."""
_SAID: Final = {"nabu": "nah boo", "mycroft": "my croft", "zigbee": "zig bee", "paige": "page"}
"""Names that none of them says as people do, as words that they do."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose recordings a voice was made of."""

    name: str
    """As the synthesizer calls the voice."""
    program: str
    """The synthesizer: flite, festival."""

    @property
    def family(self) -> str:
        """To tell of, such as `flite rms`."""
        return f"{self.program} {self.name}"


PEOPLE: Final = (
    Person("awb", "flite"),
    Person("rms", "flite"),
    Person("slt", "flite"),
    Person("kal16", "flite"),
    Person("ked_diphone", "festival"),
    Person("cmu_us_slt_arctic_hts", "festival"),
)
"""A Scot, an American, an American woman, two more Americans, and the woman again by another method."""


@dataclass(frozen=True, slots=True)
class Talker:
    """One way in which one of them speaks."""

    person: Person
    size: float = 1.0
    tempo: float = 1.0
    echo: float = 0.0


@cache
def people() -> tuple[Person, ...]:
    """Those whose voices are installed here."""
    return tuple(person for person in PEOPLE if _speaks(person))


def left_out() -> list[str]:
    """Those whose are not, to say so."""
    return [person.family for person in PEOPLE if person not in people()]


def talkers() -> Iterator[Talker]:
    """Each of them in every way."""
    return (Talker(*how) for how in product(people(), SIZES, TEMPOS, ECHOES))


def say_as(text: str, talker: Talker) -> NDArray[np.float64]:
    """A text as a talker says it, without silence before, as loud as 16 bits allow. Shape: [samples]."""
    # A larger size is played slower, so it is said faster before.
    plain = _say(text, talker.person, round(1 / (talker.size * talker.tempo), 3))
    sound = np.asarray(soxr.resample(plain.astype(np.float64), RATE / talker.size, RATE))
    sound = _in_room(sound, talker.echo)
    return np.asarray(sound * (32767 / np.abs(sound).max()))


def _in_room(sound: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """With echoes that come at random, and fade."""
    if not seconds:
        return sound
    count = round(seconds * RATE)
    echoes = np.random.default_rng(round(seconds * 1000)).normal(0, 1, count)
    echoes *= 10 ** (-3 * np.arange(count) / count)
    echoes[: round(_FIRST_ECHO * RATE)] = 0
    echoes *= _ECHO_LEVEL / np.sqrt((echoes**2).sum())
    echoes[0] = 1
    length = len(sound) + count
    return np.asarray(np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(echoes, length), length))


def _speaks(person: Person) -> bool:
    if shutil.which(person.program) is None:
        return False
    try:
        return len(_say("hello", person, 1.0)) > 0
    except (subprocess.CalledProcessError, AudioError, OSError):
        return False


@lru_cache(maxsize=_KEPT)
def _say(text: str, person: Person, stretch: float) -> Samples:
    """Without silence before and after; `stretch` makes it longer."""
    for name, said in _SAID.items():
        text = text.replace(name, said)
    with tempfile.TemporaryDirectory(prefix="paige-") as folder:
        file = Path(folder, "spoken.wav")
        if person.program == "flite":
            how = [
                "-voice",
                person.name,
                "--setf",
                f"duration_stretch={stretch}",
                "-t",
                text,
                "-o",
                str(file),
            ]
        else:
            script = Path(folder, "say.scm")
            script.write_text(
                f"(voice_{person.name})\n(Parameter.set 'Duration_Stretch {stretch})\n"
                f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{file}")\n',
                encoding="utf-8",
            )
            how = ["-b", str(script)]
        command = [shutil.which(person.program) or person.program, *how]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # programs and arguments are ours
        spoken = read_wav(file).samples
    loud = np.flatnonzero(np.abs(spoken) > np.abs(spoken).max() / 100)
    return spoken[loud[0] : loud[-1] + 1]
