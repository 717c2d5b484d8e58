"""Paige's part in Hermes: it transcribes, understands, speaks, leads dialogues and hears wake words."""

import asyncio
import io
import logging
import secrets
import time
import wave
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
from types import TracebackType
from typing import Any, Final, Protocol, Self

import numpy as np

from paige.audio.endpointer import Endpointer
from paige.audio.voices.protocol import Voice
from paige.device.errors import PeerInvalid
from paige.device.satellites.hermes.dialogue import Answer, Dialogues, Effect, Handle
from paige.device.satellites.hermes.ears import MOST_SITES, Called, HermesEars, Spoken
from paige.device.satellites.hermes.messages import (
    AudioFrame,
    ContinueSession,
    Detected,
    EndSession,
    HermesRefused,
    HotwordToggle,
    PlayFinished,
    Query,
    Say,
    SayFinished,
    StartListening,
    StartSession,
    StopListening,
    TextCaptured,
    play_bytes,
    read,
    tell,
    tell_intent,
)
from paige.device.satellites.services import Services
from paige.device.turn import Expects
from paige.iot.link import MqttLink
from paige.iot.message import Message, Publication
from paige.models.intent import Intent, NotRecognized

_log = logging.getLogger(__name__)

PUBLISH_SECONDS: Final = 2.0
"""What cannot be told for so long is told no more: later, nobody knows what it is about."""
GRACE_SECONDS: Final = 1.0
"""How much longer than a sound a site may take to say that it has played it."""
MOST_AT_ONCE: Final = 100
"""Requests and answers that may be under way; what comes on top is dropped and logged."""
_TICK_SECONDS: Final = 0.5
_REMEMBERED: Final = 200
_DIALOGUE: Final = "hermes/dialogueManager/"


class SiteWins(Protocol):
    """Whether an ear answers; see `paige.iot.arbiter.Arbiter.wins`."""

    def __call__(self, name: str, *, signal: float | None, score: float, age: float) -> Awaitable[bool]:
        """See there."""
        ...


