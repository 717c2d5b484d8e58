"""A lamp inside this process, and the link that leads to it and nowhere else."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from paige.iot.link import Delivery, Handler, LinkState, MqttLink, Receipt
from paige.iot.link_options import LinkOptions
from paige.iot.message import Message, Publication

COMMAND: Final = "selftest/lamp/set"
STATE: Final = "selftest/lamp"


class LampLink(MqttLink):
    """A link without a network: what is sent to the lamp is answered by it, as a broker would bring it."""

    def __init__(self) -> None:
        super().__init__(LinkOptions("nowhere.invalid"))
        self.lamp = b"OFF"
        """As it is now."""

    async def __aenter__(self) -> Self:
        """Be up at once."""
        self._set_status(LinkState.CONNECTED, "")
        self._up.set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing was opened."""

    def subscribe(self, filters: Iterable[str], handler: Handler, *, qos: int = 0) -> None:
        """As a broker would: what the lamp has retained comes at once."""
        super().subscribe(filters, handler, qos=qos)
        self._subscribed.set()
        self._bring(retained=True)

    def unsubscribe(self, filters: Iterable[str], handler: Handler) -> None:
        """As a broker would."""
        super().unsubscribe(filters, handler)
        self._subscribed.set()

    async def publish(self, publication: Publication, *, within: float) -> Receipt:
        """Give it to the lamp, where it is for that."""
        sent = self._clock()
        if publication.topic == COMMAND:
            self.lamp = publication.payload
            self._bring(retained=False)
        return Receipt(Delivery.DELIVERED, sent=sent)

    def _bring(self, *, retained: bool) -> None:
        message = Message(STATE, self.lamp, retained)
        asyncio.get_running_loop().call_soon(self._dispatch, message)
