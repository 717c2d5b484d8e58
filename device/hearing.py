"""The service's ears: the configured microphone and recognizer, and what is said to them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from paige.audio.chunk import Utterance
from paige.audio.endpointer import utterances
from paige.audio.errors import SourceUnreadable
from paige.audio.microphone import MicrophoneSource
from paige.device.assistant import Assistant
from paige.device.config.schema import Speech
from paige.device.listening import listen
from paige.device.turn import Turn
from paige.iot.registry import Update
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.protocol import Recognizer

_log = logging.getLogger(__name__)

CALM_SECONDS = 1.0
"""Devices appear in swarms; the recognizer learns their names when none has come for this long."""


def open_ears(speech: Speech) -> Recognizer | None:
    """The configured recognizer, or None where there is no microphone to need it; that is logged.

    Raises:
        ModelUnusable: The configured model cannot be used.
    """
    try:
        with MicrophoneSource(speech.microphone):
            pass
    except SourceUnreadable as error:
        _log.warning("%s; text is served, speech is not", str(error).rstrip("."))
        return None
    return open_recognizer(speech.recognizer, speech.model)


async def hear(
    speech: Speech, house: Assistant, area: str | None, done: Callable[[Turn], Awaitable[None]]
) -> None:
    """Handle what is said, until cancelled.

    Args:
        speech: The section `speech` of the configuration.
        house: The assistant, with a recognizer.
        area: Where the microphone stands.
        done: Called with each turn in which something was understood or asked.
    """

    async def handle(utterance: Utterance) -> None:
        try:
            await done(await house.pipeline.handle_utterance(utterance, area))
            await house.pipeline.listen_for_the_home(area)  # a question makes its answers worth hearing
        except Exception:  # noqa: BLE001  # one utterance must not take the ears from the next
            _log.exception("an utterance could not be handled")

    names = asyncio.create_task(_keep_names(house, area), name="names")
    try:
        await listen(lambda: MicrophoneSource(speech.microphone), utterances, handle)
    finally:
        names.cancel()


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
            await house.pipeline.listen_for_the_home(area)
    finally:
        unsubscribe()
