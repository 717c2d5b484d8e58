"""A device is found and opened as it can be, and its troubles are said in one line.

The library is faked here: what it says of hardware is the point.
"""

import builtins
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from paige.audio import portaudio as portaudio_module
from paige.audio.errors import SourceUnreadable, SpeakerUnusable
from paige.audio.portaudio import Direction, Opened, close_stream, open_stream, start_stream


class PortAudioError(Exception):
    pass


class Stream:
    """A device that takes the rates and channels of `accepts` alone."""

    accepts: tuple[set[int], set[int]] = ({44_100}, {1, 2})
    starts = True
    made: list["Stream"]
    library: Any

    def __init__(self, **asked: Any) -> None:
        rates, channels = self.accepts
        if asked["channels"] not in channels:
            raise PortAudioError("Error opening stream: Invalid number of channels", -9998)
        if asked["samplerate"] not in rates:
            raise PortAudioError("Error opening stream: Invalid sample rate", -9997)
        assert asked["dtype"] == "float32"
        self.asked, self.closed = asked, False
        self.made.append(self)

    def start(self) -> None:
        if not self.starts:
            raise PortAudioError("Error starting stream: Unanticipated host error\nmore of it", -9999)

    def abort(self, ignore_errors: bool) -> None:
        assert ignore_errors

    def close(self, ignore_errors: bool) -> None:
        assert ignore_errors
        self.closed = True


def described(name: str, index: int, inputs: int, outputs: int) -> dict[str, Any]:
    channels = {"max_input_channels": inputs, "max_output_channels": outputs}
    return {"name": name, "index": index, "hostapi": 0, "default_samplerate": 44_100.0, **channels}


DEVICES = [described("HDMI", 0, 0, 8), described("USB Microphone: Audio (hw:1,0)", 1, 2, 0)]


def query_devices(device: str | int | None = None, kind: str | None = None) -> Any:
    if kind is None:
        return DEVICES
    number = 0 if kind == "output" else 1
    if device not in (None, number, "USB", "HDMI"):
        raise ValueError(f"No {kind} device matching {device!r}")
    return DEVICES[number]


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernel's sound devices, of which there is none at first."""
    monkeypatch.setattr(portaudio_module, "_CARDS", tmp_path)
    monkeypatch.setattr(portaudio_module, "_library", portaudio_module._Library())
    return tmp_path


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch, cards: Path) -> type[Stream]:
    """What is opened; `library` is the fake module."""

    class Fresh(Stream):
        made: list[Stream] = []  # noqa: RUF012  # a new class for each test
        library = SimpleNamespace(
            query_devices=query_devices,
            query_hostapis=lambda _: {"name": "OSS"},
            PortAudioError=PortAudioError,
            started=1,
        )

    def initialize() -> None:
        Fresh.library.started += 1

    Fresh.library.InputStream = Fresh.library.OutputStream = Fresh
    Fresh.library._terminate, Fresh.library._initialize = lambda: None, initialize
    monkeypatch.setitem(sys.modules, "sounddevice", Fresh.library)
    return Fresh


def opened(name: str | int | None = None, direction: Direction = "input") -> Opened:
    stream = open_stream(direction, name, lambda *_: None, lambda: None, 0.03)
    start_stream(stream, direction)
    return stream


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("name", ["USB", 1, "1", None])
def test_it_is_found_by_name_or_number(name: str | int | None) -> None:
    assert opened(name).name == "USB Microphone: Audio (hw:1,0)"


