"""Wyoming's events on a stream of bytes.

An event is a line of JSON, `{"type": …, "data": {…}, "data_length": …, "payload_length": …}`, then as many
bytes of JSON, whose fields join those of `data`, and as many of payload. The library's own reader would wait
for ever for what was promised, and take any length of it.
"""

import asyncio
import json
from collections.abc import Awaitable
from typing import Any, TypeVar

from wyoming.event import Event, async_write_event

from paige.device.errors import PeerInvalid
from paige.device.satellites.limits import Limits

_Result = TypeVar("_Result")


async def read_event(reader: asyncio.StreamReader, limits: Limits, idle: float) -> Event | None:
    """The next event; None where the peer has hung up between two.

    Args:
        reader: Made with `limits.header` as its limit.
        limits: How long, and how large, an event may be.
        idle: Seconds to wait for it to begin.

    Raises:
        PeerInvalid: What came is no event, or is too large or too slow.
    """
    first = await _within(idle, reader.read(1), f"it has sent nothing for {idle:g} seconds")
    if not first:
        return None
    rest = _rest_of_event(reader, first, limits)
    return await _within(
        limits.event_seconds, rest, f"it has not ended an event within {limits.event_seconds:g} seconds"
    )


async def write_event(event: Event, writer: asyncio.StreamWriter, limits: Limits) -> None:
    """Send an event.

    Raises:
        PeerInvalid: The peer does not take it.
        OSError: The connection is lost.
    """
    await _within(limits.event_seconds, async_write_event(event, writer), "it does not take what it is sent")


async def _within(seconds: float, work: Awaitable[_Result], complaint: str) -> _Result:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise PeerInvalid(complaint) from None


async def _rest_of_event(reader: asyncio.StreamReader, first: bytes, limits: Limits) -> Event:
    try:
        header = _object(first + await reader.readuntil(b"\n"), "the first line of an event")
        kind, data = header.get("type"), header.get("data") or {}
        if not isinstance(kind, str) or not isinstance(data, dict):
            raise PeerInvalid("an event has no “type” that is a text, or its “data” is no object")
        length = _length(header, "data_length", limits.data)
        if length:
            data = {**data, **_object(await reader.readexactly(length), "the data of an event")}
        length = _length(header, "payload_length", limits.payload)
        payload = await reader.readexactly(length) if length else None
    except asyncio.LimitOverrunError:
        raise PeerInvalid(f"the first line of an event is longer than {limits.header} bytes") from None
    except asyncio.IncompleteReadError:
        raise PeerInvalid("it has hung up in the middle of an event") from None
    return Event(kind, data, payload)


def _object(text: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise PeerInvalid(f"{what} is not JSON") from None
    if not isinstance(value, dict):
        raise PeerInvalid(f"{what} is no JSON object")
    return value


def _length(header: dict[str, Any], name: str, most: int) -> int:
    length = header.get(name)
    if length is None:
        return 0
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise PeerInvalid(f"“{name}” is no number of bytes")
    if length > most:
        raise PeerInvalid(f"“{name}” is {length}, and {most} bytes are the most that is taken")
    return length
