"""A satellite's microphone, as a source of sound like any other."""

import logging
import queue
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import numpy as np
from wyoming.audio import AudioChunk as SoundEvent
from wyoming.audio import AudioStart, AudioStop
from wyoming.event import Event

from paige.audio.chunk import RATE, AudioChunk, Samples
from paige.audio.conversion import rechunk
from paige.device.satellites.sound import Incoming, SoundFormat

_log = logging.getLogger(__name__)

MOST_WAITING: Final = 1000
"""Pieces of sound; at the 64 ms of wyoming-satellite a minute of it."""
FELL_SILENT_SECONDS: Final = 1.0
"""After which sound that stopped coming, without a word, has ended."""
_AFTER: Final = np.zeros(9 * RATE, np.int16)
"""What is heard after sound has ended: nothing, for longer than anybody is waited for. Shape: [samples]."""


class SatelliteSource:
    """Sound as a satellite sends it. While it sends none, whoever reads waits.

    `take`, `hold` and `lose` are for the event loop; the rest is for the thread that hears.

    Args:
        description: What a person would call the satellite.
    """

    def __init__(self, description: str) -> None:
        self._description = description
        self._pieces: queue.Queue[Samples | None] = queue.Queue(MOST_WAITING)
        """Sound; None where it ends for good."""
        self._incoming = Incoming()
        self._held: list[Samples] | None = None
        self._closed = False
        self._idle = False

    @property
    def description(self) -> str:
        """What a person would call the satellite."""
        return self._description

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    @property
    def closed(self) -> bool:
        """Whether nothing will ever come again."""
        return self._closed

    @property
    def idle(self) -> bool:
        """Whether all that came has been heard, with the silence after it, and somebody waits for more."""
        return self._idle

    def take(self, event: Event) -> None:
        """Take an event that may be about sound.

        Raises:
            PeerInvalid: It is not as it says.
        """
        if SoundEvent.is_type(event.type):
            self._put(self._incoming.hear(SoundFormat.of(event.data), event.payload or b""))
        elif AudioStart.is_type(event.type):
            SoundFormat.of(event.data)
        elif AudioStop.is_type(event.type):
            self._put(self._incoming.end())
            self._put(_AFTER)

    def hold(self) -> None:
        """Keep what comes from now on until `release`."""
        self._held = []

    def release(self, *, heard: bool) -> None:
        """Go on; what was kept is heard, or forgotten."""
        held, self._held = self._held or [], None
        if heard:
            for samples in held:
                self._put(samples)

    def lose(self) -> None:
        """The satellite is gone, and maybe comes again: what was being heard has ended."""
        self._incoming, self._held = Incoming(), None
        self._put_at_once(None)

    def close(self) -> None:
        """Nothing will ever come again."""
        self._closed = True
        self._put_at_once(None)

    def chunks(self) -> Iterator[AudioChunk]:
        """What is heard, until the satellite is gone or closed."""
        return rechunk(self._until_lost())

    def _until_lost(self) -> Iterator[Samples]:
        comes = False
        while not self._closed:
            self._idle = self._pieces.empty()
            try:
                samples = self._pieces.get(timeout=FELL_SILENT_SECONDS if comes else None)
            except queue.Empty:
                self._idle = False
                comes = False
                yield _AFTER
                continue
            self._idle = False
            if samples is None:
                return
            comes = samples is not _AFTER
            yield samples

    def _put(self, samples: Samples) -> None:
        if self._held is not None:
            self._held.append(samples)
            if len(self._held) > MOST_WAITING:
                del self._held[0]
        elif self._pieces.full():
            _log.warning("sound of %s is dropped: too much is waiting", self._description)
            self._pieces.get_nowait()
            self._put(samples)
        else:
            self._pieces.put_nowait(samples)

    def _put_at_once(self, end: None) -> None:
        while True:
            try:
                self._pieces.get_nowait()
            except queue.Empty:
                self._pieces.put_nowait(end)
                return
