"""What one Wyoming client asks of Paige's recognizer, conversation agent, voice and wake word."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import numpy as np
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk as SoundEvent
from wyoming.audio import AudioStart, AudioStop
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe
from wyoming.intent import Entity, Intent, IntentsStart, IntentsStop, NotRecognized, Recognize
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize
from wyoming.wake import Detect, Detection, NotDetected

from paige.audio.chunk import RATE, AudioChunk, Samples, Utterance
from paige.audio.wake.detector import WakeDetector
from paige.device.errors import PeerInvalid
from paige.device.satellites.limits import Limits
from paige.device.satellites.services import Services, describe
from paige.device.satellites.sound import Incoming, SoundFormat
from paige.device.satellites.speech import sound_events
from paige.models import intent as understood

_WIDTH: Final = 2


class Session:
    """The state of one client: what it has asked for, and the sound that has come since.

    Args:
        services: What may be asked for.
        limits: How much.
        send: Takes what is answered.
    """

    def __init__(self, services: Services, limits: Limits, send: Callable[[Event], Awaitable[None]]) -> None:
        self._services = services
        self._limits = limits
        self._send = send
        self._incoming = Incoming()
        self._heard: list[Samples] = []
        self._position = 0
        """Samples since the stream began."""
        self._open = False
        self._here: str | None = services.area
        self._wanted: Sequence[str] | None = None
        """The wake words that are waited for; None where speech is to be transcribed."""
        self._detector: WakeDetector | None = None
        self._detected = False
        self._handlers: Final[dict[str, Callable[[Event], Awaitable[None]]]] = {
            Describe().event().type: self._describe,
            Ping().event().type: self._pong,
            Transcribe().event().type: self._transcribe,
            Detect().event().type: self._detect,
            AudioStart(RATE, _WIDTH, 1).event().type: self._start,
            SoundEvent(RATE, _WIDTH, 1, b"").event().type: self._hear,
            AudioStop().event().type: self._stop,
            Transcript("").event().type: self._handle,
            Recognize("").event().type: self._recognize,
            Synthesize("").event().type: self._say,
        }

    @property
    def patience(self) -> float:
        """Seconds until its next event; fewer while it has announced sound that has not ended."""
        return self._limits.stream_seconds if self._open else self._limits.idle_seconds

    async def close(self) -> None:
        """Nothing of it is kept."""

    async def handle(self, event: Event) -> None:
        """Do as an event says. One of an unknown type is passed over, as the protocol wants it.

        Raises:
            PeerInvalid: It cannot be done.
        """
        handler = self._handlers.get(event.type)
        if handler is not None:
            await handler(event)

    async def _describe(self, _: Event) -> None:
        await self._send(describe(self._services).event())

    async def _pong(self, event: Event) -> None:
        await self._send(Pong(text=event.data.get("text")).event())

    # --- Sound ---------------------------------------------------------------------------------------

    async def _transcribe(self, event: Event) -> None:
        self._wanted = None
        self._here = self._services.here(_context(event))

    async def _detect(self, event: Event) -> None:
        names = event.data.get("names")
        if names is not None and not (
            isinstance(names, list) and all(isinstance(name, str) for name in names)
        ):
            raise PeerInvalid("“names” of the wake words is no list of texts")
        known = self._services.phrases
        self._wanted = tuple(name for name in known if not names or name in names)
        if not self._wanted:
            raise PeerInvalid(f"it waits for {names}, and there is {', '.join(known) or 'no wake word'}")

    async def _start(self, event: Event) -> None:
        SoundFormat.of(event.data)
        await self._begin()

    async def _begin(self) -> None:
        self._incoming = Incoming()
        self._heard.clear()
        self._position = 0
        self._open, self._detected, self._detector = True, False, None
        if self._wanted is not None and self._services.open_wake is not None:
            self._detector = await asyncio.to_thread(self._services.open_wake, self._wanted)

    async def _hear(self, event: Event) -> None:
        samples = self._incoming.hear(SoundFormat.of(event.data), event.payload or b"")
        if not self._open:
            await self._begin()  # some clients announce no sound
        await self._take(samples)

    async def _take(self, samples: Samples) -> None:
        start = self._position / RATE
        self._position += len(samples)
        if self._detector is not None:
            await self._wait_for_wake(self._detector, AudioChunk(samples, start))
            return
        if self._position > self._limits.speech_seconds * RATE:
            raise PeerInvalid(f"it has spoken for more than {self._limits.speech_seconds:g} seconds")
        self._heard.append(samples)

    async def _wait_for_wake(self, detector: WakeDetector, chunk: AudioChunk) -> None:
        wake = await asyncio.to_thread(detector.hear, chunk)
        if wake is not None:
            self._detected = True
            await self._send(Detection(name=wake.phrase, timestamp=round(1000 * wake.end)).event())

    async def _stop(self, _: Event) -> None:
        if not self._open:
            return
        await self._take(self._incoming.end())
        self._open = False
        if self._detector is not None:
            self._detector = None
            if not self._detected:
                await self._send(NotDetected().event())
            return
        samples = np.concatenate([np.empty(0, np.int16), *self._heard])  # [samples]
        self._heard.clear()
        await self._send(Transcript(await self._text(samples), language=self._services.language).event())

    async def _text(self, samples: Samples) -> str:
        if self._services.transcribe is None:
            raise PeerInvalid("there is no recognizer")
        if not len(samples):
            return ""
        utterance = Utterance(samples, start=0.0, speech_end=len(samples) / RATE)
        return (await self._services.transcribe(utterance, self._here)).text

    # --- Text ----------------------------------------------------------------------------------------

    async def _handle(self, event: Event) -> None:
        if self._services.handle is None:
            raise PeerInvalid("sentences are not carried out here")
        text, context = self._sentence(event), _context(event)
        turn = await self._services.handle(text, self._services.here(context))
        done = isinstance(turn.understood, understood.Intent) or turn.model is not None
        answer = Handled if done else NotHandled
        await self._send(answer(text=turn.reply.text, context=context).event())

    async def _recognize(self, event: Event) -> None:
        if self._services.understand is None:
            raise PeerInvalid("sentences are only carried out here, not taken apart")
        text, context = self._sentence(event), _context(event)
        found = await self._services.understand(text, self._services.here(context))
        if isinstance(found, understood.NotRecognized):
            await self._send(NotRecognized(context=context).event())
            return
        intents = [Intent(one.name, [Entity(*slot) for slot in one.slots.items()]).event() for one in found]
        if len(intents) > 1:
            intents = [IntentsStart(context).event(), *intents, IntentsStop(context).event()]
        for one in intents:
            await self._send(one)

    async def _say(self, event: Event) -> None:
        if self._services.voice is None:
            raise PeerInvalid("there is no voice")
        async for one in sound_events(self._services.voice, self._sentence(event)):
            await self._send(one)

    def _sentence(self, event: Event) -> str:
        text = event.data.get("text")
        if not isinstance(text, str):
            raise PeerInvalid("the “text” is no text")
        if len(text) > self._limits.text:
            raise PeerInvalid(f"a text is longer than {self._limits.text} characters")
        return text


def opening(services: Services) -> Callable[[str, Limits, Callable[[Event], Awaitable[None]]], Session]:
    """Begins with a client of these services, for `paige.device.satellites.server.WyomingServer`."""
    return lambda _, limits, send: Session(services, limits, send)


def _context(event: Event) -> dict[str, Any] | None:
    context = event.data.get("context")
    if context is not None and not isinstance(context, dict):
        raise PeerInvalid("the “context” is no object")
    return context
