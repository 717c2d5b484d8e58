"""A button that makes Paige listen, or be quiet: a message on its topic `listen`, not retained."""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from paige.iot.link import MqttLink
from paige.iot.message import Message
from paige.iot.presence import Topics

_log = logging.getLogger(__name__)

HUSH: Final = b"stop"
"""What is said is ended; anything else makes it listen, as the buttons of Home Assistant send `PRESS`."""


class PushToTalk:
    """Hears of the button; a context manager, within the link's.

    Args:
        link: Where it is pushed.
        topics: Our own topics.
        listen: Begins to listen.
        hush: Ends what is said.
    """

    def __init__(
        self, link: MqttLink, topics: Topics, listen: Callable[[], None], hush: Callable[[], None]
    ) -> None:
        self._link = link
        self._topics = topics
        self._listen = listen
        self._hush = hush

    def __enter__(self) -> Self:
        self._link.subscribe([self._topics.listen], self._pushed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.unsubscribe([self._topics.listen], self._pushed)

    def _pushed(self, message: Message) -> None:
        if message.retained:
            _log.warning("A message on %s is ignored: it is retained, and may be of any age.", message.topic)
        elif message.payload == HUSH:
            self._hush()
        else:
            self._listen()
