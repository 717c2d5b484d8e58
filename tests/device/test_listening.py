"""Listening: in a thread, in order, through lost microphones, and never in the way of stopping."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from paige.audio.chunk import AudioChunk, Utterance
from paige.audio.errors import SourceLost, SourceUnreadable
from paige.device import listening
from paige.device.listening import listen

PATIENCE = 10.0


class Microphone:
    """Delivers so many chunks, each with its number, then is lost, ends or falls silent."""

    description = "a test's microphone"

    def __init__(
        self, chunks: int, end: Exception | None = None, *, silence: threading.Event | None = None
    ) -> None:
        self._count = chunks
        self._end = end
        self._silence = silence
        self.closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed.set()

    def chunks(self) -> Iterator[AudioChunk]:
        for number in range(self._count):
            yield AudioChunk(np.full(160, number, np.int16), number * 0.01)
        if self._silence is not None:
            while not self._silence.wait(0.01):
                yield AudioChunk(np.full(160, -1, np.int16), 0.0)
        if self._end is not None:
            raise self._end


def each(chunks: Iterator[AudioChunk]) -> Iterator[Utterance]:
    """Every chunk is an utterance, apart from silence."""
    for chunk in chunks:
        if chunk.samples[0] >= 0:
            yield Utterance(chunk.samples, chunk.start, chunk.start)


class Ear:
    """Collects the numbers of what was handled."""

    def __init__(self, wanted: int) -> None:
        self.heard: list[int] = []
        self._wanted = wanted
        self.enough = asyncio.Event()

    async def handle(self, utterance: Utterance) -> None:
        self.heard.append(int(utterance.samples[0]))
        if len(self.heard) >= self._wanted:
            self.enough.set()


def logged(words: str, caplog: pytest.LogCaptureFixture) -> asyncio.Event:
    """Set when a message with these words is logged, from whatever thread."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    def look(record: logging.LogRecord) -> bool:
        if words in record.getMessage():
            loop.call_soon_threadsafe(told.set)
        return True

    caplog.handler.addFilter(look)
    return told


async def stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_utterances_are_handled_in_order_and_the_microphone_is_closed_at_the_end() -> None:
    microphone, ear = Microphone(3, silence=threading.Event()), Ear(3)
    task = asyncio.create_task(listen(lambda: microphone, each, ear.handle))
    async with asyncio.timeout(PATIENCE):
        await ear.enough.wait()
    assert ear.heard == [0, 1, 2]
    await stopped(task)
    assert microphone.closed.is_set()


async def test_a_lost_microphone_is_said_once_and_opened_again(caplog: pytest.LogCaptureFixture) -> None:
    last = Microphone(1, silence=threading.Event())
    attempts: list[object] = [
        Microphone(1, SourceLost("The microphone was unplugged.")),
        SourceUnreadable("There is no microphone."),
        SourceUnreadable("There is no microphone."),
        last,
    ]

    def open_source() -> Microphone:
        attempt = attempts.pop(0)
        if isinstance(attempt, Exception):
            raise attempt
        assert isinstance(attempt, Microphone)
        return attempt

    ear = Ear(2)
    with caplog.at_level(logging.INFO):
        task = asyncio.create_task(listen(open_source, each, ear.handle, pause=0.001))
        async with asyncio.timeout(PATIENCE):
            await ear.enough.wait()
        await stopped(task)
    assert last.closed.is_set()
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == [
        "The microphone was unplugged; text is served, the microphone is tried again",
        "There is no microphone; text is served, the microphone is tried again",
    ]


async def test_what_is_said_while_too_much_waits_is_dropped_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    silence, released = threading.Event(), asyncio.Event()
    microphone, ear = Microphone(20, silence=silence), Ear(listening.MOST_WAITING)

    async def slow(utterance: Utterance) -> None:
        await released.wait()
        await ear.handle(utterance)

    dropped = logged("dropped", caplog)
    task = asyncio.create_task(listen(lambda: microphone, each, slow))
    async with asyncio.timeout(PATIENCE):
        await dropped.wait()
        released.set()
        await ear.enough.wait()
    assert ear.heard == sorted(ear.heard)
    await stopped(task)


async def test_a_microphone_that_hangs_does_not_keep_the_service_from_stopping(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening, "_CLOSE_SECONDS", 0.05)
    hanging = threading.Event()

    class Hanging(Microphone):
        def chunks(self) -> Iterator[AudioChunk]:
            opened.set()
            hanging.wait(PATIENCE)
            yield from ()

    opened = threading.Event()
    task = asyncio.create_task(listen(lambda: Hanging(0), each, Ear(1).handle, pause=0.0))
    assert await asyncio.to_thread(opened.wait, PATIENCE)
    await stopped(task)
    assert "does not close" in caplog.text
    hanging.set()


async def test_a_fault_in_the_thread_is_logged_and_text_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    told = logged("listening has ended", caplog)
    task = asyncio.create_task(listen(lambda: Microphone(1, ZeroDivisionError("oh")), each, Ear(1).handle))
    async with asyncio.timeout(PATIENCE):
        await told.wait()
    assert not task.done()
    await stopped(task)


async def test_one_that_is_missing_or_busy_or_lost_is_heard_two_seconds_after_it_can_be() -> None:
    """However long it was away, with the pauses as they are."""
    there, tried = time.monotonic() + 3.5, list[str]()

    def open_source() -> Microphone:
        if not tried:
            tried.append("lost")
            return Microphone(0, SourceLost("It was unplugged."))
        if time.monotonic() < there:
            tried.append("busy")
            raise SourceUnreadable("The microphone cannot be opened: it is in use by another program.")
        return Microphone(1, silence=threading.Event())

    ear = Ear(1)
    task = asyncio.create_task(listen(open_source, each, ear.handle))
    async with asyncio.timeout(PATIENCE):
        await ear.enough.wait()
    assert time.monotonic() < there + 2
    assert 2 <= tried.count("busy") <= 3, "and it is not asked all the time"
    await stopped(task)
