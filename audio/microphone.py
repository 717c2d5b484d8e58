"""Sound from a microphone, through PortAudio."""

import time
from collections.abc import Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import ClassVar, Protocol, Self

import numpy as np

from paige.audio.chunk import AudioChunk, Samples
from paige.audio.conversion import Centring, Converter, Frames, rechunk
from paige.audio.errors import SourceLost
from paige.audio.health import Health, SoundMeter
from paige.audio.portaudio import Opened, close_stream, open_stream, start_stream

_BLOCK_SECONDS = 0.03
_MOST_WAITING = 1000
"""Blocks, half a minute: what nobody fetched for so long is lost. A busy recognizer is back sooner."""
_WAIT_SECONDS = 0.2
"""How long the sound card is made to wait for room before a block is lost."""
STUCK_SECONDS = 3.0
"""A microphone that delivers nothing for so long is gone, whatever its driver says; Bluetooth is slow."""
_SILENT_SECONDS = 5.0
_LONGEST_SILENCE_SECONDS = 60.0
"""One that delivers but one value is opened anew, first after the shorter time, then after twice as long and
so on: a stuck driver recovers, and yet who lifts a mute button is heard at once nearly always."""


class _Status(Protocol):
    """`sounddevice.CallbackFlags`, as far as it is asked."""

    input_overflow: bool


class MicrophoneSource:
    """A microphone at whatever rate it has, in chunks of 30 ms; one that was plugged in since is found, too.

    Channels are mixed where there are two; of more, the first counts. An offset is taken out.

    Args:
        device: Part of the microphone's name, or its number in PortAudio's list; by default the system's.

    Raises:
        SourceUnreadable: on entering, when PortAudio or the microphone is missing, or it cannot be opened.
        SourceLost: while iterating, when it no longer delivers, or delivers nothing but one value.
    """

    _silences: ClassVar[dict[str | int | None, int]] = {}
    """For each microphone, how often in a row it was lost to silence."""

    def __init__(self, device: str | int | None = None) -> None:
        self._device = device
        self._name = "the default microphone" if device is None else str(device)
        self._opened: Opened | None = None
        self._blocks: SimpleQueue[Frames | None] = SimpleQueue()  # None when no more will come
        self._meter = SoundMeter()
        self._overflows = 0

    @property
    def description(self) -> str:
        """The microphone's name."""
        return self._name

    def health(self) -> Health:
        """How it does, by what was taken of its chunks. Any thread may ask."""
        return self._meter.health(self._overflows)

    def __enter__(self) -> Self:
        self._blocks = SimpleQueue()
        self._meter = SoundMeter()
        self._overflows = 0
        opened = open_stream(
            "input", self._device, self._take, lambda: self._blocks.put(None), _BLOCK_SECONDS
        )
        start_stream(opened, "input")
        self._opened = opened
        self._name = opened.name
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            close_stream(opened)

    def chunks(self) -> Iterator[AudioChunk]:
        """Chunks for as long as the microphone delivers; blocks while none is there."""
        for chunk in rechunk(self._pieces()):
            waiting = self._blocks.qsize()
            yield replace(chunk, behind=waiting * _BLOCK_SECONDS) if waiting else chunk

    def _take(self, block: Frames, frames: int, _: object, status: "_Status") -> None:
        """Keep a block: what PortAudio's thread calls."""
        self._overflows += bool(status.input_overflow)
        until = time.monotonic() + _WAIT_SECONDS
        while self._blocks.qsize() >= _MOST_WAITING:
            if self._opened is None or time.monotonic() > until:
                self._overflows += 1
                return
            time.sleep(_BLOCK_SECONDS / 3)
        self._blocks.put(block.copy())

    def _pieces(self) -> Iterator[Samples]:
        assert self._opened is not None
        rate = self._opened.rate
        centring, converter = Centring(rate), Converter(rate)
        silences = self._silences.get(self._device, 0)
        patience = min(_SILENT_SECONDS * 2**silences, _LONGEST_SILENCE_SECONDS)
        while self._opened is not None:
            block = self._next_block()
            # A broken driver's values would stay in the resampler.
            block = np.clip(np.nan_to_num(block, copy=False, nan=0.0), -1, 1)
            self._meter.measure(block, len(block) / rate)
            if not self._meter.still:
                self._silences.pop(self._device, None)
            elif self._meter.still >= patience:
                self._silences[self._device] = silences + 1
                raise SourceLost(
                    f"{self._name} delivers only silence: see whether it is muted (alsamixer, then F4)"
                )
            mixed = block[:, :1] if block.shape[1] > 2 else block
            centred = centring.centre(mixed.mean(axis=1))  # [frames]
            yield converter.convert(centred.reshape(-1, 1))

    def _next_block(self) -> Frames:
        """Shape: [frames, channels]."""
        try:
            block = self._blocks.get(timeout=STUCK_SECONDS)
        except Empty:
            raise SourceLost(f"{self._name} has delivered nothing for {STUCK_SECONDS:.0f} seconds") from None
        if block is None:
            raise SourceLost(f"{self._name} no longer delivers sound: it was unplugged, or has failed")
        return block
