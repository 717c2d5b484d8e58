"""The link over real brokers."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.iot.conftest import (
    HOST,
    MOSQUITTO,
    NO_MOSQUITTO,
    PATIENCE_SECONDS,
    Certificates,
    Inbox,
    Mosquitto,
    RunningBroker,
    cancelled,
    free_port,
    listening,
    options,
    until_state,
)

from paige.iot.backoff import Backoff
from paige.iot.errors import LinkDown
from paige.iot.link import MAX_PENDING, Delivery, LinkState, MqttLink
from paige.iot.link_failure import unreachable
from paige.iot.link_options import LinkOptions, TlsOptions
from paige.iot.message import Message, Publication

PASSWORD = "correct horse battery staple"


async def why_down(link_options: LinkOptions) -> str:
    async with MqttLink(link_options) as link:
        with pytest.raises(LinkDown) as caught:
            await link.connected(PATIENCE_SECONDS)
        assert link.status.state is LinkState.DOWN
        assert link.status.reason == str(caught.value)
    return str(caught.value)


# --- Messages ------------------------------------------------------------------------------------


async def test_who_comes_later_hears_what_is_retained_and_who_was_there_does_not_hear_it_again(
    broker: RunningBroker,
) -> None:
    first, second = Inbox(), Inbox()
    async with MqttLink(options(broker.port)) as link:
        await link.connected(5)
        await link.publish(Publication("home/lamp", b"on", retain=True), within=5)
        link.subscribe(["home/lamp"], first)
        await first.count(1)
        await link.publish(Publication("home/lamp", b"off"), within=5)
        await first.count(2)
        link.subscribe(["home/lamp"], second)
        assert await second.count(1) == [Message("home/lamp", b"on", retained=True)]
        await link.publish(Publication("home/lamp", b"end"), within=5)
        await first.payload(b"end")
        await second.payload(b"end")
    assert first.payloads == [b"on", b"off", b"end"]
    assert second.payloads == [b"on", b"end"]


@pytest.mark.parametrize("topic_filter", ["home/lamp", "home/+"])
async def test_what_is_asked_for_again_before_the_broker_knows_that_it_was_not_comes_again(
    broker: RunningBroker, topic_filter: str
) -> None:
    inbox = Inbox()
    async with MqttLink(options(broker.port)) as link:
        await link.connected(5)
        await link.publish(Publication("home/lamp", b"on", retain=True), within=5)
        link.subscribe([topic_filter], inbox)
        await inbox.count(1)
        link.unsubscribe([topic_filter], inbox)
        link.subscribe([topic_filter], inbox)
        await inbox.count(2)


async def test_a_message_goes_out_and_comes_in(broker: RunningBroker) -> None:
    inbox = Inbox()
    async with MqttLink(options(broker.port)) as link:
        link.subscribe(["home/+/state"], inbox)
        await link.connected(5)
        receipt = await link.publish(Publication("home/lamp/state", b"on"), within=5)
        assert receipt.delivery is Delivery.DELIVERED
        assert await inbox.count(1) == [Message("home/lamp/state", b"on")]
        statistics = link.statistics()
    assert (statistics.connections, statistics.received, statistics.delivered) == (1, 1, 1)


async def test_what_the_broker_kept_says_so_and_what_happens_now_does_not(broker: RunningBroker) -> None:
    inbox = Inbox()
    async with MqttLink(options(broker.port)) as link:
        await link.connected(5)
        await link.publish(Publication("home/lamp/state", b"off", retain=True), within=5)
        link.subscribe(["home/#"], inbox)
        await inbox.count(1)
        await link.publish(Publication("home/lamp/state", b"on", retain=True), within=5)
        messages = await inbox.count(2)
    assert [(message.payload, message.retained) for message in messages] == [(b"off", True), (b"on", False)]


async def test_a_handler_that_fails_on_one_message_gets_the_next_and_spares_the_others(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()

    def failing(message: Message) -> None:
        if message.payload == b"bad":
            raise ZeroDivisionError
        inbox(message)

    other = Inbox()
    async with MqttLink(options(broker.port)) as link:
        link.subscribe(["a"], failing)
        link.subscribe(["a"], other)
        await link.connected(5)
        for payload in (b"bad", b"good"):
            await link.publish(Publication("a", payload), within=5)
        await inbox.payload(b"good")
        await other.count(2)
        assert link.statistics().connections == 1
    assert [record.levelname for record in caplog.records if "could not be handled" in record.message] == [
        "ERROR"
    ]
    assert "Traceback" not in caplog.text


async def test_what_nobody_listens_to_any_more_does_not_come(broker: RunningBroker) -> None:
    first, second = Inbox(), Inbox()
    async with MqttLink(options(broker.port)) as link:
        link.subscribe(["a", "b"], first)
        link.subscribe(["b", "end"], second)
        await link.connected(5)
        link.unsubscribe(["a", "b"], first)
        await link.subscribed()
        for topic in ("a", "b", "end"):
            await link.publish(Publication(topic, topic.encode()), within=5)
        await second.payload(b"end")
    assert first.messages == []
    assert second.payloads == [b"b", b"end"]
    assert link.statistics().received == 2


async def test_a_filter_or_topic_that_is_none_harms_nobody(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()
    async with MqttLink(options(broker.port)) as link:
        link.subscribe(["a#b", "", "good"], inbox)
        await link.connected(5)
        receipt = await link.publish(Publication("lamp+1/set", b"on"), within=5)
        assert receipt.delivery is Delivery.NOT_SENT
        await link.publish(Publication("good", b"1"), within=5)
        await inbox.count(1)
        assert link.statistics().connections == 1
    assert "“a#b”: it is no MQTT topic filter" in caplog.text


async def test_thousands_of_filters_are_subscribed(broker: RunningBroker) -> None:
    inbox = Inbox()
    topics = [f"home/{number}/state" for number in range(2000)]
    async with MqttLink(options(broker.port)) as link:
        link.subscribe(topics, inbox)
        await link.connected(PATIENCE_SECONDS)
        for topic in (topics[0], topics[-1]):
            await link.publish(Publication(topic, b"on"), within=5)
        messages = await inbox.count(2)
    assert {message.topic for message in messages} == {topics[0], topics[-1]}


async def test_a_flood_of_messages_is_handled_in_order_and_none_is_kept(mosquitto: Mosquitto) -> None:
    heard = 0

    def count(message: Message) -> None:
        nonlocal heard
        assert message.payload == str(heard).encode()
        heard += 1
        if heard == 5000:
            done.set()

    done = asyncio.Event()
    async with MqttLink(options(mosquitto.port)) as link, MqttLink(options(mosquitto.port)) as flooding:
        link.subscribe(["flood"], count)
        await link.connected(5)
        for start in range(0, 5000, 100):
            flood = (Publication("flood", str(start + each).encode()) for each in range(100))
            await asyncio.gather(*(flooding.publish(each, within=5) for each in flood))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await done.wait()
        assert not vars(link).keys() & {"queue", "_queue", "messages"}
        assert link.statistics().received == 5000


# --- The link goes down and comes back -----------------------------------------------------------


async def test_after_the_broker_has_died_and_returned_subscriptions_are_there_again(
    broker: RunningBroker,
) -> None:
    inbox = Inbox()
    connections: list[str] = []
    async with MqttLink(options(broker.port)) as link:
        link.on_connected(lambda: connections.append("up"))
        link.subscribe(["home/lamp"], inbox)
        await link.connected(5)
        await broker.stop()
        down = await until_state(link, LinkState.DOWN)
        assert str(broker.port) in down.reason
        await broker.start()
        await until_state(link, LinkState.CONNECTED)
        await link.publish(Publication("home/lamp", b"on"), within=5)
        await inbox.payload(b"on")
        assert link.status.reason == ""
        assert connections == ["up", "up"]
        assert link.statistics().connections == 2


async def test_a_command_that_waits_too_long_for_the_broker_is_dropped_and_never_sent(
    broker: RunningBroker,
) -> None:
    async with MqttLink(options(broker.port)) as link:
        await link.connected(5)
        await broker.stop()
        await until_state(link, LinkState.DOWN)
        receipt = await link.publish(Publication("door/set", b"UNLOCK"), within=0.1)
        assert receipt.delivery is Delivery.NOT_SENT
        assert receipt.reason
        await broker.start()
        async with listening(broker.port, "#") as observer:
            await until_state(link, LinkState.CONNECTED)
            await link.publish(Publication("door/set", b"end"), within=5)
            await observer.payload(b"end")
    assert observer.payloads == [b"end"]
    assert link.statistics().dropped == 1


async def test_a_command_that_need_not_wait_long_goes_out_once_when_the_broker_returns(
    broker: RunningBroker,
) -> None:
    async with MqttLink(replace(options(broker.port), backoff=options(0).backoff)) as link:
        await link.connected(5)
        await broker.stop()
        await until_state(link, LinkState.DOWN)
        waiting = asyncio.create_task(link.publish(Publication("lamp/set", b"ON"), within=PATIENCE_SECONDS))
        await broker.start()
        assert (await waiting).delivery is Delivery.DELIVERED
        assert link.statistics().delivered == 1


async def test_a_mistake_in_a_hook_is_told_and_the_link_comes_back(broker: RunningBroker) -> None:
    mistakes = [ZeroDivisionError("oh")]

    def hook() -> None:
        if mistakes:
            raise mistakes.pop()

    async with MqttLink(options(broker.port)) as link:
        link.on_connected(hook)
        assert "ZeroDivisionError" in (await until_state(link, LinkState.DOWN)).reason
        await until_state(link, LinkState.CONNECTED)


async def test_a_password_that_cannot_be_sent_is_told() -> None:
    assert "surrogates" in await why_down(replace(options(free_port()), username="a", password="\udcff"))


async def test_only_so_many_messages_wait(broker: RunningBroker) -> None:
    async with MqttLink(options(broker.port)) as link:
        await link.connected(5)
        await broker.stop()
        await until_state(link, LinkState.DOWN)
        flood = [link.publish(Publication("a", b""), within=0.2) for _ in range(MAX_PENDING + 10)]
        receipts = await asyncio.gather(*flood)
    refused = [receipt for receipt in receipts if receipt.reason.startswith("Too many")]
    assert len(refused) == 10
    assert {receipt.delivery for receipt in receipts} == {Delivery.NOT_SENT}


class Network:
    """A way to the broker that can lose everything for a while, as a radio does, and deliver it later."""

    def __init__(self, port: int) -> None:
        self._broker_port = port
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.stalled = asyncio.Event()
        """Something from the client is held up."""

    async def __aenter__(self) -> "Network":
        listener = socket.socket()
        # Little room on the way, so that most of a large message stays with its sender.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind((HOST, 0))
        self._server = await asyncio.start_server(self._serve, sock=listener, limit=4096)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stall(self) -> None:
        self._flows.clear()

    def resume(self) -> None:
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        broker_reader, broker_writer = await asyncio.open_connection(HOST, self._broker_port)
        for source, sink in ((reader, broker_writer), (broker_reader, writer)):
            self._tasks.add(asyncio.create_task(self._carry(source, sink)))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await source.read(4096):
                if not self._flows.is_set():
                    self.stalled.set()
                    await self._flows.wait()
                sink.write(chunk)
                await sink.drain()
        sink.close()


@pytest.mark.usefixtures("debian_12")
async def test_a_goodbye_ends_in_time_although_the_broker_is_gone_or_silent(mosquitto: Mosquitto) -> None:
    receipts = []
    async with Network(mosquitto.port) as network, MqttLink(options(network.port)) as link:

        async def goodbye() -> None:
            receipts.append(await link.publish(Publication("paige/status", b"offline"), within=0.05))

        await link.connected(5)
        network.stall()
        await cancelled(goodbye)
        await until_state(link, LinkState.DOWN)
        await cancelled(goodbye)
    assert [receipt.delivery for receipt in receipts] == [Delivery.UNACKNOWLEDGED, Delivery.NOT_SENT]


async def test_a_command_that_the_network_holds_up_is_not_delivered_when_the_network_returns(
    mosquitto: Mosquitto,
) -> None:
    command = Publication("door/set", b"UNLOCK" + b" " * 300_000)
    async with listening(mosquitto.port, "door/set") as observer, Network(mosquitto.port) as network:
        async with MqttLink(options(network.port)) as link:
            await link.connected(5)
            network.stall()
            receipt = await link.publish(command, within=0.3)
            assert receipt.delivery is Delivery.UNACKNOWLEDGED
            assert network.stalled.is_set()
            network.resume()
            # A second connection's message comes after whatever the first one still had to say.
            assert (
                await link.publish(Publication("door/set", b"end"), within=5)
            ).delivery is Delivery.DELIVERED
            await observer.payload(b"end")
            assert link.statistics().connections == 2
        assert observer.payloads == [b"end"]


async def test_the_network_of_that_test_does_deliver_late_what_is_closed_in_the_usual_way(
    mosquitto: Mosquitto,
) -> None:
    """Else the test before would show nothing."""
    topic, body = b"door/set", b"UNLOCK" + b" " * 20_000
    publish = _packet(0x30, len(topic).to_bytes(2, "big") + topic + body)
    async with listening(mosquitto.port, "door/set") as observer, Network(mosquitto.port) as network:
        reader, writer = await asyncio.open_connection(HOST, network.port)
        writer.write(_packet(0x10, b"\0\4MQTT\4\2\0\x3c\0\4test"))
        assert await reader.readexactly(4) == b"\x20\2\0\0"
        network.stall()
        writer.write(publish)
        writer.close()
        await network.stalled.wait()
        network.resume()
        await observer.count(1)
    assert observer.payloads == [body]


def _packet(kind: int, content: bytes) -> bytes:
    length, encoded = len(content), bytearray()
    while True:
        length, low = divmod(length, 128)
        encoded.append(low | (0x80 if length else 0))
        if not length:
            return bytes([kind]) + bytes(encoded) + content


async def test_the_broker_says_our_last_will_when_we_are_lost(broker: RunningBroker) -> None:
    will = Publication("paige/home/status", b"offline", retain=True)
    async with (
        listening(broker.port, "paige/home/status") as observer,
        Network(broker.port) as network,
        MqttLink(options(network.port), will=will) as link,
    ):
        await link.connected(5)
        network.stall()
        await link.publish(Publication("a", b""), within=0.1)
        network.resume()
        await observer.payload(b"offline")


async def test_the_broker_says_no_last_will_after_a_goodbye(broker: RunningBroker) -> None:
    async with listening(broker.port, "#") as observer:
        async with MqttLink(options(broker.port), will=Publication("status", b"offline")) as link:
            await link.connected(5)
        async with MqttLink(options(broker.port)) as other:
            await other.publish(Publication("status", b"end"), within=5)
        await observer.payload(b"end")
    assert observer.payloads == [b"end"]


async def test_who_comes_twice_under_one_name_ends_the_first_connection(mosquitto: Mosquitto) -> None:
    """So a service that restarts is not followed by the last will of its former life."""
    same = replace(options(mosquitto.port), client_id="paige-home")
    async with MqttLink(same) as first:
        await first.connected(5)
        down = asyncio.create_task(until_state(first, LinkState.DOWN))
        never = Backoff(first=60, ceiling=60)
        async with MqttLink(replace(same, backoff=never, backoff_refused=never)) as second:
            await second.connected(5)
            await down


# --- Refusals, in words --------------------------------------------------------------------------


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    """A broker that asks for a password."""
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    program = Path(MOSQUITTO).with_name("mosquitto_passwd")
    tool = program if program.exists() else Path("/usr/bin/mosquitto_passwd")
    file = tmp_path / "passwords"
    process = await asyncio.create_subprocess_exec(tool, "-b", "-c", file, "paige", PASSWORD)
    assert await process.wait() == 0
    running = Mosquitto(tmp_path, ("allow_anonymous false", f"password_file {file}"))
    await running.start()
    yield running
    await running.stop()


async def test_the_right_password_opens_and_appears_nowhere(
    guarded: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link_options = replace(options(guarded.port), username="paige", password=PASSWORD)
    async with MqttLink(link_options) as link:
        await link.connected(5)
        assert (await link.publish(Publication("a", b"b"), within=5)).delivery is Delivery.DELIVERED
        for shown in (repr(link_options), str(link_options), repr(link), repr(link.status), caplog.text):
            assert PASSWORD not in shown


@pytest.mark.parametrize(
    ("username", "password", "said"),
    [("paige", "wr0ng secret", "“paige” or its password"), (None, None, "wants a user name and a password")],
)
async def test_a_refused_login_says_what_to_check_and_not_the_password(
    guarded: Mosquitto,
    username: str | None,
    password: str | None,
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    reason = await why_down(replace(options(guarded.port), username=username, password=password))
    assert "wants" in reason or "refuses" in reason or "does not let" in reason
    assert "user name" in reason
    assert "password" in reason
    if password is not None:
        assert password not in reason + caplog.text


@pytest.fixture
async def encrypted(tmp_path: Path, certificates: Certificates) -> AsyncIterator[Mosquitto]:
    """A broker that speaks TLS and asks for a certificate."""
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    running = Mosquitto(
        tmp_path,
        (
            "allow_anonymous true",
            f"cafile {certificates.ca}",
            f"certfile {certificates.server}",
            f"keyfile {certificates.server_key}",
            "require_certificate true",
        ),
    )
    await running.start()
    yield running
    await running.stop()


def secured(port: int, tls: TlsOptions) -> LinkOptions:
    return replace(options(port), host="localhost", tls=tls)


async def test_tls_with_our_own_authority_and_a_client_certificate(
    encrypted: Mosquitto, certificates: Certificates
) -> None:
    inbox = Inbox()
    tls = TlsOptions(certificates.ca, certificates.client, certificates.client_key)
    async with MqttLink(secured(encrypted.port, tls)) as link:
        link.subscribe(["a"], inbox)
        await link.connected(5)
        payload = b"x" * 300_000  # many records of TLS
        await link.publish(Publication("a", payload), within=5)
        await inbox.payload(payload)
        await encrypted.stop()
        await until_state(link, LinkState.DOWN)
        await encrypted.start()
        await until_state(link, LinkState.CONNECTED)


@pytest.mark.parametrize("verdict", ["certificate is not yet valid", "certificate has expired"])
def test_a_certificate_of_another_time_makes_who_reads_of_it_look_at_the_clock(verdict: str) -> None:
    error = ssl.SSLCertVerificationError(1, "")
    error.verify_message = verdict
    assert "check the clock of this machine, which shows 20" in unreachable(error, options(8883))


async def test_what_can_go_wrong_with_tls_is_said_with_its_remedy(
    encrypted: Mosquitto, mosquitto: Mosquitto, certificates: Certificates, tmp_path: Path
) -> None:
    ours = TlsOptions(certificates.ca, certificates.client, certificates.client_key)
    port = encrypted.port
    no_client = await why_down(secured(port, TlsOptions(certificates.ca)))
    assert "wants a certificate of ours" in no_client
    untrusted = await why_down(secured(port, replace(ours, ca_file=certificates.other_ca)))
    assert "is not trusted" in untrusted
    assert "TLS authority" in untrusted
    by_address = await why_down(replace(secured(port, ours), host=HOST))
    assert "name that is in its certificate" in by_address
    absent = await why_down(secured(port, replace(ours, ca_file=tmp_path / "none.pem")))
    assert "none.pem cannot be read" in absent
    no_certificate = await why_down(secured(port, replace(ours, ca_file=certificates.client_key)))
    assert "holds no certificate" in no_certificate
    wrong_key = await why_down(secured(port, replace(ours, key_file=certificates.server_key)))
    assert "are not a certificate and its key" in wrong_key
    no_key = await why_down(secured(port, replace(ours, key_file=tmp_path / "none.key")))
    assert "none.key is missing" in no_key
    assert "if it wants TLS, turn that on" in await why_down(options(port))
    assert "does not speak TLS" in await why_down(
        secured(mosquitto.port, ours)
    ) or "wants TLS" in await why_down(secured(mosquitto.port, ours))


async def test_a_broker_whose_name_differs_is_accepted_where_that_is_wanted(
    encrypted: Mosquitto, certificates: Certificates
) -> None:
    tls = TlsOptions(certificates.ca, certificates.client, certificates.client_key, check_hostname=False)
    async with MqttLink(replace(secured(encrypted.port, tls), host=HOST)) as link:
        await link.connected(5)


async def test_an_absent_broker_is_said_to_be_absent() -> None:
    port = free_port()
    assert f"Nothing answers at {HOST}:{port}" in await why_down(options(port))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 300])
async def test_an_unknown_host_is_said_to_be_unknown(host: str) -> None:
    assert "check the broker's name" in await why_down(replace(options(1883), host=host))


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def impostor(serve: Serve) -> AsyncIterator[int]:
    """Something that listens where a broker should, and is none."""
    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def answering(answer: bytes, link_options: Callable[[int], LinkOptions] = options) -> str:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        with suppress(ConnectionError):
            await writer.drain()
            await reader.read()
        writer.close()

    async with impostor(serve) as port:
        return await why_down(replace(link_options(port), timeout=0.5))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\xff" * 64,
        b"\x20\x01\x00",
        b"\x20\x02",
    ],
)
async def test_what_is_no_broker_is_said_to_be_none(answer: bytes) -> None:
    assert "MQTT broker" in await answering(answer)


async def test_a_broker_that_says_nothing_is_not_waited_for_forever() -> None:
    assert "is no MQTT broker" in await answering(b"")


@given(garbage=st.binary(min_size=1, max_size=40))
def test_no_garbage_after_the_welcome_does_more_than_end_the_connection(garbage: bytes) -> None:
    async def scenario() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"\x20\x02\x00\x00" + garbage)
            writer.write_eof()
            with suppress(ConnectionError):
                await reader.read()
            writer.close()

        async with impostor(serve) as port, MqttLink(options(port)) as link:
            assert "broker" in (await until_state(link, LinkState.DOWN)).reason
            assert link.statistics().connections == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, "none that speaks MQTT 3.1.1"),
        (2, "refuses the client id"),
        (3, "not available now"),
        (4, "wants a user name"),
        (5, "wants a user name"),
        (99, "code"),
    ],
)
async def test_each_way_to_refuse_has_its_sentence(code: int, said: str) -> None:
    assert said in await answering(bytes([0x20, 2, 0, code]))


async def test_the_links_user_may_leave_while_it_is_connecting() -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with impostor(serve) as port:
        async with asyncio.timeout(2):
            async with MqttLink(options(port)):
                await asyncio.sleep(0)
            async with MqttLink(options(port)) as link:
                with pytest.raises(LinkDown, match=r"did not answer within 0\.1 seconds"):
                    await link.connected(0.1)
