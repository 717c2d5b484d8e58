"""The hub's side of a satellite over TCP: connected again and again, sound in, sound out."""

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.device.satellites.conftest import PATIENCE, spoken
from tests.device.satellites.fake_satellite import FakeSatellite, satellite
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event

from paige.audio.chunk import CHUNK_SAMPLES, RATE, Samples
from paige.audio.playing import Ended
from paige.device.satellites import link as link_module
from paige.device.satellites.address import PORT, SatelliteAddress, parse_address, parse_place, parse_server
from paige.device.satellites.limits import Limits
from paige.device.satellites.link import SatelliteLink
from paige.device.satellites.source import SatelliteSource
from paige.device.satellites.speaker import AHEAD_SECONDS, SatelliteSpeaker
from paige.iot.backoff import Backoff

QUICK = Backoff(first=0.02, ceiling=0.05)


class Hub:
    """A link, and what came over it."""

    def __init__(self, fake: FakeSatellite, limits: Limits | None = None) -> None:
        self.events: list[Event] = []
        self.changes: list[bool] = []
        self._came = asyncio.Event()
        address = SatelliteAddress("127.0.0.1", fake.port)
        self.link = SatelliteLink(address, self._receive, self._change, backoff=QUICK, limits=limits)

    def _receive(self, event: Event) -> None:
        self.events.append(event)
        self._came.set()

    def _change(self, connected: bool) -> None:
        self.changes.append(connected)
        self._came.set()

    async def until(self, events: int = 0, changes: int = 0) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.events) < events or len(self.changes) < changes:
                self._came.clear()
                await self._came.wait()


@asynccontextmanager
async def linked(fake: FakeSatellite, limits: Limits | None = None) -> AsyncIterator[Hub]:
    hub = Hub(fake, limits)
    staying = asyncio.create_task(hub.link.stay_connected())
    yield hub
    staying.cancel()
    await asyncio.gather(staying, return_exceptions=True)


# --- Connected -------------------------------------------------------------------------------------


async def test_it_says_that_it_is_ready_and_that_it_goes() -> None:
    async with satellite(area="Kitchen") as fake:
        async with linked(fake) as hub:
            await hub.until(events=1)
            assert hub.events[0].data["satellite"]["area"] == "Kitchen"
            await fake.got("run-satellite")
        await fake.got("pause-satellite")
    assert hub.changes == [True, False]


async def test_a_satellite_that_goes_and_comes_is_connected_again(caplog: pytest.LogCaptureFixture) -> None:
    async with satellite() as fake, linked(fake) as hub:
        for lost in range(3):
            await hub.until(changes=2 * lost + 1)
            fake.drop()
        await hub.until(changes=7)
        assert fake.hubs == 4
        assert hub.changes == [True, False] * 3 + [True]
    assert len([one for one in caplog.messages if "trying again" in one]) == 1


async def test_a_satellite_that_is_not_there_yet_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    async with satellite() as fake:
        port = fake.port
    late = FakeSatellite(port=port)
    async with linked(late) as hub:
        await asyncio.sleep(0.1)
        assert not hub.link.connected
        assert not await hub.link.send(AudioStop().event())
        async with late:
            await hub.until(changes=1)
    assert "cannot be reached" in caplog.text


def test_however_long_it_was_away_it_is_tried_every_two_seconds() -> None:
    assert all(link_module.BACKOFF.delay(failures, 1.0) <= 2.0 for failures in (1, 2, 3, 1000))


async def test_one_that_no_longer_answers_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "PING_SECONDS", 0.01)
    monkeypatch.setattr(link_module, "SILENCE_SECONDS", 0.1)
    async with satellite() as fake, linked(fake) as hub:
        await hub.until(changes=1)
        await asyncio.sleep(0.3)
        assert hub.changes == [True]
        fake.answers_pings = False
        await hub.until(changes=3)


async def test_one_that_knows_no_pings_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "PING_SECONDS", 0.01)
    monkeypatch.setattr(link_module, "SILENCE_SECONDS", 0.05)
    async with satellite(answers_pings=False) as fake, linked(fake) as hub:
        await asyncio.sleep(0.3)
        assert hub.changes == [True]


