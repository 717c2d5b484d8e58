"""A microphone is brought to our rate, whatever it has; one that no longer hears is lost, not waited for."""

import collections
import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.audio.conftest import Card

from paige.audio import microphone as microphone_module
from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.errors import SourceLost, SourceUnreadable
from paige.audio.health import Hearing
from paige.audio.microphone import MicrophoneSource
from paige.audio.portaudio import Opened, close_stream, open_stream

Block = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def tones(rate: int, seconds: float, *frequencies: float) -> Block:
    """A channel for each. Shape: [frames, channels]."""
    time = np.arange(round(seconds * rate)) / rate
    return np.stack([0.25 * np.sin(2 * np.pi * one * time) for one in frequencies], axis=1).astype(np.float32)


def pitch(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


@pytest.fixture(autouse=True)
def no_silences_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MicrophoneSource, "_silences", {})


def first_second(microphone: MicrophoneSource) -> Samples:
    chunks = microphone.chunks()
    return np.concatenate([next(chunks).samples for _ in range(33)])


def test_a_real_device_is_heard_at_our_rate(card: Card) -> None:
    (tones(44_100, 2, 440) + 0.3).astype(np.float32).tofile(card.spoken)
    with MicrophoneSource("written") as microphone:
        assert microphone.description == "written"
        chunks = microphone.chunks()
        heard = np.concatenate([next(chunks).samples for _ in range(33)])
        assert pitch(heard) == pytest.approx(440, abs=2)
        assert abs(heard.mean()) < 50
        assert np.abs(heard[1_000:]).max() == pytest.approx(0.25 * 32768, rel=0.05)
        assert microphone.health().state is Hearing.HEARING


@pytest.mark.usefixtures("card")
def test_a_real_device_keeps_what_comes_while_nobody_can_fetch_it() -> None:
    with MicrophoneSource("written") as microphone:
        assert microphone._opened is not None
        assert microphone._opened.stream.latency >= 2, "seconds; by itself PortAudio asks for less than 0.1"
    speaker = open_stream("output", "wall", lambda *_: None, lambda: None, 0.01)
    close_stream(speaker)
    assert speaker.stream.latency < 0.2, "what is said is to be heard at once"


@pytest.mark.usefixtures("card")
def test_a_real_device_that_delivers_only_zeros_is_lost() -> None:
    with MicrophoneSource("mute") as microphone:
        with pytest.raises(SourceLost, match="mute delivers only silence: see whether it is muted"):
            collections.deque(itertools.islice(microphone.chunks(), 1_000), maxlen=0)
        assert microphone.health().state is Hearing.SILENT


@pytest.mark.usefixtures("card")
def test_one_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SourceUnreadable, match=r"'Kinect' cannot be opened .*there is .*'written'"):
        MicrophoneSource("Kinect").__enter__()


class Device:
    """A microphone in the test's own hands: only hardware is unplugged, or hangs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rate: int = RATE, channels: int = 1) -> None:
        self.rate, self.channels, self.closed = rate, channels, 0
        monkeypatch.setattr(microphone_module, "open_stream", self._open)
        monkeypatch.setattr(microphone_module, "start_stream", lambda *_: None)
        monkeypatch.setattr(microphone_module, "close_stream", self._close)

    def _open(self, _: str, __: object, take: Any, finished: Any, block: float) -> Opened:
        self._take, self.unplug, self._frames = take, finished, round(self.rate * block)
        return Opened(None, "USB Microphone", self.rate, self.channels)

    def _close(self, _: Opened) -> None:
        self.closed += 1

    def deliver(self, sound: Block, *, overflow: bool = False) -> None:
        for begin in range(0, len(sound), self._frames):
            block = sound[begin : begin + self._frames].copy()
            self._take(block, len(block), None, SimpleNamespace(input_overflow=overflow))
            block[:] = np.nan  # it is PortAudio's: who looks at it later sees something else


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_becomes_ours(monkeypatch: pytest.MonkeyPatch, rate: int, channels: int) -> None:
    device = Device(monkeypatch, rate, channels)
    with MicrophoneSource() as microphone:
        device.deliver(tones(rate, 1.5, *[440] * channels))
        assert pitch(first_second(microphone)) == pytest.approx(440, abs=2)


def test_of_six_channels_the_first_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch, 44_100, 6)
    with MicrophoneSource() as microphone:
        device.deliver(tones(44_100, 1.5, 440, 1_000, 1_000, 1_000, 1_000, 3_000))
        assert pitch(first_second(microphone)) == pytest.approx(440, abs=2)


def test_what_is_no_number_is_silence_and_spoils_nothing_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch, 44_100)
    sound = tones(44_100, 1.5, 440)
    sound[:3_000:100] = [[np.nan], [np.inf], [1e30]] * 10
    with MicrophoneSource() as microphone:
        device.deliver(sound)
        heard = first_second(microphone)[4_800:]
        assert pitch(heard) == pytest.approx(440, abs=2)
        assert np.isfinite(microphone.health().level)


def test_unplugged_in_the_middle_of_a_word_it_is_lost_after_what_was_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device(monkeypatch)
    with MicrophoneSource() as microphone:
        device.deliver(tones(RATE, 0.5, 440))
        device.unplug()
        heard: list[int] = []
        with pytest.raises(SourceLost, match="USB Microphone no longer delivers sound: it was unplugged"):
            heard.extend(len(chunk.samples) for chunk in microphone.chunks())
        assert sum(heard) >= 0.45 * RATE
    assert device.closed == 1


def test_one_that_hangs_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch)
    monkeypatch.setattr(microphone_module, "STUCK_SECONDS", 0.02)
    with MicrophoneSource() as microphone:
        device.deliver(tones(RATE, 0.1, 440))
        with pytest.raises(SourceLost, match="has delivered nothing for"):
            list(microphone.chunks())


def silent_seconds(device: Device) -> float:
    """How long it takes until the microphone is opened anew."""
    heard: list[AudioChunk] = []
    with MicrophoneSource() as microphone:
        chunks = microphone.chunks()
        with pytest.raises(SourceLost, match="only silence"):
            heard.extend(next(chunks) for _ in silence(device))
    return heard[-1].start


def silence(device: Device) -> Iterator[None]:
    while True:
        device.deliver(np.full((CHUNK_SAMPLES, 1), 0.1, np.float32))
        yield


def test_one_value_alone_is_silence_and_it_is_opened_anew_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device(monkeypatch)
    waited = [silent_seconds(device) for _ in range(6)]
    assert waited == pytest.approx([5, 10, 20, 40, 60, 60], abs=0.1)
    with MicrophoneSource() as microphone:
        device.deliver(tones(RATE, 1.5, 440))
        first_second(microphone)
    assert silent_seconds(device) == pytest.approx(5, abs=0.1)


def test_what_nobody_fetches_in_half_a_minute_is_lost_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch)
    monkeypatch.setattr(microphone_module, "_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(microphone_module, "_MOST_WAITING", 10)
    with MicrophoneSource() as microphone:
        device.deliver(tones(RATE, 0.36, 440))
        device.deliver(tones(RATE, 0.03, 440), overflow=True)
        assert microphone.health().overflows == 4
        assert microphone._blocks.qsize() == 10
