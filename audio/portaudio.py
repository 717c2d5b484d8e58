"""PortAudio, as microphones and loudspeakers share it: looking for devices, opening and closing streams.

Nothing in the library may run beside its initialization, so devices are opened and closed under one lock.
"""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from paige.audio.errors import AudioError, SourceUnreadable, SpeakerUnusable
from paige.audio.sound_cards import rate_of

Direction = Literal["input", "output"]

_CARDS = Path("/dev/snd")
_NO_LIBRARY = (
    "The sound library PortAudio is missing. Install it with: sudo apt install libportaudio2 "
    "(or your system's package of that name)"
)
_NAMES: Final = {"input": "microphone", "output": "loudspeaker"}
_ERRORS: Final[dict[str, type[AudioError]]] = {"input": SourceUnreadable, "output": SpeakerUnusable}
_RATES = (48_000, 44_100, 32_000, 16_000, 96_000, 8_000)
"""Hertz, tried in this order where a device refuses the rate that it calls its own."""
_KEPT_SECONDS: Final = 4.0
"""Of sound that a card's buffer is to have room for, or as much as it can: nobody fetches any while another
thread keeps Python's lock, as PocketSphinx does for half a second at a time on a slow board. What PortAudio
asks for by itself is 65 to 120 ms; what comes on top is lost."""
_SHORT_PERIODS: Final = 1_000
"""Into which such a buffer would be divided: PortAudio then makes each as long as a block. With its own
number, four, sound would come once a second."""
_PERIODS: Final = 4
"""PortAudio's own number of them (`numPeriods_` in its pa_linux_alsa.c), which cannot be asked for."""
_INVALID_CHANNELS, _INVALID_RATE, _UNAVAILABLE = -9998, -9997, -9985
"""`paInvalidChannelCount`, `paInvalidSampleRate`, `paDeviceUnavailable` in portaudio.h."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream of a device, which floats flow through, full scale being -1 to 1."""

    stream: Any
    """sounddevice's, not yet started."""
    name: str
    rate: int
    """Hertz."""
    channels: int