async def test_one_that_sends_half_an_event_and_is_silent_is_hung_up_on_and_connected_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with satellite() as fake, linked(fake, Limits(event_seconds=0.1)) as hub:
        await fake.got("run-satellite")
        assert fake._writer is not None
        fake._writer.write(b'{"type": "audio-chunk", "payload_length": 10}\nabc')
        with caplog.at_level(logging.WARNING):
            await hub.until(changes=3)
    assert "has not ended an event" in caplog.text


# --- Its microphone --------------------------------------------------------------------------------


def sent(samples: Samples) -> Event:
    return AudioChunk(RATE, 2, 1, samples.tobytes()).event()


def chunks_of(source: SatelliteSource) -> Iterator[Samples]:
    return (chunk.samples for chunk in source.chunks())


@given(st.lists(st.integers(0, 3000), max_size=8))
def test_what_is_sent_is_heard_whole_and_in_order(lengths: list[int]) -> None:
    source, number = SatelliteSource("one"), itertools.count()
    pieces = [np.array([next(number) for _ in range(length)], np.int16) for length in lengths]
    for piece in pieces:
        source.take(sent(piece))
    source.take(AudioStop().event())
    whole = np.concatenate([np.empty(0, np.int16), *pieces])
    needed = -(-(len(whole) + CHUNK_SAMPLES) // CHUNK_SAMPLES)
    heard = np.concatenate(list(itertools.islice(chunks_of(source), needed)))
    assert (heard[: len(whole)] == whole).all()
    assert not heard[len(whole) :].any()


def test_sound_that_ends_is_followed_by_silence_so_that_what_was_said_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("paige.device.satellites.source.FELL_SILENT_SECONDS", None)
    source = SatelliteSource("one")
    source.take(AudioStart(RATE, 2, 1).event())
    source.take(sent(np.ones(CHUNK_SAMPLES, np.int16)))
    source.take(AudioStop().event())
    heard = list(itertools.islice(chunks_of(source), 51))
    assert heard[0].all()
    assert not np.concatenate(heard[1:]).any()


def test_sound_that_stops_without_a_word_is_followed_by_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paige.device.satellites.source.FELL_SILENT_SECONDS", 0.05)
    source = SatelliteSource("one")
    source.take(sent(np.ones(CHUNK_SAMPLES, np.int16)))
    assert not list(itertools.islice(chunks_of(source), 40))[-1].any()


@pytest.mark.parametrize("heard", [True, False])
def test_what_is_kept_until_it_is_decided_is_heard_then_or_never(heard: bool) -> None:
    source = SatelliteSource("one")
    source.hold()
    source.take(sent(np.full(CHUNK_SAMPLES, 1, np.int16)))
    source.release(heard=heard)
    source.take(sent(np.full(CHUNK_SAMPLES, 2, np.int16)))
    assert next(chunks_of(source))[0] == (1 if heard else 2)


def test_who_hears_a_satellite_that_is_gone_is_told_and_may_wait_for_it_again() -> None:
    source = SatelliteSource("one")
    ended = threading.Event()

    def hear() -> None:
        list(source.chunks())
        ended.set()

    thread = threading.Thread(target=hear)
    thread.start()
    source.take(sent(np.ones(10 * CHUNK_SAMPLES, np.int16)))
    source.lose()
    assert ended.wait(PATIENCE)
    source.take(sent(np.full(CHUNK_SAMPLES, 7, np.int16)))
    assert next(chunks_of(source))[0] == 7
    thread.join()
    source.close()
    assert list(source.chunks()) == []


def test_sound_that_nobody_fetches_does_not_fill_the_memory(caplog: pytest.LogCaptureFixture) -> None:
    source = SatelliteSource("one")
    for _ in range(1100):
        source.take(sent(np.ones(CHUNK_SAMPLES, np.int16)))
    assert source._pieces.qsize() <= 1000
    assert "dropped" in caplog.text


# --- Its loudspeaker -------------------------------------------------------------------------------


async def test_a_sound_goes_out_as_it_is_played_and_ends_when_it_was() -> None:
    sound = spoken("09-yes.wav")
    async with satellite() as fake, linked(fake) as hub:
        await hub.until(changes=1)
        speaker = SatelliteSpeaker("one", hub.link.send)
        playing = speaker.play(iter([sound[:5000], sound[5000:]]), RATE)
        await fake.got("audio-stop")
        while not any(event.type == "played" for event in hub.events):
            await hub.until(events=len(hub.events) + 1)
        speaker.played()
        assert await asyncio.to_thread(playing.wait, PATIENCE)
        arrived = b"".join(event.payload or b"" for event in fake.events if event.type == "audio-chunk")
    assert playing.end is Ended.PLAYED
    assert arrived == sound.tobytes()
    assert playing.seconds == pytest.approx(len(sound) / RATE)
    kinds = [kind for kind, _ in itertools.groupby(event.type for event in fake.events)]
    assert kinds[-3:] == ["audio-start", "audio-chunk", "audio-stop"]


async def test_a_sound_that_is_stopped_was_not_sent_far_ahead() -> None:
    async with satellite() as fake, linked(fake) as hub:
        await hub.until(changes=1)
        speaker = SatelliteSpeaker("one", hub.link.send)
        playing = speaker.play((np.zeros(RATE, np.int16) for _ in range(60)), RATE)
        await fake.got("audio-chunk", 3)
        playing.stop()
        assert await asyncio.to_thread(playing.wait, PATIENCE)
        await fake.got("audio-stop")
    assert playing.end is Ended.STOPPED
    assert playing.seconds < AHEAD_SECONDS + 0.3


async def test_a_second_sound_ends_the_first_and_they_do_not_mix() -> None:
    async with satellite() as fake, linked(fake) as hub:
        await hub.until(changes=1)
        speaker = SatelliteSpeaker("one", hub.link.send)
        first = speaker.play((np.ones(RATE, np.int16) for _ in range(60)), RATE)
        await fake.got("audio-chunk", 2)
        second = speaker.play([np.full(100, 2, np.int16)], RATE)
        assert await asyncio.to_thread(second.wait, PATIENCE)
        assert first.end is Ended.STOPPED
        await fake.got("audio-stop", 2)
    kinds = [kind for kind, _ in itertools.groupby(event.type for event in fake.events)]
    assert kinds[-6:] == ["audio-start", "audio-chunk", "audio-stop"] * 2


async def test_a_sound_for_a_satellite_that_is_not_there_is_lost_and_said() -> None:
    async with satellite() as fake, linked(fake) as hub:
        await hub.until(changes=1)
        speaker = SatelliteSpeaker("one", hub.link.send)
        playing = speaker.play((np.zeros(RATE, np.int16) for _ in range(60)), RATE)
        await fake.got("audio-chunk")
        fake.drop()
        assert await asyncio.to_thread(playing.wait, PATIENCE)
    assert playing.end is Ended.LOST
    assert "does not take sound" in playing.complaint


async def test_one_that_never_says_played_is_believed_to_have_played() -> None:
    async with satellite(says_played=False) as fake, linked(fake) as hub:
        await hub.until(changes=1)
        began = time.monotonic()
        playing = SatelliteSpeaker("one", hub.link.send).play([np.zeros(RATE // 10, np.int16)], RATE)
        assert await asyncio.to_thread(playing.wait, PATIENCE)
    assert playing.end is Ended.PLAYED
    assert 0.1 <= time.monotonic() - began < 2.5


# --- Where it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pi.local", SatelliteAddress("pi.local", PORT, None)),
        ("192.168.1.7:10701", SatelliteAddress("192.168.1.7", 10701, None)),
        ("pi.local Living Room", SatelliteAddress("pi.local", PORT, "Living Room")),
        ("[fd00::7]:10701  Kitchen ", SatelliteAddress("fd00::7", 10701, "Kitchen")),
    ],
)
def test_an_address_is_read(text: str, expected: SatelliteAddress) -> None:
    assert parse_address(text) == expected
    assert parse_address(f"{expected} {expected.area or ''}") == expected


@pytest.mark.parametrize(
    "text", ["", "tcp://pi.local:10700", "pi.local:0", "pi.local:70000", "pi:x", ":10700"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no satellite"):
        parse_address(text)


def test_who_stands_where_is_read_and_an_area_is_wanted() -> None:
    assert parse_place(" assist_satellite.one  Living Room ") == ("assist_satellite.one", "Living Room")
    for text in ("", "assist_satellite.one", "one "):
        with pytest.raises(ValueError, match="names no area"):
            parse_place(text)


def test_a_service_is_a_host_and_a_port() -> None:
    assert parse_server("pc.local:10300") == SatelliteAddress("pc.local", 10300)
    for text in ("", "pc.local", "pc.local:10300 Kitchen", "tcp://pc.local:10300"):
        with pytest.raises(ValueError, match="is no service"):
            parse_server(text)
