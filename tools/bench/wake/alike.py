"""Phrases that resemble a ready wake word: how often they are taken for it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Final

import numpy as np

from paige.audio.chunk import RATE, Samples
from paige.audio.wake import Phrase
from paige.audio.wake.neural import NeuralWakeDetector, published_cutoff
from paige.audio.wake.neural import cutoff as cutoff_at
from paige.tools.bench.part import Table
from paige.tools.bench.progress import progress
from paige.tools.bench.wake.people import people, say_as, talkers
from paige.tools.bench.wake.ready import SENSITIVITIES, highest, placed
from paige.tools.bench.wake.scenes import noise

PHRASE: Final = "okay nabu"
ALIKE: Final = (
    "okay maybe",
    "okay never mind",
    "okay no but",
    "okay nobody",
    "okay new book",
    "okay how about you",
    "hey nabu",
)
SNRS: Final = (None, 12.0)
"""Decibels; None is a quiet room."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody said something like a wake word."""

    text: str
    snr: float | None
    probability: float
    """The highest that it was one."""


def alike(kitchen: Samples | None) -> list[Taken]:
    """Each of them said by each voice that is made of recordings of people.

    Args:
        kitchen: The noise; pink noise where there is none.
    """
    with get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        found = progress(pool.imap(partial(_alike, kitchen=kitchen), ALIKE), len(ALIKE))
        return [one for some in found for one in some]


def _alike(text: str, kitchen: Samples | None) -> list[Taken]:
    generator = np.random.default_rng(ALIKE.index(text))
    behind = noise(generator, 60 * RATE) if kitchen is None else kitchen
    detector = NeuralWakeDetector([Phrase(PHRASE)])
    found = []
    for talker in talkers():
        spoken = say_as(text, talker)  # [samples]
        for snr in SNRS:
            probability = highest(detector, placed(spoken, snr, behind, generator), PHRASE)
            found.append(Taken(text, snr, probability))
    return found


def alike_table(found: Sequence[Taken]) -> Table:
    """Share of each that was taken for the wake word, in a quiet room and in noise."""
    rows = [(text, *(_shares(found, text, sensitivity) for sensitivity in SENSITIVITIES)) for text in ALIKE]
    rows.append(("all of these", *(_shares(found, None, sensitivity) for sensitivity in SENSITIVITIES)))
    head = ("said", *(f"sensitivity {sensitivity:g}" for sensitivity in SENSITIVITIES))
    ways = f"said in {len(tuple(talkers()))} ways by {len(people())} voices of people"
    title = f"Taken for {PHRASE!r}, {ways}, in a quiet room / kitchen noise of 12 dB"
    return Table(title, head, tuple(rows))


def _shares(found: Sequence[Taken], text: str | None, sensitivity: float) -> str:
    return " / ".join(f"{taken(found, text, snr, sensitivity):.0%}" for snr in SNRS)


def taken(found: Sequence[Taken], text: str | None, snr: float | None, sensitivity: float) -> float:
    """Share of a text, or of all, that was taken for the wake word."""
    cutoff = cutoff_at(published_cutoff(PHRASE), sensitivity)
    heard = [one.probability > cutoff for one in found if text in (None, one.text) and one.snr == snr]
    return sum(heard) / len(heard)
