"""Every ear and mouth of the house: the microphone here, satellites, and who else uses Paige's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from paige.audio.echo import EchoCanceller
from paige.audio.endpointer import Endpointer
from paige.audio.speaker import DeviceSpeaker
from paige.audio.voice_activity import open_voice_detector
from paige.audio.voices import Voice, open_voice
from paige.audio.wake import Phrase, WakeDetector
from paige.device.assistant import Assistant
from paige.device.board.profile import profile_here
from paige.device.config.phrase import parse_phrase
from paige.device.config.schema import Config
from paige.device.ear import Ear, Hears
from paige.device.mouth import Mouth
from paige.device.satellites.address import SatelliteAddress, parse_address, parse_place, parse_server
from paige.device.satellites.listener import Listener
from paige.device.satellites.nearest import NearestEar
from paige.device.turn import Turn
from paige.device.wake_words import detector_of
from paige.iot.arbiter import Arbiter
from paige.iot.presence import Topics

if TYPE_CHECKING:  # what they stand on takes memory that a house without satellites need not have
    from paige.device.satellites.satellite import Satellite

_EVERY_ADDRESS: Final = None


class Rooms:
    """What of the house can be heard and spoken to.

    Args:
        house: Who is asked.
        config: Everything that can be set.
        topics: Our own.
        done: Told of the turn that came of each utterance, whose reply is to be said.
        told: Told of the turn that came of each sentence that somebody else has heard.
        hearing: Told what is being heard: by which ear, where that is, and as `Hears.hearing` is; None where
            nobody wants to know.
    """

    def __init__(
        self,
        house: Assistant,
        config: Config,
        topics: Topics,
        done: Callable[[Turn], Awaitable[None]],
        told: Callable[[Turn], Awaitable[None]],
        hearing: Callable[[str, str | None, str | None], None] | None = None,
    ) -> None:
        self._house = house
        self._config = config
        self._topics = topics
        self._done = done
        self._told = told
        self._hearing = hearing
        self._preparing: set[asyncio.Task[None]] = set()
        self.voice_here: Voice | None = None
        """Ours, which may speak where one on another machine does not; None where nothing is said aloud."""
        self._voice: Voice | None = None
        if config.voice.aloud:
            self.voice_here = _voice(config)
            self._voice = _elsewhere(config, self.voice_here)
        self._echo = EchoCanceller() if self._voice is not None and config.voice.echo else None
        self.mouth = self._own_mouth()
        """Of the loudspeaker here; None where none is wanted."""
        self._satellites: list[tuple[Satellite, Mouth]] = []
        self._ears: list[Ear] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Listener]:
        """Everything that is configured, as long as it is needed; gives what listens to the microphone here.

        Raises:
            PhraseUnusable: A wake word cannot be said.
        """
        async with AsyncExitStack() as stack:
            arbiter = await stack.enter_async_context(Arbiter(self._house.link, self._topics))
            stack.callback(arbiter.join())
            stack.push_async_callback(self._close_ears)
            own = self._ear(self.mouth, self._config.house.area, self._done, self._echo)
            if self.mouth is not None:
                await self.mouth.try_out()
            await self._open_satellites(stack, arbiter)
            await self._open_servers(stack, arbiter)
            yield NearestEar(own, arbiter.wins)

    async def say(self, text: str, area: str | None, *, ring: bool = False) -> None:
        """Say something where it is for; everywhere where nobody says where that is."""
        mouths = self._mouths_in(area)
        await asyncio.gather(*(mouth.ring(text) if ring else mouth.say(text) for mouth in mouths))

    def hush(self) -> None:
        """Say no more, anywhere."""
        for mouth in self._mouths_in(None):
            mouth.hush()

    def speaks_in(self, area: str | None) -> bool:
        """Whether what is for an area is said there by us."""
        return any(mouth.heard for mouth in self._mouths_in(area))

    def _mouths_in(self, area: str | None) -> list[Mouth]:
        registry, here = self._house.home.registry, self._config.house.area
        wanted = None if area is None else registry.area(area)

        def is_there(place: str | None) -> bool:
            return wanted is None or place is None or registry.area(place) in {wanted, None}

        own = [self.mouth] if self.mouth is not None and is_there(here) else []
        return own + [mouth for satellite, mouth in self._satellites if is_there(satellite.area)]

    def _own_mouth(self) -> Mouth | None:
        if self._voice is None:
            return None
        wanted, heard = self._config.voice, self._echo.play if self._echo is not None else lambda _: None
        speaker = DeviceSpeaker(wanted.speaker, heard)
        return Mouth(self._voice, speaker, volume=wanted.volume, sounds=wanted.sounds)

    def _ear(
        self,
        mouth: Mouth | None,
        area: str | None,
        done: Callable[[Turn], Awaitable[None]],
        echo: EchoCanceller | None = None,
    ) -> Ear:
        hearing = None if self._hearing is None else partial(self._hearing, str(len(self._ears)), area)
        ear = Ear(Hears(self._house.pipeline, self._config.wake, area, done, mouth, echo, hearing))
        if mouth is not None:
            mouth.on_change(ear.speaks)
        self._ears.append(ear)
        return ear

    async def _close_ears(self) -> None:
        for ear in self._ears:
            await ear.close()

    async def _handle(self, text: str, here: str | None) -> Turn:
        """What comes of a sentence that somebody else has heard; they say the reply themselves."""
        turn = await self._house.pipeline.handle_text(text, here)
        await self._told(turn)
        return turn

    async def _open_satellites(self, stack: AsyncExitStack, arbiter: Arbiter) -> None:
        for text in self._config.satellites.wyoming:
            await stack.enter_async_context(self._satellite(parse_address(text), stack, arbiter))

    def _satellite(self, address: SatelliteAddress, stack: AsyncExitStack, arbiter: Arbiter) -> "Satellite":
        from paige.device.satellites.satellite import Satellite

        name = str(address)
        stack.callback(arbiter.join(name))
        wins = partial(arbiter.wins, name)
        mouth: Mouth | None = None

        def make_ear(one: Satellite) -> Listener:
            ready = asyncio.create_task(self._house.pipeline.listen_for_the_home(one.area))
            self._preparing.add(ready)
            ready.add_done_callback(self._preparing.discard)

            async def done(turn: Turn) -> None:
                await self._done(turn)
                await one.told(turn)

            return self._ear(mouth, one.area, done)

        satellite = Satellite(address, make_ear, wins=wins)
        if self._voice is not None:
            wanted = self._config.voice
            mouth = Mouth(self._voice, satellite.speaker, volume=wanted.volume, sounds=wanted.sounds)
            self._satellites.append((satellite, mouth))
        return satellite

    async def _open_servers(self, stack: AsyncExitStack, arbiter: Arbiter) -> None:
        wanted = self._config.satellites
        if wanted.wyoming_port is None and not wanted.hermes:
            return
        from paige.device.satellites.services import Services

        pipeline, language = self._house.pipeline, self._config.house.language
        phrases = {
            phrase.text: phrase for phrase in (Phrase(*parse_phrase(one)) for one in self._config.wake.words)
        }

        def open_wake(names: Sequence[str]) -> WakeDetector:
            return detector_of([phrases.get(name) or Phrase(name) for name in names])

        services = Services(
            language=language,
            recognizer=self._config.speech.recognizer,
            transcribe=pipeline.transcribe,
            handle=self._handle,
            understand=pipeline.understand,
            voice=self._voice,
            open_wake=open_wake,
            phrases=tuple(phrases),
            area=self._config.house.area,
            areas=dict(map(parse_place, wanted.areas)),
        )
        if wanted.wyoming_port is not None:
            from paige.device.satellites.server import WyomingServer
            from paige.device.satellites.session import opening

            await stack.enter_async_context(
                WyomingServer(opening(services), host=_EVERY_ADDRESS, port=wanted.wyoming_port)
            )
        if wanted.hermes:
            from paige.device.satellites.hermes.server import HermesServer

            await stack.enter_async_context(
                HermesServer(
                    self._house.link,
                    services,
                    lambda: Endpointer(open_voice_detector()),
                    wins=arbiter.wins,
                )
            )


def _voice(config: Config) -> Voice:
    """The voice here.

    Raises:
        VoiceUnusable: There is no such voice here.
    """
    threads = profile_here(config.board).threads.voice
    return open_voice(config.voice.name, config.house.language, threads=threads)


def _elsewhere(config: Config, own: Voice) -> Voice:
    """What speaks: the voice here, or one on another machine before it."""
    if config.voice.server is None:
        return own
    from paige.device.satellites.elsewhere import Service, VoiceElsewhere

    return VoiceElsewhere(Service(parse_server(config.voice.server), "the voice"), own)
