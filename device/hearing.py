"""The service's ears: the configured microphone and recognizer, and what is said to them."""

import asyncio
import logging
from functools import partial

from paige.audio.errors import SourceUnreadable
from paige.audio.microphone import MicrophoneSource
from paige.audio.source import AudioSource
from paige.device.assistant import Assistant
from paige.device.attention import Event
from paige.device.config.schema import Speech
from paige.device.listening import listen
from paige.device.memory.code import forget_start
from paige.device.microphone_watch import MicrophoneWatch
from paige.device.satellites.listener import Listener
from paige.iot.registry import Update
from paige.models.errors import ModelError
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.protocol import Recognizer

_log = logging.getLogger(__name__)

CALM_SECONDS = 1.0
"""Devices appear in swarms; the recognizer learns their names when none has come for this long."""


def open_ears(speech: Speech, *, needed: bool = False) -> Recognizer | None:
    """The configured recognizer, or None as long as there is no microphone to need it.

    Args:
        speech: The section `speech` of the configuration.
        needed: Whether others than the microphone need it.

    Raises:
        ModelUnusable: The configured model cannot be used.
    """
    try:
        if not needed:
            with MicrophoneSource(speech.microphone):
                pass
    except SourceUnreadable:
        return None  # `hear` tells of it, and tries again
    return open_recognizer(speech.recognizer, speech.model)


async def hear(
    speech: Speech, house: Assistant, area: str | None, ear: Listener, watch: MicrophoneWatch | None = None
) -> None:
    """Handle what is said, until cancelled; a microphone that is not there is waited for.

    It ends where the recognizer cannot be used once a microphone came; that is logged.

    Args:
        speech: The section `speech` of the configuration.
        house: The assistant; it is given a recognizer with the first microphone where it has none.
        area: Where the microphone stands.
        ear: What is done with its sound.
        watch: Looks after the microphone.
    """
    there, ready = asyncio.Event(), asyncio.Event()

    def opened(source: AudioSource) -> None:
        there.set()
        if watch is not None and isinstance(source, MicrophoneSource):
            watch.opened(source.health)

    def lost(complaint: str) -> None:
        if watch is not None:
            watch.lost(complaint)

    async def handle(event: Event) -> None:
        await ready.wait()
        await ear.handle(event)

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
        asyncio.create_task(listen(source, ear.events, handle, opened=opened, lost=lost), name="listening"),
    ]
    try:
        for ended in (await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED))[0]:
            ended.result()
    except ModelError as error:
        _log.error("%s; text is served, speech is not", str(error).rstrip("."))
    except Exception:  # noqa: BLE001  # nobody waits for the ears before the end: what broke is told here
        _log.exception("listening has ended; text is still served")
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


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
                await asyncio.to_thread(forget_start)
            except Exception:  # noqa: BLE001  # what is wrong with these names may be right with the next
                _log.exception("the recognizer could not be made ready for the home's names")
    finally:
        unsubscribe()
