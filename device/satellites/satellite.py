"""One Wyoming satellite, used by us: its microphone is an ear of the house, and its loudspeaker a mouth."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from wyoming.asr import Transcript
from wyoming.error import Error
from wyoming.event import Event as WyomingEvent
from wyoming.info import Info
from wyoming.pipeline import PipelineStage
from wyoming.snd import Played
from wyoming.tts import Synthesize
from wyoming.user_event import UserEvent
from wyoming.vad import VoiceStopped
from wyoming.wake import Detection

from paige.audio.wake import Wake
from paige.device.attention import Event, Heard, NothingSaid, Stopped, Woken
from paige.device.satellites.address import SatelliteAddress
from paige.device.satellites.limits import Limits
from paige.device.satellites.link import BACKOFF, SatelliteLink
from paige.device.satellites.listener import Listener, Wins
from paige.device.satellites.nearest import NearestEar
from paige.device.satellites.source import SatelliteSource
from paige.device.satellites.speaker import SatelliteSpeaker
from paige.device.satellites.stop import STOP
from paige.device.turn import Expects, Turn
from paige.iot.backoff import Backoff

_log = logging.getLogger(__name__)

WAKE_SECONDS: Final = 5.0
"""How long somebody who woke a satellite may take to begin to speak."""
LISTEN_SECONDS: Final = 40.0
"""In which somebody who is listened to has said something, or nothing."""
ANSWER_SECONDS: Final = 90.0
"""In which what was said has been answered; else the satellite waits for it, deaf to its wake word."""
_INFO_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.01
_LONGEST_COMPLAINT: Final = 200
_ANOTHER: Final = ("duplicate_wake_up_detected", "another satellite answers")
_RUN_PIPELINE: Final = "run-pipeline"


class Satellite:
    """One satellite; an asynchronous context manager, within which it is connected whenever that is possible.

    Made in the event loop.

    Args:
        address: Where it is.
        make_listener: Gives what is done with its sound, once it is known where it stands.
        wins: Whether it answers, where others may have heard the same wake word. Of one that listens for wake
            words itself nobody knows how well it hears: it yields to any other.
        limits: How much it may send.
        backoff: The waits between attempts to connect.
    """

    def __init__(
        self,
        address: SatelliteAddress,
        make_listener: "Callable[[Satellite], Listener]",
        *,
        wins: Wins | None = None,
        limits: Limits | None = None,
        backoff: Backoff = BACKOFF,
    ) -> None:
        self._address = address
        self._make_listener = make_listener
        self._wins = wins
        self._area = address.area
        self._listener: Listener | None = None
        self._loop = asyncio.get_running_loop()
        self._source = SatelliteSource(f"the satellite at {address}")
        self._link = SatelliteLink(address, self._receive, self._changed, limits=limits, backoff=backoff)
        self.speaker: Final = SatelliteSpeaker(str(address), self._link.send)
        self._described = asyncio.Event()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._hearing: threading.Thread | None = None
        self._deciding = False
        self._overdue: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        """Tells it from others."""
        return str(self._address)

    @property
    def area(self) -> str | None:
        """Where it stands: as configured, else as it says itself."""
        return self._area

    @property
    def connected(self) -> bool:
        """Whether it is there."""
        return self._link.connected

    async def __aenter__(self) -> Self:
        """Begin to connect, without waiting for it."""
        self._start(self._link.stay_connected())
        self._start(self._handle_events())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell the satellite that we go, and stop."""
        self.speaker.close()
        self._source.close()
        self._wait_for(None)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def told(self, turn: Turn) -> None:
        """Tell the satellite what came of what was said.

        After a question it is not told the words yet: it would stop to send sound, and nobody could answer.
        """
        await self._link.send(Synthesize(turn.reply.text).event())
        if turn.reply.expects is Expects.NOTHING:
            self._wait_for(None)
            await self._link.send(Transcript(turn.text).event())
        else:
            self._wait_for(LISTEN_SECONDS)

    # --- What it sends ---------------------------------------------------------------------------------

    def _receive(self, event: WyomingEvent) -> None:
        if Info.is_type(event.type):
            self._note_info(event)
        elif Played.is_type(event.type):
            self.speaker.played()
        elif event.type == _RUN_PIPELINE:
            self._run(event.data)
        elif UserEvent.is_type(event.type) and event.data.get("name") == STOP:
            self._events.put_nowait(Stopped(Wake(STOP, 0.0, 0.0, 1.0)))
        elif Error.is_type(event.type):
            said = str(event.data.get("text"))[:_LONGEST_COMPLAINT]
            _log.warning("the satellite at %s says: %s", self._address, said)
        else:
            self._source.take(event)

    def _note_info(self, event: WyomingEvent) -> None:
        told = event.data.get("satellite")
        area = told.get("area") if isinstance(told, dict) else None
        if self._address.area is None and isinstance(area, str) and area:
            self._area = area
        self._described.set()

    def _run(self, wanted: dict[str, Any]) -> None:
        """The satellite begins to send sound; after its own wake word, where it starts with the words."""
        if wanted.get("start_stage") == PipelineStage.ASR.value and not self._deciding:
            self._deciding = True
            self._source.hold()
            self._start(self._begin_to_listen())

    async def _begin_to_listen(self) -> None:
        try:
            answers = await self._decide()
        finally:
            self._deciding = False
        self._source.release(heard=answers)

    async def _decide(self) -> bool:
        answers = self._wins is None or await self._wins(signal=None, score=0.0, age=0.0)
        while not self._source.idle:  # noqa: ASYNC110  # what was heard before must not count as said now
            await asyncio.sleep(_LOOK_SECONDS)
        if answers and self._listener is not None:
            self._listener.listen(WAKE_SECONDS)
            self._wait_for(LISTEN_SECONDS)
        elif not answers:
            await self._break_off(*_ANOTHER)
        return answers

    async def _break_off(self, code: str, why: str) -> None:
        """Let it wait for the next wake word. The codes are Home Assistant's."""
        self._wait_for(None)
        await self._link.send(Error(why, code).event())

    def _wait_for(self, seconds: float | None) -> None:
        """What comes next has to come within so many seconds; None where nothing has to."""
        if self._overdue is not None:
            self._overdue.cancel()
        self._overdue = None if seconds is None else self._loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        _log.warning("nothing has come of what was said to the satellite at %s", self._address)
        self._start(self._break_off("timeout", "it took too long"))

    # --- What is heard ---------------------------------------------------------------------------------

    def _changed(self, connected: bool) -> None:  # a callback's only argument
        if connected:
            self._described.clear()
            self._start(self._hear())
        else:
            self._source.lose()

    async def _hear(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_INFO_SECONDS):
                await self._described.wait()
        if self._listener is None:
            listener = self._make_listener(self)
            asks = self._wins is not None and not isinstance(listener, NearestEar)
            self._listener = NearestEar(listener, self._wins) if asks and self._wins else listener
            _log.info("the satellite at %s is an ear in %s", self._address, self._area or "no area")
        if self._hearing is None or not self._hearing.is_alive():
            self._hearing = threading.Thread(
                target=self._work, args=(self._listener,), name="satellite", daemon=True
            )
            self._hearing.start()

    def _work(self, listener: Listener) -> None:
        """What the thread does: one stream after another, each as if nothing had been heard before."""
        while not self._source.closed:
            try:
                for event in listener.events(self._source.chunks()):
                    self._loop.call_soon_threadsafe(self._events.put_nowait, event)
            except Exception:  # noqa: BLE001  # nobody joins this thread: what broke in it must be told here
                if self._loop.is_closed():
                    return
                _log.exception("what the satellite at %s sends could not be heard", self._address)

    async def _handle_events(self) -> None:
        while True:
            event, yielded = await self._events.get(), self._yields
            if self._listener is not None:
                await self._listener.handle(event)
            match event:
                case Woken(wake) if not self._yields:
                    await self._link.send(Detection(name=wake.phrase).event())
                case Woken():
                    await self._break_off(*_ANOTHER)
                case Heard() if not yielded:
                    self._wait_for(ANSWER_SECONDS)
                    await self._link.send(VoiceStopped().event())
                case NothingSaid() if not yielded:
                    await self._break_off("stt-no-text-recognized", "nothing was said")

    @property
    def _yields(self) -> bool:
        return isinstance(self._listener, NearestEar) and self._listener.yields

    def _start(self, work: "Awaitable[None]") -> None:
        async def worked() -> None:
            await work

        task = asyncio.create_task(worked(), name="satellite")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the satellite at %s is no longer served", self._address, exc_info=error)
