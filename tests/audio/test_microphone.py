"""A microphone is found by name, brought to our rate, and its troubles are said in one line."""

import builtins
import collections
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from paige.audio import microphone as microphone_module
from paige.audio.chunk import RATE
from paige.audio.errors import SourceLost, SourceUnreadable
from paige.audio.microphone import MicrophoneSource


class PortAudioError(Exception):
    pass


class Stream:
    """Delivers a second of tone at the device's rate, then is unplugged."""

    def __init__(self, samplerate: int, blocksize: int, device: int, channels: int, dtype: str) -> None:
        assert (device, channels, dtype) == (1, 1, "int16")
        self.blocksize = blocksize
        self._sound = (8192 * np.sin(2 * np.pi * 440 * np.arange(samplerate) / samplerate)).astype(np.int16)
        self.closed = False

    def start(self) -> None: ...

    def read(self, frames: int) -> tuple[bytes, bool]:
        if len(self._sound) < frames:
            raise PortAudioError("Unanticipated host error [PaErrorCode -9999]\nmore of it")
        data, self._sound = self._sound[:frames], self._sound[frames:]
        return data.tobytes(), len(self._sound) < frames

    def close(self, ignore_errors: bool) -> None:
        assert ignore_errors
        self.closed = True


DEVICES = [
    {"name": "HDMI", "index": 0, "max_input_channels": 0, "default_samplerate": 48_000.0},
    {
        "name": "USB Microphone: Audio (hw:1,0)",
        "index": 1,
        "max_input_channels": 1,
        "default_samplerate": 44_100.0,
    },
]


def query_devices(device: str | int | None = None, kind: str | None = None) -> Any:
    if kind is None:
        return DEVICES
    if device not in (None, 1, "USB"):
        raise ValueError(f"No input device matching {device!r}")
    return DEVICES[1]


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernel's sound devices, of which there is none at first."""
    monkeypatch.setattr(microphone_module, "_CARDS", tmp_path)
    monkeypatch.setattr(MicrophoneSource, "_cards", None)
    return tmp_path


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch, cards: Path) -> SimpleNamespace:
    library = SimpleNamespace(
        query_devices=query_devices, RawInputStream=Stream, PortAudioError=PortAudioError, started=1
    )

    def initialize() -> None:
        library.started += 1

    library._terminate, library._initialize = lambda: None, initialize
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    return library


def test_one_that_was_plugged_in_meanwhile_is_looked_for_once_and_never_while_one_is_open(
    portaudio: SimpleNamespace, cards: Path
) -> None:
    for _ in range(2):
        with MicrophoneSource():
            pass
    assert portaudio.started == 1
    (cards / "pcmC1D0c").touch()
    for _ in range(2):
        with MicrophoneSource():
            (cards / "pcmC2D0c").touch()
            with MicrophoneSource():
                pass
            (cards / "pcmC2D0c").unlink()
    assert portaudio.started == 2


def test_one_that_opens_and_does_not_start_is_closed(
    portaudio: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Stream] = []

    class Stubborn(Stream):
        def start(self) -> None:
            made.append(self)
            raise PortAudioError("Device unavailable [PaErrorCode -9985]")

    monkeypatch.setattr(portaudio, "RawInputStream", Stubborn)
    with pytest.raises(SourceUnreadable), MicrophoneSource():
        pass
    assert [stream.closed for stream in made] == [True]


@pytest.mark.usefixtures("portaudio")
@pytest.mark.parametrize("device", ["USB", 1, None])
def test_it_delivers_at_our_rate_until_it_is_lost(device: str | int | None) -> None:
    with MicrophoneSource(device) as microphone:
        assert microphone.description == "USB Microphone: Audio (hw:1,0)"
        chunks = microphone.chunks()
        heard = [next(chunks).samples for _ in range(32)]
        with pytest.raises(SourceLost, match=r"USB Microphone.*no longer delivers.*host error") as lost:
            collections.deque(chunks, maxlen=0)
    assert "\n" not in str(lost.value)
    samples = np.concatenate(heard)
    assert len(samples) == pytest.approx(RATE, rel=0.05)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert spectrum.argmax() * RATE / len(samples) == pytest.approx(440, abs=2)
    assert microphone.statistics() == {"overflows": 1}


@pytest.mark.usefixtures("portaudio")
def test_a_microphone_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SourceUnreadable, match=r"'Kinect' cannot be opened .*there is 'USB Microphone"):
        MicrophoneSource("Kinect").__enter__()


def test_without_portaudio_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SourceUnreadable, match="apt install libportaudio2"):
        MicrophoneSource().__enter__()


def test_without_any_microphone_that_is_all_that_is_said(
    portaudio: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: object = None, kind: str | None = None) -> list[object]:
        if kind is None:
            return []
        raise PortAudioError("Error querying device -1")

    monkeypatch.setattr(portaudio, "query_devices", none)
    with pytest.raises(SourceUnreadable, match=r"^There is no microphone$"), MicrophoneSource():
        pass
