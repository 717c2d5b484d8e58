"""What is found out on this machine while its owner is asked: sound, brokers, and whether answers work."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from typing import Final

from paige.device.config.load import Loaded
from paige.device.doctor.examine import examine
from paige.device.doctor.finding import Check, Finding, Verdict, ok
from paige.device.doctor.rounds import CHECKS
from paige.device.doctor.satellite import own_name

_PORTS: Final = (1883, 8883)
_USUAL_HOSTS: Final = ("localhost", "homeassistant.local")
_KINDS: Final = ("_mqtt._tcp", "_secure-mqtt._tcp")
"""What brokers call themselves that announce themselves, by IANA's list of service names."""
_SECONDS: Final = 2.0
_BROWSE_SECONDS: Final = 8.0
_LISTING_SECONDS: Final = 20.0


class ThisMachine:
    """A `Machine` of the questions: this one."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded

    def microphones(self) -> Sequence[str]:
        """See `Machine`."""
        return self._devices("max_input_channels")

    def speakers(self) -> Sequence[str]:
        """See `Machine`."""
        return self._devices("max_output_channels")

    def brokers(self) -> Sequence[str]:
        """See `Machine`."""
        announced = [found for kind in _KINDS for found in _announced(kind)]
        usual = [host for host in _USUAL_HOSTS if _listens(host)]
        return list(dict.fromkeys((*usual, *announced)))

    def satellite(self) -> str:
        """See `Machine`."""
        return own_name()

    def examine(self, what: str, loaded: Loaded) -> Finding:
        """See `Machine`."""
        return examine(next(check for check in CHECKS if check.name == what), loaded)

    def _devices(self, channels: str) -> Sequence[str]:
        # In a process of its own: ALSA complains on standard error, and a driver may hang.
        found = examine(
            Check("devices", _LISTING_SECONDS, lambda _: ok("\n".join(_names(channels)))), self._loaded
        )
        return tuple(found.text.splitlines()) if found.verdict is Verdict.OK else ()


def _names(channels: str) -> Iterator[str]:
    import sounddevice  # where PortAudio is missing, the check that follows says so

    for device in sounddevice.query_devices():
        if device[channels] > 0:
            yield " ".join(str(device["name"]).split())


def _listens(host: str) -> bool:
    """Whether anything listens there where brokers do."""
    try:
        address = str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return False  # nobody knows such a name here
    return any(_opens(address, port) for port in _PORTS)


def _opens(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=_SECONDS).close()
    except OSError:
        return False
    return True


def _announced(kind: str) -> Iterator[str]:
    """Hosts that announce such a service by mDNS, as Avahi hears them; none where its tools are missing."""
    browse = shutil.which("avahi-browse")
    if browse is None:
        return
    try:
        done = subprocess.run(  # noqa: S603  # a program of the system, and no text of anybody
            [browse, "--resolve", "--parsable", "--terminate", kind],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_BROWSE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return
    yield from hosts_announced(done.stdout)


def hosts_announced(text: str) -> Iterator[str]:
    """The hosts in what `avahi-browse --resolve --parsable` prints: lines of fields with semicolons between.

    A line of something resolved begins with `=` and has the host as its seventh field.
    """
    for line in text.splitlines():
        fields = line.split(";")
        if fields[0] == "=" and len(fields) > 8:
            yield fields[6]
