"""Phrases of one's own: keyword spotting of what people said on the recordings, and of names voices say."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.wake import Phrase, Wake
from paige.audio.wake.spotting import KeywordSpotter, look_up
from paige.models.recognizer.wake_words import say
from paige.tools.bench.listen import mix
from paige.tools.bench.part import Table
from paige.tools.bench.progress import progress
from paige.tools.bench.wake.people import talkers
from paige.tools.bench.wake.ready import ESPEAK, SNRS, placed, voices
from paige.tools.bench.wake.voices import speakers

NAMES: Final = ("hey paige", "computer", "hey zigbee", "hello house")
"""That a household may give it."""
_SENSITIVITY: Final = 0.5
_EVERY_SPEAKER, _EVERY_TALKER = 39, 5
"""One in so many says each name."""
_CHOSE: Final = ("flite awb", "flite kal16", "festival cmu_us_slt_arctic_hts")
"""Voices by which the thresholds were chosen (other names, every second recording), so not measured by."""

_MOST: Final = 3
"""Phrases at once, of one slot: nobody says two of them after one another."""
_SLOTS: Final = 3
_OFTEN: Final = 10
"""Recordings in which a phrase must be said."""
_PHONES: Final = 7
"""That it must have: shorter ones are in other words."""
_QUIET: Final = 1.5
"""Seconds before and after each recording."""
_ROOM: Final = 30.0


@dataclass(frozen=True, slots=True)
class Spotted:
    """What came of one condition."""

    said: Mapping[str, int]
    """In how many recordings, by phrase."""
    heard: Mapping[str, int]
    """In how many of those."""
    false: Mapping[str, int]
    """How often elsewhere."""
    hours: float
    """Of sound, for each phrase."""
    cpu: float
    """Processor seconds a second."""

    @property
    def missed(self) -> float:
        """Share of all that were said."""
        return 1 - sum(self.heard.values()) / sum(self.said.values())

    @property
    def per_hour(self) -> float:
        """False wakes of one phrase, an hour of speech."""
        return sum(self.false.values()) / self.hours / len(self.said)


def phrases(labels: Mapping[str, Any]) -> list[list[str]]:
    """What people say often and in the same words: values of each slot, the most frequent first."""
    counts = Counter(item for label in labels.values() for item in label["slots"].items())
    said = look_up({word for _, value in counts for word in value.split()})

    def phones(text: str) -> int:
        return sum(len(said[word][0].split()) if word in said else -_PHONES for word in text.split())

    slots: dict[str, list[str]] = {}
    for (slot, value), count in counts.most_common():
        if count >= _OFTEN and phones(value) >= _PHONES:
            slots.setdefault(slot, []).append(value)
    return [values[:_MOST] for values in slots.values()][:_SLOTS]


def spot(
    spoken: Mapping[str, Samples],
    labels: Mapping[str, Any],
    wanted: Sequence[Sequence[str]],
    sensitivity: float,
    kitchen: tuple[Samples, float] | None,
) -> Spotted:
    """Listens to all recordings, for the phrases of one slot at a time.

    Args:
        spoken: The recordings by name.
        labels: What was said in each.
        wanted: The phrases, by slots.
        sensitivity: Of each.
        kitchen: Noise, and the decibels of speech over it.
    """
    said, heard, false = Counter[str](), Counter[str](), Counter[str]()
    cpu = seconds = 0.0
    for slot in wanted:
        generator = np.random.default_rng(0)
        spotter = KeywordSpotter([Phrase(phrase, sensitivity) for phrase in slot])
        seconds = 0.0
        for name, samples in spoken.items():
            whole = _placed(samples, kitchen, generator)
            began = time.process_time()
            wakes = Counter(wake.phrase for wake in _wakes(spotter, whole))
            cpu += (time.process_time() - began) / len(wanted)
            seconds += len(whole) / RATE
            # A longer value holds a shorter one, as "a lot of brown sugar" does "brown sugar".
            text = " | ".join(labels[name]["slots"].values())
            for phrase in slot:
                there = phrase in text
                said[phrase] += there
                heard[phrase] += there and wakes[phrase] > 0
                false[phrase] += max(0, wakes[phrase] - there)
    return Spotted(said, heard, false, seconds / 3600, cpu / seconds)


def _placed(
    samples: Samples, kitchen: tuple[Samples, float] | None, generator: np.random.Generator
) -> Samples:
    """A recording in a quiet room, or in noise."""
    whole = np.pad(samples, round(_QUIET * RATE))  # [samples]
    if kitchen is not None:
        return mix(whole, *kitchen, generator)
    room = generator.normal(0, _ROOM, len(whole))
    placed: Samples = np.clip(np.rint(whole + room), -32768, 32767).astype(np.int16)
    return placed


def _wakes(spotter: KeywordSpotter, samples: Samples) -> list[Wake]:
    spotter.reset()
    found = (
        spotter.hear(AudioChunk(samples[begin : begin + CHUNK_SAMPLES], begin / RATE))
        for begin in range(0, len(samples), CHUNK_SAMPLES)
    )
    return [wake for wake in found if wake is not None]


def table(spotted: Mapping[tuple[str, float], Spotted]) -> Table:
    """By noise and sensitivity."""
    rows = [
        (
            f"{noise}, sensitivity {sensitivity:g}",
            f"{one.missed:.0%}",
            f"{one.per_hour:.1f}",
            f"{one.cpu:.4f}",
        )
        for (noise, sensitivity), one in spotted.items()
    ]
    some = next(iter(spotted.values()))
    names = ", ".join(some.said)
    return Table(
        "Phrases of one's own, said by people",
        ("noise", "missed", "false an hour of speech, each", "CPU s/s"),
        tuple(rows),
        (f"Phrases: {names}; said {sum(some.said.values())} times in {some.hours:.1f} hours.",),
    )


@dataclass(frozen=True, slots=True)
class Called:
    """One voice said a name."""

    name: str
    family: str
    snr: float | None
    heard: bool


def called(behind: Samples) -> list[Called]:
    """Each name, said by many voices, in a quiet room and in noise."""
    found = []
    for name in progress(NAMES, len(NAMES)):
        generator = np.random.default_rng(NAMES.index(name))
        spotter = KeywordSpotter([Phrase(name, _SENSITIVITY)], say)
        some = list(speakers())[NAMES.index(name) :: _EVERY_SPEAKER]
        others = [talker for talker in talkers() if talker.person.family not in _CHOSE]
        for family, _, spoken in voices(name, some, others[::_EVERY_TALKER]):
            for snr in SNRS:
                wakes = _wakes(spotter, placed(spoken, snr, behind, generator))
                found.append(Called(name, family, snr, bool(wakes)))
    return found


@dataclass(frozen=True, slots=True)
class Uncalled:
    """What came of sound in which no name was said."""

    heard: Mapping[str, int]
    """How often, by name."""
    hours: float
    cpu: float
    """Processor seconds a second, for all names."""


def uncalled(sounds: Iterable[Samples]) -> Uncalled:
    """Listens for all names at once."""
    spotter = KeywordSpotter([Phrase(name, _SENSITIVITY) for name in NAMES], say)
    heard = Counter[str]()
    used = seconds = 0.0
    for sound in sounds:
        began = time.process_time()
        heard += Counter(wake.phrase for wake in _wakes(spotter, sound))
        used += time.process_time() - began
        seconds += len(sound) / RATE
    return Uncalled(heard, seconds / 3600, used / seconds)


def called_table(heard: Sequence[Called], names: Mapping[float | None, str]) -> Table:
    """Share of names missed, by name and by who made the voice."""
    rows = []
    for label, those in _groups(heard).items():
        shares = [[not one.heard for one in those if one.snr == snr] for snr in names]
        rows.append((label, *(f"{sum(share) / len(share):.0%}" for share in shares)))
    title = f"Names of one's own missed, at sensitivity {_SENSITIVITY:g}"
    return Table(title, ("name or voice", *names.values()), tuple(rows))


def _groups(heard: Sequence[Called]) -> dict[str, list[Called]]:
    people = [one for one in heard if one.family != ESPEAK]
    groups = {f"{name}, voices of people": [one for one in people if one.name == name] for name in NAMES}
    for family in dict.fromkeys(one.family for one in heard):
        groups[f"all, {family}"] = [one for one in heard if one.family == family]
    return {label: those for label, those in groups.items() if those}


def uncalled_table(found: Mapping[str, Uncalled]) -> Table:
    """By the sound in which they were not said."""
    rows = [
        (kind, f"{one.hours:.1f}", *(str(one.heard[name]) for name in NAMES), f"{one.cpu:.4f}")
        for kind, one in found.items()
    ]
    head = ("sound", "hours", *NAMES, "CPU s/s")
    return Table("Names of one's own heard where nobody said them", head, tuple(rows))
