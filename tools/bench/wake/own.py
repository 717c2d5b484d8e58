"""Phrases of one's own: keyword spotting of what people said on the recordings."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.wake import Phrase, Wake
from paige.audio.wake.spotting import KeywordSpotter, look_up
from paige.tools.bench.listen import mix
from paige.tools.bench.part import Table

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
