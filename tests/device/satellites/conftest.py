"""Real clients and servers over TCP, and words from a real recognizer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.device.scene import Scene
from wyoming.client import AsyncTcpClient
from wyoming.event import Event

from paige.audio.chunk import Samples, Utterance
from paige.audio.wav import read_wav
from paige.device.satellites.limits import Limits
from paige.device.satellites.server import WyomingServer
from paige.device.satellites.services import Services
from paige.device.satellites.session import opening
from paige.models.recognizer import open_recognizer
from paige.models.transcript import Transcript

RECORDINGS = Path(__file__).parents[3] / "tools/demo/recordings"
PATIENCE = 30.0
HOST = "127.0.0.1"

Transcriber = Callable[[Utterance, str | None], Awaitable[Transcript]]


def spoken(name: str) -> Samples:
    """A recording of somebody who speaks to the house. Shape: [samples]."""
    return read_wav(RECORDINGS / name).samples


@pytest.fixture(scope="module")
def recognizer(scene: Scene) -> None:
    """What is said is recognized by the real one."""
    scene.assistant.pipeline.hear_with(open_recognizer("pocketsphinx"))


@pytest.fixture
def no_pacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies are sent as fast as they can be: nobody listens to them here."""
    monkeypatch.setattr("paige.device.satellites.speaker.AHEAD_SECONDS", 60.0)


@pytest.fixture(scope="module")
def transcribe(scene: Scene) -> Transcriber:
    """The default recognizer, for what can be said in the house."""
    recognizer = open_recognizer("pocketsphinx")
    recognizer.restrict(*scene.assistant.pipeline._understanding.languages(None, asked=None))
    busy = asyncio.Lock()

    async def work(utterance: Utterance, here: str | None) -> Transcript:
        async with busy:
            return await asyncio.to_thread(recognizer.recognize, utterance)

    return work


@asynccontextmanager
async def served(
    services: Services, limits: Limits | None = None, port: int = 0
) -> AsyncIterator[WyomingServer]:
    async with WyomingServer(opening(services), host=HOST, port=port, limits=limits) as server:
        yield server


@asynccontextmanager
async def client_of(server: WyomingServer) -> AsyncIterator[AsyncTcpClient]:
    """The client that Home Assistant uses."""
    async with AsyncTcpClient(HOST, server.port, connect_timeout=PATIENCE, read_timeout=PATIENCE) as client:
        yield client


async def answer(client: AsyncTcpClient) -> Event:
    event = await client.read_event()
    assert event is not None, "the server has hung up"
    return event


def pcm(samples: Samples, width: int, channels: int) -> bytes:
    """Samples as another program would write them."""
    wide: NDArray[np.int64] = np.repeat(samples.astype(np.int64), channels)
    if width == 1:
        return bytes((wide // 256 + 128).astype(np.uint8).tobytes())
    scaled = wide * 2 ** (8 * width - 16)
    if width == 3:
        return bytes(scaled.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    return bytes(scaled.astype(f"<i{width}").tobytes())
