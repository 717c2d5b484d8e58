"""What is played arrives, falls silent at once when it is told to, and its loss is a value."""

import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.audio.conftest import Card

from paige.audio import sounding
from paige.audio.chunk import RATE, Samples
from paige.audio.errors import SpeakerUnusable, VoiceUnusable
from paige.audio.portaudio import Opened
from paige.audio.speaker import DeviceSpeaker, Ended, NullSpeaker, WavSpeaker


def tone(seconds: float, rate: int, frequency: float = 440) -> Samples:
    return (8192 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.int16)


def pitch(sound: Any, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(spectrum.argmax() * rate / len(sound))


def endless(rate: int) -> Iterator[Samples]:
    while True:
        yield tone(0.1, rate)


def test_a_real_device_is_given_the_sound_at_its_own_rate(card: Card) -> None:
    heard: list[Samples] = []
    speaker = DeviceSpeaker("wall", heard.append)
    playing = speaker.play([tone(0.5, 22_050)] * 2, 22_050)
    assert playing.wait(10)
    assert (playing.end, playing.complaint) == (Ended.PLAYED, "")
    assert playing.seconds == pytest.approx(1.0, abs=0.02)
    written = np.fromfile(card.played, np.float32)
    sound = np.trim_zeros(written)
    assert pitch(sound, 44_100) == pytest.approx(440, abs=2)
    assert np.abs(sound).max() == pytest.approx(0.25, abs=0.02)
    echo = np.trim_zeros(np.concatenate(heard))
    assert pitch(echo, RATE) == pytest.approx(440, abs=2)


@pytest.mark.usefixtures("card")
def test_the_next_sound_ends_the_one_before_and_close_the_last() -> None:
    speaker = DeviceSpeaker("wall")
    first = speaker.play(endless(RATE), RATE)
    second = speaker.play(endless(RATE), RATE)
    assert first.wait(5)
    assert first.end is Ended.STOPPED
    assert not second.done
    speaker.close()
    assert second.wait(5)
    assert second.end is Ended.STOPPED


@pytest.mark.usefixtures("card")
def test_a_loudspeaker_that_is_not_there_is_a_value_that_names_those_that_are() -> None:
    playing = DeviceSpeaker("Horn").play([tone(0.1, RATE)], RATE)
    assert playing.wait(5)
    assert playing.end is Ended.LOST
    assert "The loudspeaker 'Horn' cannot be opened" in playing.complaint
    assert "there is 'wall'" in playing.complaint


class Device:
    """What PortAudio's thread does, by hand: a fake, for only hardware is unplugged."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = threading.Event()
        self.closed = threading.Event()
        monkeypatch.setattr(sounding, "open_stream", self._open)
        monkeypatch.setattr(sounding, "start_stream", lambda *_: self.opened.set())
        monkeypatch.setattr(sounding, "close_stream", lambda _: self.closed.set())
        library = SimpleNamespace(CallbackAbort=InterruptedError, CallbackStop=StopIteration)
        monkeypatch.setattr(sounding, "portaudio", lambda _: library)

    def _open(self, _: str, __: object, fetch: Any, finished: Any, block: float) -> Opened:
        self._fetch, self.finished, self.frames = fetch, finished, round(RATE * block)
        return Opened(None, "Device", RATE, 2)

    def fetch(self) -> np.ndarray[Any, Any]:
        out = np.full((self.frames, 2), np.nan, np.float32)
        try:
            self._fetch(out, self.frames, None, None)
        except (InterruptedError, StopIteration):
            self.finished()
        return out


def test_told_to_stop_it_is_silent_with_the_next_block(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch)
    playing = DeviceSpeaker().play(endless(RATE), RATE)
    assert device.opened.wait(5)
    assert device.frames / RATE <= 0.01
    assert np.abs(device.fetch()).max() > 0.1
    playing.stop()
    assert not device.fetch().any()
    assert device.closed.wait(5)
    assert playing.wait(5)
    assert playing.end is Ended.STOPPED


def test_a_sound_that_is_made_too_slowly_has_gaps_and_is_played_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device, more = Device(monkeypatch), threading.Event()

    def slow() -> Iterator[Samples]:
        yield tone(0.01, RATE)
        yield tone(0.3, RATE)
        yield tone(0.3, RATE)
        assert more.wait(5)
        yield tone(0.01, RATE)

    playing = DeviceSpeaker().play(slow(), RATE)
    assert device.opened.wait(5)
    for _ in range(61):
        assert device.fetch().any()
    assert not device.fetch().any()
    assert not playing.done
    more.set()
    while not playing.wait(0.001):
        device.fetch()
    assert playing.end is Ended.PLAYED
    assert playing.seconds == pytest.approx(0.62)


def test_unplugged_it_is_lost_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch)
    playing = DeviceSpeaker().play(endless(RATE), RATE)
    assert device.opened.wait(5)
    device.fetch()
    device.finished()
    assert playing.wait(5)
    assert playing.end is Ended.LOST
    assert "'Device' was unplugged" in playing.complaint
    assert device.closed.is_set()


def test_one_that_fetches_nothing_more_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch)
    monkeypatch.setattr(sounding, "STUCK_SECONDS", 0.05)
    playing = DeviceSpeaker().play(endless(RATE), RATE)
    assert device.opened.wait(5)
    assert playing.wait(5)
    assert playing.end is Ended.LOST
    assert "takes no more sound" in playing.complaint


def test_a_sound_that_cannot_be_made_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    Device(monkeypatch)

    def broken() -> Iterator[Samples]:
        yield tone(0.1, RATE)
        raise VoiceUnusable("the voice is hoarse")

    playing = DeviceSpeaker().play(broken(), RATE)
    assert playing.wait(5)
    assert (playing.end, playing.complaint) == (Ended.LOST, "the voice is hoarse")


def test_a_file_holds_one_sound_after_the_other(tmp_path: Path) -> None:
    speaker = WavSpeaker(tmp_path / "said.wav")
    assert speaker.play([tone(0.5, 22_050)], 22_050).end is Ended.PLAYED
    playing = speaker.play([tone(0.5, 48_000, 880)], 48_000)
    assert (playing.done, playing.wait(0), playing.end) == (True, True, Ended.PLAYED)
    with wave.open(str(tmp_path / "said.wav")) as file:  # whole before it is closed
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (22_050, 1, 2)
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(sound) == pytest.approx(22_050, abs=10)
    assert pitch(sound[:11_000], 22_050) == pytest.approx(440, abs=3)
    assert pitch(sound[11_100:], 22_050) == pytest.approx(880, abs=3)
    speaker.close()


def test_what_does_not_end_does_not_fill_the_disk(tmp_path: Path) -> None:
    speaker = WavSpeaker(tmp_path / "ring.wav")
    assert speaker.play(endless(8_000), 8_000).seconds == pytest.approx(60, abs=0.2)
    speaker.close()
    WavSpeaker(tmp_path / "empty.wav").close()
    with wave.open(str(tmp_path / "empty.wav")) as file:
        assert file.getnframes() == 0


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpeakerUnusable, match="cannot be written"):
        WavSpeaker(tmp_path / "nowhere" / "said.wav")


def test_without_a_loudspeaker_every_sound_is_over_and_none_is_made() -> None:
    before = time.monotonic()
    playing = NullSpeaker().play(endless(RATE), RATE)
    assert (playing.done, playing.end, playing.seconds) == (True, Ended.PLAYED, 0.0)
    playing.stop()
    NullSpeaker().close()
    assert time.monotonic() - before < 1
