"""Sound from a microphone, through PortAudio."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from paige.audio.chunk import AudioChunk, Samples
from paige.audio.conversion import Converter, rechunk
from paige.audio.errors import SourceLost, SourceUnreadable

_READ_SECONDS = 0.03
_FULL_SCALE = 32768.0
_CARDS = Path("/dev/snd")
_NO_LIBRARY = (
    "The sound library PortAudio is missing. Install it with: sudo apt install libportaudio2 "
    "(or your system's package of that name)"
)


class MicrophoneSource:
    """A microphone at whatever rate it has, in chunks of 30 ms; one that was plugged in since is found, too.

    Args:
        device: Part of the microphone's name, or its number in PortAudio's list; by default the system's.

    Raises:
        SourceUnreadable: on entering, when PortAudio or the microphone is missing, or it cannot be opened.
        SourceLost: while iterating, when it no longer delivers.
    """

    _open: ClassVar = 0
    """How many of them are open in this process."""
    _cards: ClassVar[frozenset[tuple[str, int]] | None] = None
    """The sound devices that the kernel had when PortAudio looked for them; None before that."""

    def __init__(self, device: str | int | None = None) -> None:
        self._device = device
        self._name = "the default microphone" if device is None else str(device)
        self._stream: Any = None
        self._rate = 0
        self._overflows = 0

    @property
    def description(self) -> str:
        """The microphone's name."""
        return self._name

    def statistics(self) -> dict[str, int]:
        """Counts since it was opened: `overflows`, how often sound was lost because nobody fetched it."""
        return {"overflows": self._overflows}

    def __enter__(self) -> Self:
        sounddevice = _portaudio()
        self._look_again(sounddevice)
        try:
            found = sounddevice.query_devices(self._device, "input")
            self._rate = round(found["default_samplerate"])
            self._stream = sounddevice.RawInputStream(
                samplerate=self._rate,
                blocksize=round(self._rate * _READ_SECONDS),
                device=found["index"],
                channels=1,
                dtype="int16",
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self._close()
            raise SourceUnreadable(self._complaint(sounddevice, error)) from error
        self._name = str(found["name"])
        self._overflows = 0
        MicrophoneSource._open += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._close()
            MicrophoneSource._open -= 1

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close(ignore_errors=True)
            self._stream = None

    def chunks(self) -> Iterator[AudioChunk]:
        """Chunks for as long as the microphone delivers; blocks while none is there."""
        return rechunk(self._pieces())

    def _pieces(self) -> Iterator[Samples]:
        converter = Converter(self._rate)
        sounddevice = _portaudio()
        while self._stream is not None:
            try:
                data, overflowed = self._stream.read(self._stream.blocksize)
            except sounddevice.PortAudioError as error:
                raise SourceLost(f"{self._name} no longer delivers sound: {_reason(error)}") from error
            self._overflows += bool(overflowed)
            frames = np.frombuffer(data, np.int16).astype(np.float32) / _FULL_SCALE
            yield converter.convert(frames.reshape(-1, 1))

    @classmethod
    def _look_again(cls, sounddevice: Any) -> None:  # noqa: ANN401  # it publishes no types
        """Let PortAudio see what was plugged in or out: it looks for devices only when it is initialized.

        That ends every open stream, so it is left out while there is one; and it makes ALSA complain on
        standard error of what is not configured, so it is left out while nothing has changed.
        """
        cards = _sound_devices()
        if cards == cls._cards or cls._open:
            return
        if cls._cards is not None:
            # The library has no other way: github.com/spatialaudio/python-sounddevice/issues/125.
            sounddevice._terminate()  # noqa: SLF001
            sounddevice._initialize()  # noqa: SLF001
        cls._cards = cards

    def _complaint(self, sounddevice: Any, error: Exception) -> str:  # noqa: ANN401  # it publishes no types
        names = [device["name"] for device in sounddevice.query_devices() if device["max_input_channels"]]
        if not names and self._device is None:
            return "There is no microphone"
        there = f"there is {', '.join(map(repr, names))}" if names else "there is none at all"
        if self._device is None:
            return f"The default microphone cannot be opened ({_reason(error)}); {there}"
        return f"The microphone {self._device!r} cannot be opened ({_reason(error)}); {there}"


def _sound_devices() -> frozenset[tuple[str, int]]:
    """Those of the kernel, with the time of the last change: permissions come after the name."""
    try:
        return frozenset((path.name, path.stat().st_ctime_ns) for path in _CARDS.iterdir())
    except OSError:
        return frozenset()  # none, or one that is going this moment


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0].removesuffix(".")


def _portaudio() -> Any:  # noqa: ANN401  # it publishes no types
    try:
        import sounddevice
    except OSError as error:
        raise SourceUnreadable(_NO_LIBRARY) from error
    return sounddevice
