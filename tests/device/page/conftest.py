"""A page over a real socket, before the simulated house on a real broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from tests.device.scene import Scene, served_house

from paige.device.page.address import PageAddress
from paige.device.page.app import PageApp
from paige.device.page.feed import Feed
from paige.device.page.guard import Guard
from paige.device.page.server import PageLimits, PageServer
from paige.iot.presence import Topics
from paige.iot.requests import Gate, Request

HOST = "127.0.0.1"
PATIENCE = 30.0
TOKEN = "correct-horse-battery"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class News:
    """What a browser reads of the events."""

    def __init__(self, answer: Answer, reader: asyncio.StreamReader) -> None:
        self.answer = answer
        self._reader = reader

    async def event(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(PATIENCE):
            block = b""
            while not block.startswith(b"event: "):
                block = await self._reader.readuntil(b"\n\n")
        name, data = block.decode().rstrip("\n").split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def until(self, name: str) -> dict[str, Any]:
        while True:
            found, data = await self.event()
            if found == name:
                return data


@dataclass
class Page:
    """A page, and how a browser speaks with it."""

    port: int
    feed: Feed | None = None
    headers: Mapping[str, str] = ()  # type: ignore[assignment]  # set below

    def __post_init__(self) -> None:
        self.headers = dict(self.headers)

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.port, limit=2**20)

    async def send(self, data: bytes) -> bytes:
        """All that comes back on a connection of its own until that ends."""
        reader, writer = await self.connect()
        writer.write(data)
        try:
            async with asyncio.timeout(PATIENCE):
                return await reader.read()
        finally:
            writer.close()

    def head(self, method: str, path: str, headers: Mapping[str, str | None]) -> bytes:
        wanted = {"Host": f"{HOST}:{self.port}", **self.headers, **headers}
        lines = [f"{name}: {value}" for name, value in wanted.items() if value is not None]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str | None) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            named.setdefault("Content-Length", str(len(body)))
        return _parsed(await self.send(self.head(method, path, named) + body))

    async def say(self, text: str, request_id: str = "", /, **fields: Any) -> Answer:
        """As the page itself would."""
        Page.said += 1
        body = {"id": request_id or f"r{Page.said}", "text": text, **fields}
        return await self.post(json.dumps(body).encode())

    said = 0

    async def post(self, body: bytes, **headers: str | None) -> Answer:
        own: dict[str, str | None] = {"Origin": self.origin, "Content-Type": "application/json"}
        return await self.ask("POST", "/say", body, **{**own, **headers})

    @asynccontextmanager
    async def news(self, **headers: str) -> AsyncIterator[News]:
        reader, writer = await self.connect()
        writer.write(self.head("GET", "/events", headers))
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
            yield News(_parsed(head), reader)
        finally:
            writer.close()


def _parsed(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), {name.lower(): value for name, value in pairs}, body)


@asynccontextmanager
async def served_page(
    scene: Scene, token: str | None = None, limits: PageLimits | None = None
) -> AsyncIterator[Page]:
    """A page on a port that is free."""
    feed = Feed("Test House")

    async def answer(request: Request) -> bytes:
        turn = await scene.say(request.text, request.here)
        feed.turn(turn)
        return json.dumps(turn.to_json()).encode()

    app = PageApp(feed, Guard(("paige.example",), token), Gate(Topics()), answer)
    async with PageServer(app, PageAddress(HOST, 0), limits) as server:
        yield Page(server.port, feed, {} if token is None else {"Authorization": f"Bearer {token}"})


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene() -> AsyncIterator[Scene]:
    async with served_house() as house:
        yield house
