"""The satellite as a service, until stopped."""

import asyncio
import gc
import logging
import platform
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from functools import partial

from paige.audio.chunk import AudioChunk
from paige.audio.echo import EchoCanceller
from paige.audio.errors import AudioError
from paige.audio.microphone import MicrophoneSource
from paige.audio.source import AudioSource
from paige.audio.speaker import DeviceSpeaker, NullSpeaker, Speaker
from paige.device.config.schema import Config
from paige.device.errors import ConfigInvalid
from paige.device.listening import listen
from paige.device.memory.code import forget_start
from paige.device.microphone_watch import MicrophoneWatch
from paige.device.mouth import Aloud, Mouth
from paige.device.notify import Notifier
from paige.device.satellites.address import PORT
from paige.device.satellites.here.ear import Event, SatelliteEar
from paige.device.satellites.here.role import Role
from paige.device.satellites.here.session import HubSession, describe
from paige.device.satellites.limits import Limits
from paige.device.satellites.server import WyomingServer
from paige.device.wake_words import check_wake_words

_log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Chunks of sound that may wait for the network, half a minute."""


class SatelliteService:
    """Serves one hub after the other until it is told to stop.

    Args:
        config: Everything that can be set; of it, what concerns the microphone, wake words and loudspeaker.
        notifier: Tells the service manager how it goes.
        host: The address to listen at; None for all of this machine.
        port: The port; 0 for one that is free.
        open_source: Gives the microphone; by default the one that is configured.
        open_speaker: Gives the loudspeaker, by who is told what it plays; by default the one configured.
        limits: How much a hub may ask for.
    """

    def __init__(
        self,
        config: Config,
        notifier: Notifier,
        *,
        host: str | None = None,
        port: int = PORT,
        open_source: Callable[[], AudioSource] | None = None,
        open_speaker: Callable[[Callable[..., None]], Speaker] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._config = config
        self._notifier = notifier
        self._host = host
        self._port = port
        self._open_source = open_source or partial(MicrophoneSource, config.speech.microphone)
        self._open_speaker = open_speaker or partial(DeviceSpeaker, config.voice.speaker)
        self._limits = limits or Limits(clients=8)
        self._stop = asyncio.Event()
        self._stopped_by: signal.Signals | None = None
        self._trouble: Exception | None = None
        self._calm = False
        """Whether what only the start needed has been given back."""

    @property
    def port(self) -> int:
        """Where it listens, once it serves."""
        return self._port

    def stop(self, by: signal.Signals | None = None) -> None:
        """End the service cleanly."""
        self._stopped_by = by
        self._stop.set()

    async def serve(self) -> signal.Signals | None:
        """Serve, and give the signal that ended it.

        Raises:
            ConfigInvalid: A satellite cannot be as is configured.
            PortUnusable: The port is taken.
        """
        if self._config.wake.mode == "push":
            raise ConfigInvalid(
                "wake.mode: push is nothing for a satellite, which has no button; it listens for its own "
                "wake words (word), or sends all sound so that those of its hub count (always)"
            )
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            for one in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(one, self.stop, one)
                stack.callback(loop.remove_signal_handler, one)
            await asyncio.to_thread(check_wake_words, self._config.wake)
            ear, role = self._parts(stack)
            info = describe(self._config, platform.node())
            server = WyomingServer(
                lambda name, limits, send: HubSession(role, info, name, limits, send),
                host=self._host,
                port=self._port,
                limits=self._limits,
                setting="--listen",
            )
            await stack.enter_async_context(server)
            self._port = server.port
            watch = MicrophoneWatch(self._tell)
            listening = self._listen(ear, role, watch)
            for work in (self._notifier.keep_alive(), watch.run(), listening, role.try_out()):
                stack.push_async_callback(_end, asyncio.create_task(work))
            self._notifier.ready()
            await self._stop.wait()
            self._notifier.stopping()
            _log.info("stopping")
        if self._trouble is not None:
            raise self._trouble
        return self._stopped_by

    def _parts(self, stack: AsyncExitStack) -> tuple[SatelliteEar, Role]:
        wanted, wake = self._config.voice, self._config.wake
        echo = EchoCanceller() if wanted.aloud and wanted.echo else None
        speaker: Speaker = NullSpeaker()
        if wanted.aloud:
            speaker = self._open_speaker(echo.play if echo is not None else lambda _: None)
        mouth = Mouth(
            None,
            speaker,
            volume=wanted.volume,
            sounds=wanted.sounds,
            otherwise="replies are not heard here",
        )
        ear = SatelliteEar(wake, echo)
        role = Role(mouth, always=wake.mode == "always", speaks=wanted.aloud)

        def changed(aloud: Aloud) -> None:
            ear.speaks(aloud)
            role.speaks(aloud)

        mouth.on_change(changed)
        stack.callback(speaker.close)
        stack.push_async_callback(role.close)
        return ear, role

    async def _listen(self, ear: SatelliteEar, role: Role, watch: MicrophoneWatch) -> None:
        loop = asyncio.get_running_loop()
        losing: set[asyncio.Task[None]] = set()

        def opened(source: AudioSource) -> None:
            role.opened()
            if isinstance(source, MicrophoneSource):
                watch.opened(source.health)

        def lost(complaint: str) -> None:
            watch.lost(complaint)
            task = asyncio.create_task(role.deaf())
            losing.add(task)
            task.add_done_callback(losing.discard)

        def events(chunks: Iterator[AudioChunk]) -> Iterator[Event]:
            try:
                yield from ear.events(chunks)
            except AudioError:
                raise
            except Exception as error:
                loop.call_soon_threadsafe(self._break_off, error)
                raise

        async def handle(event: Event) -> None:
            await role.heard(event)
            if not self._calm:
                self._calm = True
                gc.freeze()
                await asyncio.to_thread(forget_start)

        try:
            await listen(
                self._open_source,
                events,
                handle,
                opened=opened,
                lost=lost,
                waiting=MOST_WAITING,
                meanwhile="",
            )
        except Exception as error:  # noqa: BLE001  # nobody waits for it before the end
            self._break_off(error)

    def _break_off(self, error: Exception) -> None:
        """A satellite that cannot hear any more is no use: the service manager starts another."""
        _log.error("listening has ended", exc_info=error)
        self._trouble = error
        self._stop.set()

    async def _tell(self, how: Mapping[str, object]) -> None:
        self._notifier.status(str(how["complaint"]) or "listening")
        if how["state"] not in ("ok", "lost"):  # that it is lost was said by who tries it again
            _log.warning("%s", how["complaint"])


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