@pytest.mark.parametrize(
    ("rates", "channels", "inputs", "expected"),
    [
        ({44_100}, {1, 2}, 2, (44_100, 2)),
        ({44_100}, {1}, 1, (44_100, 1)),
        ({44_100}, {2}, 1, (44_100, 2)),
        ({48_000, 44_100}, {6}, 6, (44_100, 6)),
        ({48_000, 8_000}, {1}, 1, (48_000, 1)),
        ({8_000}, {1, 2}, 128, (8_000, 1)),
    ],
)
def test_it_is_opened_as_it_can_be(
    device: type[Stream],
    monkeypatch: pytest.MonkeyPatch,
    rates: set[int],
    channels: set[int],
    inputs: int,
    expected: tuple[int, int],
) -> None:
    monkeypatch.setattr(device, "accepts", (rates, channels))
    monkeypatch.setitem(DEVICES[1], "max_input_channels", inputs)
    stream = opened()
    assert (stream.rate, stream.channels) == expected
    assert device.made[0].asked["blocksize"] == round(stream.rate * 0.03)
    assert device.made[0].asked["latency"] is None, (
        "only of ALSA it is the length of a buffer, and nothing else"
    )


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("seeed-2mic-voicecard: bcm2835-i2s-wm8960-hifi wm8960-hifi-0 (hw:1,0)", 48_000),
        ("snd_rpi_googlevoicehat_soundcar: Google voiceHAT SoundCard HiFi voicehat-hifi-0 (hw:2,0)", 48_000),
        ("seeed2micvoicec: 1f000a4000.i2s-tlv320aic3x-hifi tlv320aic3x-hifi-0 (hw:2,0)", 44_100),
        ("USB Microphone: Audio (hw:1,0)", 44_100),
    ],
)
def test_a_card_that_cannot_do_what_it_says_is_opened_at_what_it_can(
    name: str, rate: int, device: type[Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "accepts", ({44_100, 48_000}, {1, 2}))
    monkeypatch.setitem(DEVICES[1], "name", name)
    assert opened().rate == rate


def test_what_takes_no_rate_is_refused(device: type[Stream], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "accepts", (set(), {1, 2}))
    with pytest.raises(SourceUnreadable, match=r"\(Error opening stream: Invalid sample rate\)"):
        opened()


def test_one_that_is_busy_is_said_to_be_and_not_tried_otherwise(
    device: type[Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def busy(**asked: Any) -> None:
        tried.append(asked["samplerate"])
        raise PortAudioError("Error opening InputStream: Device unavailable", -9985)

    monkeypatch.setattr(device.library, "InputStream", busy)
    with pytest.raises(SourceUnreadable, match="in use by another program"):
        opened("USB")
    assert tried == [44_100]


def test_one_that_opens_and_does_not_start_is_closed(
    device: type[Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "starts", False)
    with pytest.raises(SourceUnreadable, match=r"does not start: .*host error") as refused:
        opened()
    assert "\n" not in str(refused.value)
    assert [stream.closed for stream in device.made] == [True]
    assert portaudio_module._library.open == 0


def test_what_was_plugged_in_is_looked_for_once_and_never_while_anything_is_open(
    device: type[Stream], cards: Path
) -> None:
    for _ in range(2):
        close_stream(opened())
    assert device.library.started == 1
    (cards / "pcmC1D0c").touch()
    for _ in range(2):
        playing = opened("HDMI", "output")
        (cards / "pcmC2D0c").touch()
        close_stream(opened())
        close_stream(playing)
        (cards / "pcmC2D0c").unlink()
    assert device.library.started == 2


@pytest.mark.usefixtures("device")
def test_what_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SourceUnreadable, match=r"microphone 'Kinect' cannot be opened .*there is 'USB Mic"):
        opened("Kinect")
    with pytest.raises(SpeakerUnusable, match=r"loudspeaker 'Horn' cannot be opened .*there is 'HDMI'"):
        opened("Horn", "output")


@pytest.mark.parametrize(("direction", "error"), [("input", SourceUnreadable), ("output", SpeakerUnusable)])
def test_without_portaudio_the_package_to_install_is_named(
    monkeypatch: pytest.MonkeyPatch, direction: Direction, error: type[Exception]
) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(error, match="apt install libportaudio2"):
        opened(direction=direction)


def test_without_any_device_that_is_all_that_is_said(
    device: type[Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: object = None, kind: str | None = None) -> list[object]:
        if kind is None:
            return []
        raise PortAudioError("Error querying device -1")

    monkeypatch.setattr(device.library, "query_devices", none)
    with pytest.raises(SourceUnreadable, match=r"^There is no microphone: plug one in$"):
        opened()
