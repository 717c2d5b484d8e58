"""Whether a satellite is one: it answers, and an assistant uses it."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning, wrong
from paige.device.doctor.wyoming import complaint
from paige.device.satellites.address import PORT, SatelliteAddress

_ESTABLISHED = "01"
"""Of a connection, in /proc/net/tcp (proc(5))."""


def assistant(loaded: Loaded, port: int = PORT) -> Finding:
    """Who uses the satellite at this port of this machine, or what is to be done so that somebody does."""
    if loaded.config.wake.mode == "push":
        return wrong("wake.mode is push, and a satellite has no button", "set wake.mode to word or always")
    here = SatelliteAddress("localhost", port)
    if not _listens(port):
        return warning(
            f"nothing answers at port {port} of this board",
            "start it: sudo systemctl start paige-satellite; journalctl -u paige-satellite says why it ended",
        )
    if reason := asyncio.run(complaint(here, "a satellite", "satellite")):
        return wrong(
            reason, "end the program that has this port, or choose another: paige satellite --listen"
        )
    name = own_name(port)
    users = sorted(set(_users(port)))
    if not users:
        return warning(
            f"{name} waits for an assistant, and none is connected",
            f'name it there, in satellites.wyoming: ["{name}"], or in Home Assistant under Wyoming Protocol',
        )
    return ok(f"{name} is used by the one at {', '.join(users)}")


def own_name(port: int = PORT) -> str:
    """How other machines of the house find this satellite."""
    host = socket.gethostname()
    return f"{host if '.' in host else f'{host}.local'}:{port}"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _users(port: int, proc: Path = Path("/proc")) -> Iterator[str]:
    """Addresses of whoever is connected to this port."""
    for name in ("tcp", "tcp6"):
        try:
            _, *rows = (proc / "net" / name).read_text(encoding="ascii").splitlines()
        except OSError:
            continue  # a kernel without that protocol
        for row in rows:
            _, local, remote, state, *_ = row.split()
            if state == _ESTABLISHED and int(local.partition(":")[2], 16) == port:
                yield _address(remote.partition(":")[0])


def _address(digits: str) -> str:
    """An address as the kernel writes it, in words of the processor's order of bytes."""
    words = (int(digits[at : at + 8], 16) for at in range(0, len(digits), 8))
    packed = b"".join(struct.pack("=I", word) for word in words)
    if len(packed) == 4:
        return str(IPv4Address(packed))
    address = IPv6Address(packed)
    return str(address.ipv4_mapped or address)
