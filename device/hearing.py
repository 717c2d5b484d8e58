"""The service's ears: the configured microphone and recognizer, and what is said to them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from paige.audio.chunk import Utterance
from paige.audio.endpointer import utterances
from paige.audio.errors import SourceUnreadable
from paige.audio.microphone import MicrophoneSource
from paige.device.assistant import Assistant
from paige.device.config.schema import Speech
from paige.device.listening import listen
from paige.device.turn import Turn
from paige.iot.registry import Update
from paige.models.errors import ModelError
from paige.models.heap import give_back
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.protocol import Recognizer

_log = logging.getLogger(__name__)

CALM_SECONDS = 1.0
"""Devices appear in swarms; the recognizer learns their names when none has come for this long."""
MOST_ANSWERED = 4
"""Utterances whose turns may be under way at a time; the next waits for one of them."""


def open_ears(speech: Speech) -> Recognizer | None:
    """The configured recognizer, or None as long as there is no microphone to need it.

    Raises:
        ModelUnusable: The configured model cannot be used.
    """
    try:
        with MicrophoneSource(speech.microphone):
            pass
    except SourceUnreadable:
        return None  # `hear` tells of it, and tries again
    return open_recognizer(speech.recognizer, speech.model)


async def hear(
    speech: Speech, house: Assistant, area: str | None, done: Callable[[Turn], Awaitable[None]]
) -> None:
    """Handle what is said, until cancelled; a microphone that is not there is waited for.

    It ends where the recognizer cannot be used once a microphone came; that is logged.

    Args:
        speech: The section `speech` of the configuration.
        house: The assistant; it is given a recognizer with the first microphone where it has none.
        area: Where the microphone stands.
        done: Called with the turn that came of each utterance.
    """
    there, ready = asyncio.Event(), asyncio.Event()
    answering: set[asyncio.Task[None]] = set()
    free = asyncio.Semaphore(MOST_ANSWERED)

    async def handle(utterance: Utterance) -> None:
        await ready.wait()
        await free.acquire()
        # What takes its time, such as a garage door, must not keep who speaks from stopping it.
        task = asyncio.create_task(answer(utterance), name="utterance")
        answering.add(task)
        task.add_done_callback(finished)

    def finished(task: asyncio.Task[None]) -> None:
        answering.discard(task)
        free.release()

    async def answer(utterance: Utterance) -> None:
        try:
            await done(await house.pipeline.handle_utterance(utterance, area))
            await house.pipeline.listen_for_the_home(area)  # a question makes its answers worth hearing
            await asyncio.to_thread(give_back)
        except Exception:  # noqa: BLE001  # one utterance must not take the ears from the next
            _log.exception("an utterance could not be handled")

    async def keep_ready() -> None:
        await there.wait()
        if not house.pipeline.hears:
            house.pipeline.hear_with(
                await asyncio.to_thread(open_recognizer, speech.recognizer, speech.model)
            )
        ready.set()
        await _keep_names(house, area)

    source = partial(MicrophoneSource, speech.microphone)
    work = [
        asyncio.create_task(keep_ready(), name="recognizer"),
        asyncio.create_task(listen(source, utterances, handle, opened=there.set), name="listening"),
    ]
    try:
        for ended in (await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED))[0]:
            ended.result()
    except ModelError as error:
        _log.error("%s; text is served, speech is not", str(error).rstrip("."))
    except Exception:  # noqa: BLE001  # nobody waits for the ears before the end: what broke is told here
        _log.exception("listening has ended; text is still served")
    finally:
        for task in (*work, *answering):
            task.cancel()
        await asyncio.gather(*work, *answering, return_exceptions=True)


async def _keep_names(house: Assistant, area: str | None) -> None:
    """Ready the recognizer for the home's names as they change, before someone has to wait for it."""
    changed = asyncio.Event()
    registry = house.home.registry
    version = registry.version

    def note(_: Update) -> None:
        if registry.version != version:
            changed.set()

    unsubscribe = registry.subscribe(note)
    changed.set()  # for what came before we listened
    try:
        while True:
            await changed.wait()
            while changed.is_set():
                changed.clear()
                version = registry.version
                await asyncio.sleep(CALM_SECONDS)
            try:
                await house.pipeline.listen_for_the_home(area)
                await asyncio.to_thread(give_back)
            except Exception:  # noqa: BLE001  # what is wrong with these names may be right with the next
                _log.exception("the recognizer could not be made ready for the home's names")
    finally:
        unsubscribe()
