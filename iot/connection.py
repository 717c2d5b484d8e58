"""One connection to a broker, from its beginning to its end."""

import asyncio
import logging
import os
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from paige.iot.errors import LinkDown, LinkRefused
from paige.iot.link_failure import dropped, no_broker, refusal, unreachable
from paige.iot.link_options import LinkOptions
from paige.iot.message import Message, Publication

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike  # paho defines it for type checkers alone

_MISC_SECONDS = 1.0
_GOODBYE_SECONDS = 1.0
_PACKETS_PER_READ = 5
_QUICK_ACK: Final = getattr(socket, "TCP_QUICKACK", None)  # Linux alone has it
_REFUSED = 128
"""From this reason code on, a SUBACK says no (MQTT 3.1.1, section 3.9.3)."""


class Connection:
    """An MQTT 3.1.1 connection on asyncio that never reconnects.

    Each connection has its own paho client and a clean session: what it could not send, or what was not
    acknowledged, ends with it. paho alone would send that again after reconnecting, and a door would open
    minutes after someone asked for it.

    Messages are handed over as they are read, and nothing more is read meanwhile: a flood of them waits in
    the broker, not in our memory.
    """

    def __init__(
        self,
        options: LinkOptions,
        client_id: str,
        will: Publication | None,
        on_message: Callable[[Message], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._options = options
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[tuple[int, ...]]] = {}
        self._misc: asyncio.TimerHandle | None = None
        self._errors = _LastError()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        """Resolves, when the connection has ended, to what a person would want to know of it."""
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        self._configure(will, tls)

    def _configure(self, will: Publication | None, tls: ssl.SSLContext | None) -> None:
        client = self._client
        if tls is not None:
            client.tls_set_context(tls)
        client.enable_logger(self._errors.logger)
        client.connect_timeout = self._options.timeout
        if self._options.username is not None:
            client.username_pw_set(self._options.username, self._options.password)
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._message
        client.on_publish = self._published
        client.on_subscribe = self._subscribed
        client.on_unsubscribe = self._unsubscribed
        client.on_socket_register_write = self._want_write
        client.on_socket_unregister_write = self._written
        client.on_socket_close = self._closing

    async def open(self) -> None:
        """Connect, and return when the broker has accepted us.

        Raises:
            LinkRefused: it was reached and has not.
            LinkDown: it was not reached.
        """
        dialing = asyncio.ensure_future(asyncio.to_thread(self._dial))
        try:
            await asyncio.shield(dialing)
            self._watch_reads()
            await asyncio.wait([self._accepted], timeout=self._options.timeout)
            if not self._accepted.done():
                self.abort("")
                raise LinkDown(no_broker(self._options))
            self._accepted.result()
        except asyncio.CancelledError:
            # A thread cannot be stopped: what it opens after all is closed when it is done.
            dialing.add_done_callback(self._hang_up)
            raise
        except ssl.SSLError as error:
            raise LinkRefused(unreachable(error, self._options)) from None
        except OSError as error:  # a TimeoutError is one
            raise LinkDown(unreachable(error, self._options)) from None
        except UnicodeError:  # of a host that no name can have
            raise LinkDown(unreachable(socket.gaierror(), self._options)) from None

    def _hang_up(self, dialing: asyncio.Future[None]) -> None:
        if not dialing.cancelled() and dialing.exception() is None:
            self.abort("")

    def _dial(self) -> None:
        self._client.connect(self._options.host, self._options.port, self._options.keepalive)

    async def subscribe(self, filters: Sequence[str], qos: int) -> tuple[str, ...]:
        """Subscribe, and give those filters that the broker refuses.

        Raises:
            LinkDown: the connection ended, or the broker did not answer in time.
        """
        result, mid = self._client.subscribe([(each, qos) for each in filters])
        codes = await self._answer(result, mid, self._options.timeout)
        return tuple(each for each, code in zip(filters, codes, strict=False) if code >= _REFUSED)

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        """Hear no more of `filters`.

        Raises:
            LinkDown: the connection ended, or the broker did not answer in time.
        """
        result, mid = self._client.unsubscribe(list(filters))
        await self._answer(result, mid, self._options.timeout)

    async def publish(self, publication: Publication, within: float) -> None:
        """Send, and return when the broker has it (QoS 1) or the network does (QoS 0).

        Raises:
            LinkDown: the connection ended, or that took longer than `within` seconds. The connection is
                ended in either case, so that nothing can arrive later than that.
        """
        info = self._client.publish(
            publication.topic, publication.payload, publication.qos, publication.retain
        )
        await self._answer(info.rc, info.mid, within)

    async def _answer(self, result: MQTTErrorCode, mid: int | None, within: float) -> tuple[int, ...]:
        if self.ended.done():
            raise LinkDown(self.ended.result())
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise LinkDown(f"The message could not be sent ({result.name}).")
        answer: asyncio.Future[tuple[int, ...]] = self._loop.create_future()
        self._answers[mid] = answer
        try:
            # Not asyncio.timeout: a goodbye may be in a cancelled task, where that of 3.11.2 never times out.
            await asyncio.wait([answer], timeout=within)
        finally:
            self._answers.pop(mid, None)
        if not answer.done():
            # It may lie in the system's buffer, on a network that is gone for now. Ending the connection hard
            # is the one way to make sure that it does not leave this machine when the network returns.
            reason = f"The broker at {self._options.address} does not acknowledge what it is sent."
            self.abort(reason)
            raise LinkDown(reason)
        return answer.result()

    async def close(self) -> None:
        """Say goodbye, so that the broker does not publish our will, and end."""
        if not self.ended.done() and self._client.disconnect() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            await asyncio.wait([self.ended], timeout=_GOODBYE_SECONDS)
        self.abort("The connection was closed.")

    def abort(self, reason: str) -> None:
        """End at once, and drop what is not sent yet; the broker publishes our will."""
        sock = self._client.socket()
        # paho closes its socket again when it is collected; our callbacks are not for that.
        self._client.on_socket_close = None
        self._client.on_socket_register_write = None
        self._client.on_socket_unregister_write = None
        if sock is not None and sock.fileno() >= 0:
            self._unwatch(sock)
            self._loop.remove_writer(sock)
            _discard_unsent(sock.fileno())
            sock.close()
        self._end(reason)

    def _watch_reads(self) -> None:
        sock = self._client.socket()
        if sock is not None:
            if isinstance(sock, socket.socket):
                # A small packet would else wait for the acknowledgement of the one before; paho leaves it so.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._loop.add_reader(sock, self._read)
            self._watch_writes()
            self._tick()

    def _watch_writes(self) -> None:
        sock = self._client.socket()
        if sock is not None and sock.fileno() >= 0 and self._client.want_write():
            self._loop.add_writer(sock, self._write)

    def _want_write(self, _client: Client, _data: object, _sock: "SocketLike") -> None:
        # paho connects in a thread, and wants to write from there for the first time.
        self._loop.call_soon_threadsafe(self._watch_writes)

    def _written(self, _client: Client, _data: object, sock: "SocketLike") -> None:
        self._loop.remove_writer(sock)

    def _closing(self, _client: Client, _data: object, sock: "SocketLike") -> None:
        self._unwatch(sock)

    def _unwatch(self, sock: "SocketLike") -> None:
        self._loop.remove_reader(sock)
        if self._misc is not None:
            self._misc.cancel()

    def _read(self) -> None:
        # Several packets at a time, because each turn of the loop costs as much as a packet does.
        self._guarded(lambda: any(self._client.loop_read() for _ in range(_PACKETS_PER_READ)))
        while self._pending():
            self._guarded(self._client.loop_read)
        self._acknowledge_at_once()

    def _acknowledge_at_once(self) -> None:
        # Mosquitto, by default, holds its next message until the last is acknowledged, and Linux takes up to
        # 40 ms for that: of a request over MQTT, 92 ms became 25. It soon forgets what is set here (tcp(7)).
        sock = self._client.socket()
        if _QUICK_ACK is not None and isinstance(sock, socket.socket) and sock.fileno() >= 0:
            sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def _pending(self) -> bool:
        # TLS decrypts whole records: what it holds already makes no socket readable.
        sock = self._client.socket()
        return not self.ended.done() and isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def _write(self) -> None:
        if not self._accepted.done():
            # A broker that refuses our certificate says so and hangs up; a write would only find it gone.
            self._read()
        self._guarded(self._client.loop_write)

    def _tick(self) -> None:
        self._guarded(self._client.loop_misc)
        if not self.ended.done():
            self._misc = self._loop.call_later(_MISC_SECONDS, self._tick)

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 # paho lets parsing errors of many kinds through
            self.abort(f"The broker at {self._options.address} sent what is not MQTT ({error}).")

    def _connected(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._accepted.done():
            return
        if code.is_failure:
            self._accepted.set_exception(LinkRefused(refusal(code.value, self._options)))
        else:
            self._accepted.set_result(None)

    def _disconnected(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not self._accepted.done() and code.getName() == "Protocol error":
            self._accepted.set_exception(LinkDown(no_broker(self._options)))
        if code.getName() == "Keep alive timeout":
            self._end(f"The broker at {self._options.address} has fallen silent.")
        else:
            self._end(f"The broker at {self._options.address} closed the connection.")

    def _end(self, reason: str) -> None:
        if not self._accepted.done():
            # Whoever wants another certificate of ours says so after its own was accepted, and hangs up.
            kind = LinkDown if self._options.tls is None else LinkRefused
            self._accepted.set_exception(kind(dropped(self._errors.text, self._options)))
            self._accepted.exception()  # read, so that nobody need
        if self.ended.done():
            return
        self.ended.set_result(reason)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(LinkDown(reason))

    def _message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # no topic of anyone's
        self._on_message(Message(topic, bytes(message.payload), message.retain))

    def _published(
        self, _client: Client, _data: object, mid: int, _code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._answered(mid, ())

    def _subscribed(
        self,
        _client: Client,
        _data: object,
        mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._answered(mid, tuple(code.value for code in codes))

    def _unsubscribed(
        self,
        _client: Client,
        _data: object,
        mid: int,
        _codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._answered(mid, ())

    def _answered(self, mid: int, codes: tuple[int, ...]) -> None:
        answer = self._answers.get(mid)
        if answer is not None and not answer.done():
            answer.set_result(codes)


class _LastError(logging.Handler):
    """Keeps what paho logs as an error: why a socket failed is nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""
        self.logger = logging.Logger("paho", logging.ERROR)  # noqa: LOG001 # one per connection
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


def _discard_unsent(descriptor: int) -> None:
    # A closed socket goes on sending what it holds; with a linger of no seconds it is reset instead.
    with socket.socket(fileno=os.dup(descriptor)) as handle:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
