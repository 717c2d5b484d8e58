"""What is done to Paige, and that it is there again afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

from paige.tools.emulated.guest import unit
from paige.tools.emulated.guest.console import CheckFailed, until
from paige.tools.emulated.guest.house import House
from paige.tools.emulated.guest.unit import run

_BROKER: Final = "mosquitto.service"
_EAT: Final = """
import sys, time
eaten = []
try:
    for _ in range(int(sys.argv[1])):
        eaten.append(b"x" * (1 << 20))
except MemoryError:
    pass
time.sleep(float(sys.argv[2]))
"""


def killed(house: House) -> str:
    """`kill -9` of the service: it is back soon."""
    return _back(house, lambda: os.kill(unit.pid(), signal.SIGKILL), seconds=30)


def hung(house: House) -> str:
    """The process stands still: the watchdog ends it, and it is back."""
    return _back(house, lambda: os.kill(unit.pid(), signal.SIGSTOP), seconds=150)


def broker_lost(house: House) -> str:
    """The broker goes and comes back: so does the link, without a restart."""
    before = unit.pid()
    run("systemctl", "stop", _BROKER)
    noticed = until("Paige notices that the broker is gone", 60, lambda: not _connected(), pause=0.5)
    time.sleep(30)
    run("systemctl", "start", _BROKER)
    again = until("Paige has connected again", 120, _connected, pause=0.5)
    if unit.pid() != before:
        raise CheckFailed("it was restarted")
    return f"noticed in {noticed:.1f} s, connected again {again:.1f} s after it was back; {_obeys(house)}"


def memory_pressure(house: House) -> str:
    """Something else takes all memory of the board: Paige survives that, or is back."""
    before = unit.restarts()
    eater = _eat(1024, 0)
    eater.wait()
    ready = unit.wait_ready()
    how = "it was restarted" if unit.restarts() > before else "it lived on"
    ended = (
        "was killed by the kernel" if eater.returncode == -signal.SIGKILL else f"ended ({eater.returncode})"
    )
    return f"the one that took all of it {ended}; {how}, ready after {ready:.1f} s; {_obeys(house)}"


def memory_limit(house: House) -> str:
    """The service cannot have more than its limit; where it tries, it alone is ended, and it is back."""
    limit = int(unit.show("MemoryMax")) / unit.MIB
    room, free = limit - unit.memory("current"), _available()
    if free < room:
        raise CheckFailed(f"only {free:.0f} MB are free on the whole board, so this would show nothing")
    before = unit.restarts()
    eater = _eat(int(limit), 0, inside=True)
    eater.wait()
    until(
        "the kernel ends what is over the limit",
        60,
        lambda: unit.restarts() > before or not unit.is_ready(),
        pause=0.5,
    )
    ready = unit.wait_ready()
    figures = f"it had {room:.0f} MB to its limit of {limit:.0f}, and the board {free:.0f} MB"
    return f"{figures}; ready again after {ready:.1f} s; {_obeys(house)}"


def other_networks(house: House) -> str:
    """The service's processes reach the machine itself and local networks, and no public address."""
    run("ip", "address", "replace", f"{_PUBLIC}/32", "dev", "lo")
    run("ip", "address", "replace", f"{_LOCAL}/32", "dev", "lo")
    got = {
        (who, address): _reaches(address, inside=who == "the service")
        for who in ("another program", "the service")
        for address in (_PUBLIC, _LOCAL)
    }
    wanted = {key: key != ("the service", _PUBLIC) for key in got}
    words = ", ".join(
        f"{who} {'reaches' if did else 'does not reach'} {address}" for (who, address), did in got.items()
    )
    if got != wanted:
        raise CheckFailed(words)
    return words


_PUBLIC: Final = "198.51.100.1"  # RFC 5737: an address of nobody, here of this machine
_LOCAL: Final = "192.168.77.1"
_CONNECT: Final = """
import socket, sys
with socket.create_server((sys.argv[1], 0)) as server:
    server.settimeout(3)
    with socket.socket() as client:
        client.settimeout(3)
        client.connect(server.getsockname())
        client.sendall(b"x")
        one, _ = server.accept()
        sys.exit(one.recv(1) != b"x")
"""


def _reaches(address: str, *, inside: bool) -> bool:
    return _python(_CONNECT, address, inside=inside, quiet=True).wait() == 0


def _back(house: House, do: Callable[[], None], *, seconds: float) -> str:
    """What was done ended the service, and it is ready again as another process."""
    before = unit.pid()
    do()
    gone = until("the service has ended", seconds, lambda: unit.pid() != before, pause=0.05)
    ended = time.monotonic()
    until("it has been started anew", seconds, lambda: unit.pid() not in (0, before), pause=0.1)
    unit.wait_ready(seconds)
    back = unit.since_boot("ActiveEnterTimestampMonotonic") - ended
    return f"ended after {gone:.1f} s, ready again {back:.1f} s later; {_obeys(house)}"


def _obeys(house: House) -> str:
    """A typed command switches the lamp."""
    house.lamp.switch_off()
    until("Paige has connected", 60, _connected)
    turn = house.lamp.ask("turn on the kitchen lamp", unit.PATIENCE)
    until("the lamp shines", 30, lambda: house.lamp.on)
    return f"a command is {'/'.join(outcome['status'] for outcome in turn['outcomes'])}"


def _connected() -> bool:
    return unit.show("StatusText").startswith("connected to")


def _available() -> float:
    """MB that the whole board could still give."""
    for line in open("/proc/meminfo"):  # noqa: PTH123, SIM115 # read whole at once
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    raise CheckFailed("/proc/meminfo does not say what is available")


def _eat(megabytes: int, seconds: float, *, inside: bool = False) -> "subprocess.Popen[bytes]":
    return _python(_EAT, str(megabytes), str(seconds), inside=inside)


def _python(code: str, *arguments: str, inside: bool, quiet: bool = False) -> "subprocess.Popen[bytes]":
    """Start a program of ours; inside the service's control group where its limits are to hold for it."""
    if inside:
        code = f"import os; open('{unit.CGROUP}/cgroup.procs', 'w').write(str(os.getpid()))\n{code}"
    return subprocess.Popen(  # noqa: S603 # our own words
        [sys.executable, "-S", "-c", code, *arguments], stderr=subprocess.DEVNULL if quiet else None
    )
