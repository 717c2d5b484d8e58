"""Real brokers for tests, the embedded one and Debian's mosquitto, and waiting for what comes over them."""

import asyncio
import os
import shutil
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from paige.iot.backoff import Backoff
from paige.iot.link import LinkState, LinkStatus, MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.message import Message
from paige.tools.broker import EmbeddedBroker

HOST = "127.0.0.1"
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
NO_MOSQUITTO = "Debian's broker is not installed (apt-get install mosquitto)"


PATIENCE_SECONDS = 10.0
QUICK = Backoff(first=0.05, ceiling=0.2)


def options(port: int) -> LinkOptions:
    """Of a link that returns soon."""
    return LinkOptions(
        host="127.0.0.1", port=port, backoff=QUICK, backoff_refused=QUICK, timeout=PATIENCE_SECONDS
    )


class Inbox:
    """Keeps messages, and lets a test wait for some."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._came = asyncio.Event()

    def __call__(self, message: Message) -> None:
        self.messages.append(message)
        self._came.set()

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    async def until(self, satisfied: Callable[[list[Message]], bool]) -> list[Message]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not satisfied(self.messages):
                self._came.clear()
                await self._came.wait()
        return self.messages

    async def count(self, wanted: int) -> list[Message]:
        return await self.until(lambda messages: len(messages) >= wanted)

    async def payload(self, wanted: bytes) -> None:
        await self.until(lambda messages: any(message.payload == wanted for message in messages))


async def until_state(link: MqttLink, state: LinkState) -> LinkStatus:
    """The link's status once it is in this state."""
    changed = asyncio.Event()
    unsubscribe = link.on_status(lambda _: changed.set())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while link.status.state is not state:
            changed.clear()
            await changed.wait()
    unsubscribe()
    return link.status


@asynccontextmanager
async def listening(port: int, *filters: str) -> AsyncIterator[Inbox]:
    """Someone else on the broker."""
    inbox = Inbox()
    async with MqttLink(options(port)) as link:
        link.subscribe(filters, inbox, qos=1)
        await link.connected(PATIENCE_SECONDS, retry=True)
        yield inbox


class RunningBroker(Protocol):
    """A broker that a test may stop and start again on the same port."""

    @property
    def port(self) -> int: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Embedded:
    port: int = 0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        self.port = (await self._stack.enter_async_context(EmbeddedBroker(self.port))).port

    async def stop(self) -> None:
        await self._stack.aclose()


@dataclass
class Mosquitto:
    folder: Path
    settings: tuple[str, ...] = ("allow_anonymous true",)
    port: int = field(default_factory=free_port)
    _process: Process | None = None

    async def start(self) -> None:
        assert MOSQUITTO is not None
        config = self.folder / "mosquitto.conf"
        # Started by root it would become another user, who cannot read the test's files.
        user = ("user root",) if os.geteuid() == 0 else ()
        config.write_text("\n".join((*user, f"listener {self.port} {HOST}", *self.settings)) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                MOSQUITTO, "-c", str(config), stdout=log, stderr=log
            )
        for _ in range(500):
            try:
                _, writer = await asyncio.open_connection(HOST, self.port)
            except ConnectionRefusedError:
                assert self._process.returncode is None, (self.folder / "mosquitto.log").read_text()
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return
        raise AssertionError("mosquitto does not listen")

    async def stop(self) -> None:
        """Kill it: a broker that loses its power says no goodbye."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def _timeout_of_debian_12(seconds: float) -> AsyncIterator[None]:
    task = asyncio.current_task()
    assert task is not None
    expired = asyncio.Event()

    def expire() -> None:
        expired.set()
        task.cancel()

    handle = asyncio.get_running_loop().call_later(seconds, expire)
    try:
        yield
    except asyncio.CancelledError:
        if expired.is_set() and task.uncancel() <= 0:  # the cancellation of before counts, too
            raise TimeoutError from None
        raise
    finally:
        handle.cancel()


@pytest.fixture
def debian_12(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11.2's `asyncio.timeout`, which raises no TimeoutError in a task that was cancelled before."""
    monkeypatch.setattr(asyncio, "timeout", _timeout_of_debian_12)


async def cancelled(work: Callable[[], Awaitable[None]]) -> None:
    """Do the work in a task that is cancelled, as what says goodbye on leaving a block may be."""
    waiting = asyncio.Event()

    async def run() -> None:
        try:
            waiting.set()
            await asyncio.Event().wait()
        finally:
            await work()

    task = asyncio.create_task(run())
    await waiting.wait()
    task.cancel()
    assert (await asyncio.wait([task], timeout=PATIENCE_SECONDS))[0]
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.fixture
async def mosquitto(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    running = Mosquitto(tmp_path)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture(params=["embedded", "mosquitto"])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningBroker]:
    """Each of the two brokers."""
    if request.param == "mosquitto" and MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    running: RunningBroker = Embedded() if request.param == "embedded" else Mosquitto(tmp_path)
    await running.start()
    yield running
    await running.stop()


@dataclass(frozen=True)
class Certificates:
    """Files in PEM form."""

    ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
    other_ca: Path
    """Of an authority that has signed none of the others."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certificates]:
    folder = tmp_path_factory.mktemp("certificates")
    ca, ca_key = _authority("The test's authority")
    other_ca, _ = _authority("Another authority")
    server, server_key = _signed("broker", ca, ca_key, names=("localhost",))
    client, client_key = _signed("paige", ca, ca_key)
    made = Certificates(*(folder / f"{name}.pem" for name in Certificates.__dataclass_fields__))
    for path, certificate in (
        (made.ca, ca),
        (made.server, server),
        (made.client, client),
        (made.other_ca, other_ca),
    ):
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    for path, key in ((made.server_key, server_key), (made.client_key, client_key)):
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    yield made
    shutil.rmtree(folder)


def _authority(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(name)
    builder = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256()), key


def _signed(
    name: str, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, names: tuple[str, ...] = ()
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_subject(name), ca.subject, key).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    if names:
        # The name and not the address: a client that asks for the address must be told.
        alternatives = [x509.DNSName(each) for each in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(ca_key, hashes.SHA256()), key


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
    )
