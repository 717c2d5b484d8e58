"""What a satellite does about what it hears and about what its hub says, as wyoming-satellite did."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from math import inf
from typing import Any, Final, Protocol

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk as SoundEvent
from wyoming.audio import AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event as WyomingEvent
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.satellite import PauseSatellite, RunSatellite
from wyoming.snd import Played
from wyoming.timer import TimerFinished
from wyoming.user_event import UserEvent
from wyoming.wake import Detect, Detection

from paige.audio.chunk import RATE, AudioChunk
from paige.audio.earcons import Earcon
from paige.audio.voice_activity import KEPT_SECONDS
from paige.audio.wake import Wake
from paige.device.attention import Stopped, Woken
from paige.device.errors import PeerInvalid
from paige.device.mouth import Aloud, Mouth
from paige.device.satellites.here.ear import Event, Sound
from paige.device.satellites.here.sound import HubSound
from paige.device.satellites.sound import SoundFormat
from paige.device.satellites.stop import STOP

_log = logging.getLogger(__name__)

OVERDUE_SECONDS: Final = 100.0
"""Without a word of the hub about what it is sent: it has forgotten us. A Paige gives up after 90."""
ANEW_SECONDS: Final = 3.0
"""After a failure, for a hub to begin anew with sound that is always sent; then it is asked to."""
MOST_WAITING: Final = 32
"""Sounds that may wait for the one that is being played."""
_WIDTH: Final = 2
_QUIET: Final = ("stt-no-text-recognized", "duplicate_wake_up_detected")
"""Codes of what is no failure: nothing was said, or another satellite answers."""
_LONGEST_COMPLAINT: Final = 200


class Hub(Protocol):
    """Who uses this satellite."""

    async def send(self, event: WyomingEvent) -> None:
        """Send it an event; nothing where it is gone."""
        ...


class Role:
    """The satellite, for the event loop.

    Args:
        mouth: The loudspeaker here.
        always: Whether sound is always sent, so that the hub's wake words count; else after one heard here.
        speaks: Whether replies are wanted here.
    """

    def __init__(self, mouth: Mouth, *, always: bool, speaks: bool) -> None:
        self._mouth = mouth
        self._always = always
        self._last_stage: Final = PipelineStage.TTS if speaks else PipelineStage.HANDLE
        self._hub: Hub | None = None
        self._paused = False
        self._streaming = False
        """Whether what is heard is sent."""
        self._since = -inf
        """Second of the source from which on it is."""
        self._kept: deque[AudioChunk] = deque()
        """The last of what was heard: who goes on without a pause speaks before a wake word is noticed."""
        self._sound: HubSound | None = None
        self._speaking = False
        self._deaf = False
        self._woken_at = -inf
        """When somebody was last listened to, here or by the hub; seconds of the event loop."""
        self._complaint = ""
        self._overdue: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[object]] = set()
        """What is being played, or waits for that."""

    @property
    def hub(self) -> Hub | None:
        """Who uses it; None where nobody does."""
        return self._hub

    def speaks(self, aloud: Aloud) -> None:
        """Something else is played now."""
        self._speaking = aloud is not Aloud.NOTHING

    async def try_out(self) -> None:
        """Find out, and say, whether there is a loudspeaker."""
        await self._mouth.try_out()

    async def close(self) -> None:
        """Break off what is being played."""
        self._hush()
        self._wait_for(None)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- The hub ---------------------------------------------------------------------------------------

    def came(self, hub: Hub) -> bool:
        """Somebody wants to use it; False where another does."""
        if self._hub not in (None, hub):
            return False
        self._hub = hub
        return True

    def went(self, hub: Hub) -> None:
        """It has gone, without a word perhaps."""
        if self._hub is not hub:
            return
        self._hub, self._paused = None, False
        self._end_sound()
        self._break_off()

    async def told(self, event: WyomingEvent) -> None:
        """Do as the hub says. What is of no use here, such as the text of a reply, is passed over.

        Raises:
            PeerInvalid: Its sound cannot be played, or is too much.
        """
        if len(self._tasks) > MOST_WAITING:
            raise PeerInvalid(f"more than {MOST_WAITING} sounds wait to be played")
        if self._overdue is not None and not self._always:
            self._wait_for(OVERDUE_SECONDS)
        if RunSatellite.is_type(event.type):
            await self._run()
        elif PauseSatellite.is_type(event.type):
            self._paused = True
            self._break_off()
        elif Transcript.is_type(event.type) and not self._always:
            self._rest()
        elif Error.is_type(event.type):
            self._fail(event.data)
        elif Detect.is_type(event.type) and self._always:
            self._wait_for(None)  # it has begun anew
        elif Detection.is_type(event.type):
            self._note_woken()
            self._hush()
        elif Transcribe.is_type(event.type) and self._always:
            self._signal(Earcon.WAKE)
        elif TimerFinished.is_type(event.type):
            self._start(self._mouth.ring(""))
        else:
            self._play(event)

    async def _run(self) -> None:
        self._paused = False
        self._rest()
        if self._always:
            self._streaming = True
            await self._run_pipeline(PipelineStage.WAKE)

    async def _run_pipeline(self, first: PipelineStage, word: str | None = None) -> None:
        again = first is PipelineStage.WAKE
        await self._send(
            RunPipeline(first, self._last_stage, wake_word_name=word, restart_on_end=again).event()
        )

    def _fail(self, data: dict[str, Any]) -> None:
        complaint, code = str(data.get("text"))[:_LONGEST_COMPLAINT], data.get("code")
        if code not in _QUIET:
            if complaint != self._complaint:
                _log.warning("the hub says: %s", complaint)
            self._complaint = complaint
            if self._now() - self._woken_at < OVERDUE_SECONDS:  # else nobody waits for anything
                self._signal(Earcon.REFUSED)
        if self._always:
            self._wait_for(ANEW_SECONDS)
        else:
            self._rest()

    def _break_off(self) -> None:
        """What is being said comes to nothing."""
        if self._streaming and not self._always:
            self._signal(Earcon.REFUSED)
        self._rest()

    def _rest(self) -> None:
        """Send nothing more of what is heard."""
        self._streaming = False
        self._wait_for(None)

    def _note_woken(self) -> None:
        self._woken_at, self._complaint = self._now(), ""

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _send(self, event: WyomingEvent) -> None:
        if self._hub is not None:
            await self._hub.send(event)

    # --- What it says ----------------------------------------------------------------------------------

    def _play(self, event: WyomingEvent) -> None:
        if AudioStart.is_type(event.type):
            self._begin_sound(SoundFormat.of(event.data))
        elif SoundEvent.is_type(event.type):
            sound_format = SoundFormat.of(event.data)
            if self._sound is not None and self._sound.rate != sound_format.rate:
                self._begin_sound(sound_format)
            if self._sound is not None:  # else it was broken off
                self._sound.put(sound_format, event.payload or b"")
        elif AudioStop.is_type(event.type):
            self._end_sound()

    def _begin_sound(self, sound_format: SoundFormat) -> None:
        self._end_sound()
        self._sound = HubSound(sound_format.rate)
        self._start(self._play_sound(self._sound, self._hub))

    def _end_sound(self) -> None:
        sound, self._sound = self._sound, None
        if sound is not None:
            sound.end()

    async def _play_sound(self, sound: HubSound, hub: Hub | None) -> None:
        await self._mouth.play(sound.pieces(), sound.rate)
        sound.end()
        if hub is not None and hub is self._hub:
            await hub.send(Played().event())

    def _hush(self) -> None:
        """Play no more of what is being played; what still comes of it is dropped."""
        self._mouth.hush()
        self._end_sound()

    def _signal(self, sound: Earcon) -> None:
        self._start(self._mouth.signal(sound))

    # --- What is heard ---------------------------------------------------------------------------------

    def opened(self) -> None:
        """There is a microphone; what it hears begins at second 0."""
        self._deaf = False
        self._kept.clear()
        self._since = -inf

    async def deaf(self) -> None:
        """There is no microphone any more."""
        deaf, self._deaf = self._deaf, True
        if self._streaming and not deaf:
            await self._send(AudioStop().event())
            if not self._always:
                self._rest()

    async def heard(self, event: Event) -> None:
        """Do what is to be done about something that was heard."""
        match event:
            case Sound(chunk):
                await self._take(chunk)
            case Woken(wake):
                await self._wake(wake)
            case Stopped():
                self._hush()
                await self._send(UserEvent(STOP).event())

    async def _take(self, chunk: AudioChunk) -> None:
        self._kept.append(chunk)
        while chunk.start - self._kept[0].start > KEPT_SECONDS:
            self._kept.popleft()
        if self._streaming:
            await self._send_sound(chunk)

    async def _send_sound(self, chunk: AudioChunk) -> None:
        if chunk.start >= self._since:
            pcm = chunk.samples.astype("<i2").tobytes()
            await self._send(SoundEvent(RATE, _WIDTH, 1, pcm, timestamp=round(1000 * chunk.start)).event())

    async def _wake(self, wake: Wake) -> None:
        if self._streaming and not self._speaking:
            return  # the hub listens already, and has heard it, too
        self._hush()
        if self._hub is None:
            _log.warning("“%s” was heard, and no hub is connected", wake.phrase)
            self._signal(Earcon.REFUSED)
            return
        if self._paused:
            return
        _log.info("woken by “%s”", wake.phrase)
        self._note_woken()
        self._signal(Earcon.WAKE)
        self._streaming, self._since = True, wake.end
        self._wait_for(OVERDUE_SECONDS)
        await self._send(Detection(name=wake.phrase, timestamp=round(1000 * wake.end)).event())
        await self._run_pipeline(PipelineStage.ASR, wake.phrase)
        for chunk in tuple(self._kept):  # what was sent already was not heard as said to it
            await self._send_sound(chunk)

    # --- In time ---------------------------------------------------------------------------------------

    def _wait_for(self, seconds: float | None) -> None:
        """The hub has to say something within so many seconds; None where it has not."""
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._overdue = loop.call_later(seconds, lambda: self._start(self._give_up()))

    async def _give_up(self) -> None:
        self._overdue = None
        if self._always:
            if self._streaming:
                await self._run_pipeline(PipelineStage.WAKE)
            return
        _log.warning("the hub has not said what has come of what it was sent")
        self._break_off()
        await self._send(AudioStop().event())

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        task: asyncio.Task[object] = asyncio.create_task(work, name="satellite")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[object]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("something for the hub could not be done", exc_info=error)