class HermesServer:
    """Serves all sites on a broker; an asynchronous context manager, within the link's.

    It takes the parts that `services` can fill; others may be filled by Rhasspy's own programs.

    Args:
        link: The broker.
        services: What it can do. `areas` has the area of a site; one that is not there is called as its area.
        open_endpointer: Makes what finds the end of speech in one stream.
        sites: Those that are served; all where there are none. Where two serve one site, both answer.
        wins: Whether a site answers, where others may have heard the same wake word: `Arbiter.wins`.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        link: MqttLink,
        services: Services,
        open_endpointer: Callable[[], Endpointer],
        *,
        sites: Collection[str] = (),
        wins: SiteWins | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._services = services
        self._sites = frozenset(sites)
        self._wins = wins
        self._clock = clock
        open_wake = services.open_wake
        self._ears = HermesEars(
            open_endpointer, None if open_wake is None else lambda: open_wake(services.phrases)
        )
        self._dialogues = Dialogues(lambda: secrets.token_hex(8))
        self._tasks: set[asyncio.Task[None]] = set()
        self._speaking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._played: dict[tuple[str, str], asyncio.Event] = {}
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._complaints: set[str] = set()
        self._known: set[str] = set()
        """Sites that have sent something, where all are served."""
        self._heard: dict[str, tuple[float | None, float]] = {}
        """Of wake words that were heard here: how far they stood out, and how sure that is; by site."""

    @property
    def _topics(self) -> list[str]:
        """What is listened to, for the parts that are taken."""
        services = self._services
        topics = []
        if services.transcribe is not None:
            topics += ["hermes/asr/startListening", "hermes/asr/stopListening"]
        if services.open_wake is not None:
            topics += ["hermes/hotword/toggleOn", "hermes/hotword/toggleOff"]
        if services.transcribe is not None or services.open_wake is not None:
            topics.append("hermes/audioServer/+/audioFrame")
        if services.understand is not None:
            topics.append("hermes/nlu/query")
        if services.voice is not None:
            topics += ["hermes/tts/say", "hermes/audioServer/+/playFinished"]
        if services.handle is not None:
            topics += ["hermes/hotword/+/detected", "hermes/asr/textCaptured", "hermes/tts/sayFinished"]
            topics += [f"{_DIALOGUE}{what}Session" for what in ("start", "continue", "end")]
        return topics

    async def __aenter__(self) -> Self:
        """Begin to serve."""
        self._link.subscribe(self._topics, self._receive)
        self._start(self._keep_time())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; what is under way is given up."""
        self._link.unsubscribe(self._topics, self._receive)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- What comes ------------------------------------------------------------------------------------

    def _receive(self, message: Message) -> None:
        found = read(message)
        try:
            if isinstance(found, HermesRefused):
                raise PeerInvalid(found.reason)
            if self._serves(getattr(found, "site", None)):
                self._take(found)
        except PeerInvalid as invalid:
            self._complain(message.topic, str(invalid))

    def _serves(self, site: str | None) -> bool:
        """Whether a site is one of ours; None is that of a session, which has one."""
        if site is None or site in self._known:
            return True
        if self._sites:
            return site in self._sites
        if len(self._known) >= MOST_SITES:
            raise PeerInvalid(f"there are {MOST_SITES} other sites already")
        self._known.add(site)
        return True

    def _complain(self, topic: str, reason: str) -> None:
        """Once of each kind: sound comes thirty times a second."""
        complaint = f"A message on {topic} is ignored: {reason}."
        if complaint not in self._complaints:
            _log.warning("%s", complaint)
            if len(self._complaints) < _REMEMBERED:
                self._complaints.add(complaint)

    def _take(self, message: object) -> None:
        now, dialogues = self._clock(), self._dialogues
        match message:
            case AudioFrame(site, wav):
                for heard in self._ears.hear(site, wav):
                    self._take_heard(heard)
            case StartListening(site, session, stop_on_silence):
                self._ears.start(site, session, stop_on_silence=stop_on_silence)
            case StopListening(site, session):
                spoken = self._ears.stop(site, session)
                if spoken is not None:
                    self._take_heard(spoken)
            case HotwordToggle(site, on):
                self._ears.toggle(site, on=on)
            case Query() if self._is_new("query", message.id):
                self._start(self._understand(message))
            case Say() if message.text and self._is_new("say", message.id):
                self._start(self._say(message))
            case PlayFinished(site, request) if (site, request or "") in self._played:
                self._played[site, request or ""].set()
            case Detected():
                self._start(self._answer_to(message))
            case TextCaptured():
                self._do(dialogues.captured(message, now))
            case SayFinished():
                self._do(dialogues.said(message, now))
            case StartSession():
                self._do(dialogues.start(message, now))
            case ContinueSession():
                self._do(dialogues.go_on(message, now))
            case EndSession():
                self._do(dialogues.end(message, now))

    def _is_new(self, kind: str, name: str | None) -> bool:
        if name is None:
            return True
        if (kind, name) in self._seen:
            return False
        self._seen[kind, name] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _take_heard(self, heard: Spoken | Called) -> None:
        if isinstance(heard, Spoken):
            self._start(self._transcribe(heard))
            return
        self._heard[heard.site] = heard.signal, heard.wake.score
        topic = f"hotword/{heard.wake.phrase.replace(' ', '_')}/detected"
        self._tell(tell(topic, heard.site, modelId=heard.wake.phrase, modelType="universal", modelVersion=""))

    # --- What is done ----------------------------------------------------------------------------------

    def _do(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Handle):
                self._start(self._handle(effect))
            else:
                self._tell(effect)

    def _tell(self, publication: Publication) -> None:
        async def publish() -> None:
            await self._link.publish(publication, within=PUBLISH_SECONDS)

        self._start(publish())

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._do(self._dialogues.tick(self._clock()))

    async def _answer_to(self, message: Detected) -> None:
        signal, score = self._heard.pop(message.site, (None, 0.0))
        name = f"hermes/{message.site}"
        if self._wins is None or await self._wins(name, signal=signal, score=score, age=0.0):
            self._do(self._dialogues.detected(message, self._clock()))

    async def _handle(self, wanted: Handle) -> None:
        assert self._services.handle is not None, "sessions are only led where sentences are carried out"
        answer = Answer("")
        try:
            if wanted.text:
                turn = await self._services.handle(wanted.text, self._here(wanted.site))
                known = isinstance(turn.understood, Intent)
                intents = (turn.understood, *turn.also) if isinstance(turn.understood, Intent) else ()
                asks = turn.reply.expects is not Expects.NOTHING
                answer = Answer(turn.reply.text, intents if known else (), asks=asks)
        finally:
            self._do(self._dialogues.handled(wanted.session, answer, self._clock()))

    async def _transcribe(self, spoken: Spoken) -> None:
        assert self._services.transcribe is not None, "nothing is listened to where nothing is transcribed"
        began, text, sure = self._clock(), "", 0.0
        if spoken.utterance is not None:
            transcript = await self._services.transcribe(spoken.utterance, self._here(spoken.site))
            text, sure = transcript.text, transcript.confidence
        fields = {"text": text, "likelihood": sure, "seconds": self._clock() - began}
        self._tell(tell("asr/textCaptured", spoken.site, spoken.session, **fields))

    async def _understand(self, query: Query) -> None:
        assert self._services.understand is not None, "queries are only heard where they are understood"
        found = await self._services.understand(query.text, self._here(query.site))
        if isinstance(found, NotRecognized):
            fields = {"input": query.text, "id": query.id, "customData": query.custom_data}
            self._tell(tell("nlu/intentNotRecognized", query.site, query.session, **fields))
            return
        for intent in found:
            self._tell(tell_intent(intent, query))

    async def _say(self, wanted: Say) -> None:
        assert self._services.voice is not None, "nothing is said where there is no voice"
        request = wanted.id or secrets.token_hex(8)
        finished = tell("tts/sayFinished", wanted.site, wanted.session, id=wanted.id)
        async with self._speaking[wanted.site]:
            wav, seconds = await asyncio.to_thread(_spoken, self._services.voice, wanted.text)
            played = self._played[wanted.site, request] = asyncio.Event()
            try:
                await self._link.publish(play_bytes(wanted.site, request, wav), within=PUBLISH_SECONDS)
                waiting = asyncio.ensure_future(played.wait())
                await asyncio.wait([waiting], timeout=seconds + GRACE_SECONDS)
                waiting.cancel()
            finally:
                del self._played[wanted.site, request]
        self._tell(finished)

    def _here(self, site: str) -> str | None:
        return self._services.areas.get(site, site if site != "default" else self._services.area)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= MOST_AT_ONCE:
            work.close()
            raise PeerInvalid("too much is under way")

        async def worked() -> None:
            try:
                await work
            except Exception:  # noqa: BLE001  # one request must not take the next ones with it
                _log.exception("a request over Hermes could not be answered")

        task = asyncio.create_task(worked(), name="hermes")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _spoken(voice: Voice, text: str) -> tuple[bytes, float]:
    """A text as a WAV file, and its length in seconds."""
    samples = np.concatenate([np.empty(0, np.int16), *voice.say(text)])  # [samples]
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(voice.rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return held.getvalue(), len(samples) / voice.rate
