"""A Wyoming satellite that behaves as wyoming-satellite does, without its sound, on a real TCP port."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from wyoming.audio import AudioChunk, AudioStop
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Attribution, Describe, Info, Satellite
from wyoming.ping import Ping, Pong
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.snd import Played

from paige.audio.chunk import RATE, Samples

PATIENCE = 60.0


@dataclass
class FakeSatellite:
    """Keeps what it is sent, and sends sound when a test says so."""

    area: str | None = None
    answers_pings: bool = True
    says_played: bool = True
    port: int = 0
    events: list[Event] = field(default_factory=list)
    hubs: int = 0
    """How often a hub has connected."""
    _writer: asyncio.StreamWriter | None = None
    _server: asyncio.Server | None = None
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop()

    def drop(self) -> None:
        """Lose power, as far as the hub can tell."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.hubs += 1
        try:
            while (event := await async_read_event(reader)) is not None:
                await self._answer(event)
                if not Ping.is_type(event.type):
                    self.events.append(event)
                self._came.set()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _answer(self, event: Event) -> None:
        if Describe.is_type(event.type):
            about = Satellite(
                "fake", Attribution("", ""), installed=True, description=None, version=None, area=self.area
            )
            await self.send(Info(satellite=about).event())
        elif Ping.is_type(event.type) and self.answers_pings:
            await self.send(Pong().event())
        elif AudioStop.is_type(event.type) and self.says_played:
            await self.send(Played().event())

    async def send(self, event: Event) -> None:
        assert self._writer is not None, "no hub has connected"
        await async_write_event(event, self._writer)

    async def wakes(self, stage: PipelineStage = PipelineStage.ASR) -> None:
        """Hear the wake word by itself, and begin to send sound."""
        await self.send(RunPipeline(stage, PipelineStage.TTS).event())

    async def speaks(self, samples: Samples, *, rate: float = math.inf) -> None:
        """Send sound, so many samples a second at most."""
        began = time.monotonic()
        for at in range(0, len(samples), 1024):
            await asyncio.sleep(max(0.0, began + at / rate - time.monotonic()))
            piece = samples[at : at + 1024].tobytes()
            await self.send(AudioChunk(RATE, 2, 1, piece).event())

    async def until(self, satisfied: Callable[[list[Event]], bool]) -> list[Event]:
        async with asyncio.timeout(PATIENCE):
            while not satisfied(self.events):
                self._came.clear()
                await self._came.wait()
        return self.events

    async def got(self, kind: str, count: int = 1) -> Event:
        """The event of that type, once so many have come."""
        events = await self.until(lambda events: sum(event.type == kind for event in events) >= count)
        return [event for event in events if event.type == kind][count - 1]


@asynccontextmanager
async def satellite(**fields: object) -> AsyncIterator[FakeSatellite]:
    async with FakeSatellite(**fields) as one:  # type: ignore[arg-type] # its fields, as the test names them
        yield one
