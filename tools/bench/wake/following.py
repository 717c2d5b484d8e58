"""What is heard after a wake word: its own end is no speech, and a short word right after it is."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.endpointer import Endpointer
from paige.audio.voice_activity import VoiceActivity
from paige.audio.wake import Phrase, open_wake_detector
from paige.device.attention import Attention, Heard, Woken
from paige.tools.bench.part import Table
from paige.tools.bench.progress import progress
from paige.tools.bench.wake.alike import PHRASE
from paige.tools.bench.wake.people import Talker, people, say_as, talkers

FOLLOWING: Final[Mapping[str, tuple[float, str] | None]] = {
    "nothing": None,
    "“stop”, without a pause": (0.0, "stop"),
    "“stop”, after 0.3 s": (0.3, "stop"),
    "a command, without a pause": (0.0, "turn on the kitchen lamp"),
    "a command, after 0.3 s": (0.3, "turn on the kitchen lamp"),
    "a command, after 1 s": (1.0, "turn on the kitchen lamp"),
}
"""What is said next: after how many seconds, and which words; None for nothing."""
_NOTE: Final = (
    "Nothing recognizes it here: in a house, what is heard after a wake word and is soon over counts only "
    "where it can be said."
)
_LEAD: Final = 1.0
_TAIL: Final = 1.5
_QUIET: Final = 20.0
"""Standard deviation of the noise in a quiet room, of 16 bits."""
_CLOSE: Final = 0.3
"""Peak of who speaks, of full scale."""
_LAST: Final = 0.2
"""Seconds before the end of what was said by which an utterance must not have ended."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A wake word was said, and then something else or nothing."""

    what: str
    """Of `FOLLOWING`."""
    woken: bool
    heard: int
    """Utterances."""
    whole: bool
    """Whether one of them goes on to the end of what was said."""


def followed() -> list[Followed]:
    """The wake word and what follows, in a quiet room, by each voice that is made of recordings of people."""
    with get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        jobs = [(what, person) for what in FOLLOWING for person in range(len(people()))]
        found = progress(pool.imap(_followed, jobs), len(jobs))
        return [one for some in found for one in some]


def _followed(job: tuple[str, int]) -> list[Followed]:
    what, person = job
    ways = (talker for talker in talkers() if talker.person == people()[person])
    return [said_by(talker, what, seed) for seed, talker in enumerate(ways)]


def said_by(talker: Talker, what: str, seed: int) -> Followed:
    """The wake word and what follows, said by one of them, in a room whose noise comes from this seed."""
    generator = np.random.default_rng(seed)
    sound, end = _said(what, talker)
    lead = round((_LEAD + generator.uniform(0, 0.25)) * RATE)
    whole = np.pad(sound, (lead, round(_TAIL * RATE)))
    samples = np.rint(whole * _CLOSE + generator.normal(0, _QUIET, len(whole))).astype(np.int16)
    events = list(_events(samples))
    ends = [event.utterance.speech_end for event in events if isinstance(event, Heard)]
    return Followed(
        what,
        any(isinstance(event, Woken) for event in events),
        len(ends),
        any(one > (lead + end) / RATE - _LAST for one in ends),
    )


def _said(what: str, talker: Talker) -> tuple[NDArray[np.float64], int]:
    """The sound, and how many samples of it there are before its last echoes."""
    following = FOLLOWING[what]
    if following is None:
        return say_as(PHRASE, talker), len(say_as(PHRASE, replace(talker, echo=0.0)))
    pause, words = following
    if not pause:
        text = f"{PHRASE} {words}"
        return say_as(text, talker), len(say_as(text, replace(talker, echo=0.0)))
    word, rest = say_as(PHRASE, talker), say_as(words, talker)
    at = len(say_as(PHRASE, replace(talker, echo=0.0))) + round(pause * RATE)
    sound = np.zeros(max(len(word), at + len(rest)))  # [samples]
    sound[: len(word)] += word
    sound[at : at + len(rest)] += rest
    return sound, at + len(say_as(words, replace(talker, echo=0.0)))


def _events(samples: Samples) -> Iterator[object]:
    activity = VoiceActivity()
    wake = open_wake_detector([Phrase(PHRASE)], activity=activity)
    attention = Attention(Endpointer(activity), wake, activity=activity)
    for begin in range(0, len(samples) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        yield from attention.hear(AudioChunk(samples[begin : begin + CHUNK_SAMPLES], begin / RATE))


def following_table(found: Sequence[Followed]) -> Table:
    """Of those who woke it, how many were heard, and to the end."""
    rows = []
    for what in FOLLOWING:
        woken = [one for one in found if one.what == what and one.woken]
        rows.append(
            (
                what,
                str(len(woken)),
                _share([one.heard == 0 for one in woken]),
                _share([one.heard > 0 and not one.whole for one in woken]),
                _share([one.whole for one in woken]),
            )
        )
    head = ("what follows", "woken", "nothing heard", "heard in part", "heard to its end")
    return Table(f"After {PHRASE!r}, said by voices of people in a quiet room", head, tuple(rows), (_NOTE,))


def _share(which: Sequence[bool]) -> str:
    return f"{sum(which) / len(which):.0%}" if which else "–"
