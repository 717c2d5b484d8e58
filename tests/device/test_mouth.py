"""What Paige says aloud: eSpeak's real voice into a loudspeaker of the test's, which plays until told."""

import asyncio
import logging
from collections.abc import Iterable

import numpy as np
import pytest

from paige.audio.chunk import Samples
from paige.audio.earcons import Earcon, earcon
from paige.audio.playing import Course, Ended, Playing
from paige.audio.voices import open_voice
from paige.device import mouth as mouths
from paige.device.mouth import Aloud, Mouth

PATIENCE = 10.0


class Loudspeaker:
    """Plays each sound until the test ends it, or it is stopped."""

    def __init__(self, *, at_once: bool = False) -> None:
        self.at_once = at_once
        self.complaint = ""
        self.sounds: asyncio.Queue[tuple[Samples, Course]] = asyncio.Queue()

    def play(self, sound: Iterable[Samples], rate: int) -> Playing:
        course = _Stoppable()
        self.sounds.put_nowait((np.concatenate(list(sound)), course))
        if self.complaint:
            course.finish(Ended.LOST, self.complaint)
        elif self.at_once:
            course.finish(Ended.PLAYED)
        return course

    def close(self) -> None:
        """Nothing plays by itself."""


class _Stoppable(Course):
    def stop(self) -> None:
        super().stop()
        self.finish(Ended.STOPPED)


@pytest.fixture
def loudspeaker() -> Loudspeaker:
    return Loudspeaker()


def speaking(loudspeaker: Loudspeaker, volume: float = 1.0) -> Mouth:
    return Mouth(open_voice(None, "en"), loudspeaker, volume=volume)


async def heard(loudspeaker: Loudspeaker) -> tuple[Samples, Course]:
    async with asyncio.timeout(PATIENCE):
        return await loudspeaker.sounds.get()


async def test_one_thing_is_said_after_the_other_and_who_listens_is_told(loudspeaker: Loudspeaker) -> None:
    mouth = speaking(loudspeaker)
    told: list[Aloud] = []
    mouth.on_change(told.append)
    both = [asyncio.create_task(mouth.say(text)) for text in ("The kitchen lamp is on.", "Yes.")]
    first, course = await heard(loudspeaker)
    assert loudspeaker.sounds.empty()
    course.finish(Ended.PLAYED)
    second, course = await heard(loudspeaker)
    course.finish(Ended.PLAYED)
    assert await asyncio.gather(*both) == [True, True]
    assert len(first) > 2 * len(second), "the longer text takes longer"
    assert np.abs(first).max() > 3000
    assert told == [Aloud.WORDS, Aloud.NOTHING] * 2


async def test_hushed_it_is_silent_and_what_waited_is_not_said(loudspeaker: Loudspeaker) -> None:
    mouth = speaking(loudspeaker)
    both = [asyncio.create_task(mouth.say(text)) for text in ("One.", "Two.")]
    await heard(loudspeaker)
    mouth.hush()
    async with asyncio.timeout(PATIENCE):
        assert await asyncio.gather(*both) == [False, False]
    assert loudspeaker.sounds.empty()
    later = asyncio.create_task(mouth.say("Three."))
    _, course = await heard(loudspeaker)
    course.finish(Ended.PLAYED)
    assert await later


async def test_who_is_cancelled_falls_silent(loudspeaker: Loudspeaker) -> None:
    saying = asyncio.create_task(speaking(loudspeaker).say("A long story."))
    _, course = await heard(loudspeaker)
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    assert course.end is Ended.STOPPED


async def test_it_is_as_loud_as_wanted(loudspeaker: Loudspeaker) -> None:
    peaks = []
    loudspeaker.at_once = True
    for volume in (1.0, 0.25):
        await speaking(loudspeaker, volume).say("Good morning.")
        peaks.append(int(np.abs((await heard(loudspeaker))[0]).max()))
    assert peaks[1] == pytest.approx(peaks[0] / 4, rel=0.1)


async def test_sounds_are_made_where_they_are_wanted(loudspeaker: Loudspeaker) -> None:
    loudspeaker.at_once = True
    mouth = speaking(loudspeaker)
    told: list[Aloud] = []
    mouth.on_change(told.append)
    await mouth.signal(Earcon.WAKE)
    assert np.array_equal((await heard(loudspeaker))[0], earcon(Earcon.WAKE))
    assert told == [], "who is listened to is not to be deafened by it"
    await Mouth(open_voice(None, "en"), loudspeaker, sounds=False).signal(Earcon.WAKE)
    assert loudspeaker.sounds.empty()


async def test_a_timer_rings_and_says_why_until_it_is_hushed(
    loudspeaker: Loudspeaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mouths, "_BETWEEN_RINGS", 0.0)
    mouth = speaking(loudspeaker)
    told: list[Aloud] = []
    mouth.on_change(told.append)
    ringing = asyncio.create_task(mouth.ring("Your timer is over."))
    for turn in range(4):
        sound, course = await heard(loudspeaker)
        assert np.array_equal(sound, earcon(Earcon.RING)) == (turn % 2 == 0)
        course.finish(Ended.PLAYED)
    await heard(loudspeaker)
    mouth.hush()
    async with asyncio.timeout(PATIENCE):
        await ringing
    assert told == [Aloud.RING, Aloud.NOTHING], "it rings in its pauses, too"


async def test_a_lost_loudspeaker_is_told_once_and_again_when_it_is_lost_anew(
    loudspeaker: Loudspeaker, caplog: pytest.LogCaptureFixture
) -> None:
    mouth = speaking(loudspeaker)
    with caplog.at_level(logging.WARNING):
        for complaint in ("There is none.", "There is none.", "", "There is none."):
            loudspeaker.complaint, loudspeaker.at_once = complaint, True
            assert await mouth.say("Hello.") == (not complaint)
    assert caplog.messages == ["There is none; replies still go over MQTT"] * 2