class _Library:
    """What this process knows of PortAudio."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.open = 0
        """Streams that are open."""
        self.cards: frozenset[tuple[str, int]] | None = None
        """The sound devices that the kernel had when PortAudio looked for them; None before that."""


_library = _Library()


def open_stream(
    direction: Direction,
    device: str | int | None,
    callback: Callable[..., None],
    finished: Callable[[], None],
    block_seconds: float,
) -> Opened:
    """Open a device at a rate and with a number of channels that it has; one plugged in since is found, too.

    Args:
        direction: Whether it is to hear or to sound.
        device: Part of its name, or its number in PortAudio's list; by default the system's.
        callback: Called by a thread of PortAudio with each block; see `sounddevice.Stream`.
        finished: Called when no more blocks will come.
        block_seconds: How long a block is to be.

    Raises:
        SourceUnreadable: The microphone or PortAudio is missing, or it cannot be opened.
        SpeakerUnusable: The same of a loudspeaker.
    """
    sounddevice = portaudio(direction)
    wanted = int(device) if isinstance(device, str) and device.isdecimal() else device
    with _library.lock:
        _look_again(sounddevice)
        try:
            found = sounddevice.query_devices(wanted, direction)
            stream, rate, channels = _open(sounddevice, direction, found, callback, finished, block_seconds)
        except (sounddevice.PortAudioError, ValueError) as error:
            raise _ERRORS[direction](_complaint(sounddevice, direction, wanted, error)) from error
        _library.open += 1
    return Opened(stream, str(found["name"]), rate, channels)


def start_stream(opened: Opened, direction: Direction) -> None:
    """Let it run.

    Raises:
        SourceUnreadable: The microphone does not start; it is closed.
        SpeakerUnusable: The same of a loudspeaker.
    """
    sounddevice = portaudio(direction)
    try:
        opened.stream.start()
    except sounddevice.PortAudioError as error:
        close_stream(opened)
        raise _ERRORS[direction](
            f"The {_NAMES[direction]} {opened.name!r} does not start: {reason(error)}"
        ) from error


def close_stream(opened: Opened) -> None:
    """End it at once; what was not yet heard of it is dropped."""
    with _library.lock:
        opened.stream.abort(ignore_errors=True)
        opened.stream.close(ignore_errors=True)
        _library.open -= 1


def reason(error: Exception) -> str:
    """What PortAudio says of an error, without the details of where in it."""
    code = error.args[1] if len(error.args) > 1 else None
    if code == _UNAVAILABLE:
        return "it is in use by another program, or not ready"
    return str(error.args[0] if error.args else error).partition("\n")[0].removesuffix(".")


def portaudio(direction: Direction) -> Any:  # noqa: ANN401  # it publishes no types
    """The library.

    Raises:
        SourceUnreadable: It is missing, and a microphone was wanted.
        SpeakerUnusable: It is missing, and a loudspeaker was wanted.
    """
    try:
        import sounddevice
    except OSError as error:
        raise _ERRORS[direction](_NO_LIBRARY) from error
    return sounddevice


def _open(
    sounddevice: Any,  # noqa: ANN401  # it publishes no types
    direction: Direction,
    found: Any,  # noqa: ANN401  # as above
    callback: Callable[..., None],
    finished: Callable[[], None],
    block_seconds: float,
) -> tuple[Any, int, int]:
    """A stream, its rate and its channels: those that suit the device, else what it does not refuse."""
    kind = sounddevice.InputStream if direction == "input" else sounddevice.OutputStream
    most = int(found[f"max_{direction}_channels"])
    own = rate_of(str(found["name"])) or round(found["default_samplerate"])
    # A device of two channels may have its only microphone on either. One of more has its best sound on the
    # first; one of very many is a sound server, which mixes as it should.
    first = 2 if direction == "input" and most == 2 else 1
    refusal: Exception | None = None
    for channels in dict.fromkeys((first, 2, most)):
        for rate in dict.fromkeys((own, *_RATES)):
            try:
                with _much_is_kept(sounddevice, direction, found) as latency:
                    stream = kind(
                        samplerate=rate,
                        blocksize=round(rate * block_seconds),
                        device=found["index"],
                        channels=channels,
                        dtype="float32",
                        latency=latency,
                        callback=callback,
                        finished_callback=finished,
                    )
            except sounddevice.PortAudioError as error:
                refusal = refusal or error
                code = error.args[1] if len(error.args) > 1 else None
                if code == _INVALID_CHANNELS:
                    break
                if code != _INVALID_RATE:
                    raise
            else:
                return stream, rate, channels
    assert refusal is not None
    raise refusal


@contextmanager
def _much_is_kept(
    sounddevice: Any,  # noqa: ANN401  # it publishes no types
    direction: Direction,
    found: Any,  # noqa: ANN401  # as above
) -> Iterator[float | None]:
    """Gives the latency to open a device with, so that a microphone of ALSA's is not lost to a busy program.

    For ALSA that is the length of the buffer, and sound does not come later for it: each period is told.
    """
    if direction == "output" or sounddevice.query_hostapis(found["hostapi"])["name"] != "ALSA":
        yield None
        return
    library = ctypes.CDLL(sounddevice._libname)  # noqa: SLF001  # the one that it has loaded
    library.PaAlsa_SetNumPeriods(_SHORT_PERIODS)
    try:
        yield _KEPT_SECONDS
    finally:
        library.PaAlsa_SetNumPeriods(_PERIODS)


def _look_again(sounddevice: Any) -> None:  # noqa: ANN401  # it publishes no types
    """Let PortAudio see what was plugged in or out: it looks for devices only when it is initialized.

    That ends every open stream, so it is left out while there is one; and it makes ALSA complain on
    standard error of what is not configured, so it is left out while nothing has changed.
    """
    cards = _sound_devices()
    if cards == _library.cards or _library.open:
        return
    if _library.cards is not None:
        # The library has no other way: github.com/spatialaudio/python-sounddevice/issues/125.
        sounddevice._terminate()  # noqa: SLF001
        sounddevice._initialize()  # noqa: SLF001
    _library.cards = cards


def _sound_devices() -> frozenset[tuple[str, int]]:
    """Those of the kernel, with the time of the last change: permissions come after the name."""
    try:
        return frozenset((path.name, path.stat().st_ctime_ns) for path in _CARDS.iterdir())
    except OSError:
        return frozenset()  # none, or one that is going this moment


def _complaint(
    sounddevice: Any,  # noqa: ANN401  # it publishes no types
    direction: Direction,
    device: str | int | None,
    error: Exception,
) -> str:
    what = _NAMES[direction]
    names = [one["name"] for one in sounddevice.query_devices() if one[f"max_{direction}_channels"]]
    if not names and device is None:
        return f"There is no {what}: plug one in"
    there = f"there is {', '.join(map(repr, names))}" if names else "there is none at all"
    if device is None:
        return f"The default {what} cannot be opened ({reason(error)}); {there}"
    return f"The {what} {device!r} cannot be opened ({reason(error)}); {there}"
