"""What other machines of the house do better, over Wyoming: a recognizer, and a voice."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from queue import Empty, SimpleQueue
from typing import Final

import numpy as np
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.tts import Synthesize

from paige.audio.chunk import RATE, Samples, Utterance
from paige.audio.conversion import Resampler, to_samples
from paige.audio.voices.protocol import Voice
from paige.device.errors import PeerInvalid
from paige.device.satellites.address import SatelliteAddress
from paige.device.satellites.framing import read_event, write_event
from paige.device.satellites.limits import Limits
from paige.device.satellites.sound import SoundFormat

_log = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 1.0
"""It is in the house: one that takes longer is switched off."""
ANSWER_SECONDS: Final = 8.0
"""Whisper takes a few on a machine without a graphics card; later, nobody waits for it any more."""
FIRST_SECONDS: Final = 3.0
"""Until a voice begins to speak; then ours does."""
AWAY_SECONDS: Final = 30.0
"""For so long one that has failed is not asked again: nobody should wait for it with every sentence."""
LONGEST_SECONDS: Final = 120.0
"""Of what a voice says in one go."""
_PIECE: Final = 2048
_WIDTH: Final = 2
_WRONG: Final = (PeerInvalid, OSError)


class Service:
    """One Wyoming service on another machine, asked again and again.

    Args:
        address: Where it is.
        what: What a person would call it.
        limits: How much it may send.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        address: SatelliteAddress,
        what: str,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._what = what
        self._limits = limits or Limits()
        self._clock = clock
        self._failed = -AWAY_SECONDS
        self._complaint = ""

    @property
    def there(self) -> bool:
        """Whether it is worth asking."""
        return self._clock() - self._failed >= AWAY_SECONDS or not self._complaint

    def lost(self, reason: object) -> None:
        """It has failed; that is said when it begins to, and when it fails otherwise."""
        complaint = str(reason) or "it takes too long"
        if complaint != self._complaint:
            _log.warning("%s at %s fails: %s; Paige does without", self._what, self._address, complaint)
        self._failed, self._complaint = self._clock(), complaint

    def answered(self) -> None:
        """It has done what was asked."""
        if self._complaint:
            _log.info("%s at %s is there again", self._what, self._address)
        self._complaint = ""

    @asynccontextmanager
    async def asked(self, *events: Event) -> AsyncIterator[AsyncIterator[Event]]:
        """Send it events; gives what it answers.

        Raises:
            PeerInvalid: It does not answer, or with nonsense.
            OSError: It cannot be reached.
        """
        limits, address = self._limits, self._address
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    address.host, address.port, limit=limits.header
                )
        except TimeoutError:
            raise PeerInvalid(f"it has not answered for {CONNECT_SECONDS:g} s") from None
        try:
            for event in events:
                await write_event(event, writer, limits)
            yield self._answers(reader)
        finally:
            writer.close()

    async def _answers(self, reader: asyncio.StreamReader) -> AsyncIterator[Event]:
        while (event := await read_event(reader, self._limits, ANSWER_SECONDS)) is not None:
            if Error.is_type(event.type):
                raise PeerInvalid(f"it says: {str(event.data.get('text'))[:200]}")
            yield event
        raise PeerInvalid("it has hung up")


class RecognizerElsewhere:
    """Asks a recognizer on another machine what somebody has said.

    Args:
        service: The recognizer.
        language: What is spoken, as a code.
    """

    def __init__(self, service: Service, language: str) -> None:
        self._service = service
        self._language = language

    async def transcribe(self, utterance: Utterance) -> str:
        """What was said; empty where it does not know, or cannot be asked."""
        if not self._service.there:
            return ""
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._service.asked(*self._events(utterance)) as answers,
            ):
                async for event in answers:
                    if Transcript.is_type(event.type):
                        self._service.answered()
                        return str(event.data.get("text") or "").strip()
        except (*_WRONG, TimeoutError) as error:
            self._service.lost(error)
        return ""

    def _events(self, utterance: Utterance) -> Iterator[Event]:
        yield Transcribe(language=self._language).event()
        yield AudioStart(RATE, _WIDTH, 1).event()
        sound = utterance.samples.astype("<i2")
        for at in range(0, len(sound), _PIECE):
            yield AudioChunk(RATE, _WIDTH, 1, sound[at : at + _PIECE].tobytes()).event()
        yield AudioStop().event()


class VoiceElsewhere:
    """A voice on another machine; what it does not begin to say in time is said by our own.

    Args:
        service: The voice.
        own: Speaks where it does not.
    """

    def __init__(self, service: Service, own: Voice) -> None:
        self._service = service
        self._own = own

    @property
    def name(self) -> str:
        """That of our own."""
        return self._own.name

    @property
    def rate(self) -> int:
        """Hertz; whatever the other's is, it is converted."""
        return self._own.rate

    def say(self, text: str) -> Iterator[Samples]:
        """See `Voice`."""
        begun = False
        if text.strip() and self._service.there:
            pieces: SimpleQueue[Samples | None] = SimpleQueue()
            stopped = threading.Event()
            work = threading.Thread(
                target=self._fetch, args=(text, pieces, stopped), name="voice", daemon=True
            )
            work.start()
            try:
                while (
                    piece := self._next(pieces, FIRST_SECONDS if not begun else ANSWER_SECONDS)
                ) is not None:
                    begun = True
                    yield piece
            finally:
                stopped.set()
        if not begun:
            yield from self._own.say(text)

    def _next(self, pieces: "SimpleQueue[Samples | None]", seconds: float) -> Samples | None:
        try:
            return pieces.get(timeout=seconds)
        except Empty:
            self._service.lost(f"it has said nothing for {seconds:g} s")
            return None

    def _fetch(self, text: str, pieces: "SimpleQueue[Samples | None]", stopped: threading.Event) -> None:
        """What a thread does, so that whoever plays it is in no event loop's way."""

        async def speak() -> None:
            async with self._service.asked(Synthesize(text).event()) as answers:
                async for piece in self._sound(answers):
                    if stopped.is_set():
                        return
                    pieces.put(piece)
            self._service.answered()

        try:
            asyncio.run(speak())
        except _WRONG as error:
            self._service.lost(error)
        finally:
            pieces.put(None)

    async def _sound(self, answers: AsyncIterator[Event]) -> AsyncIterator[Samples]:
        resampler: Resampler | None = None
        seconds = 0.0
        async for event in answers:
            if AudioChunk.is_type(event.type):
                told = SoundFormat.of(event.data)
                resampler = resampler or Resampler(told.rate, self.rate)
                frames = told.frames(event.payload or b"")
                yield to_samples(resampler.resample(frames.mean(axis=1, dtype=np.float32)))
                seconds += len(frames) / told.rate
            if AudioStop.is_type(event.type) or seconds > LONGEST_SECONDS:
                break
        if resampler is not None:
            yield to_samples(resampler.resample(np.empty(0, np.float32), last=True))
