"""Tells systemd how the service stands, by the protocol of sd_notify(3): datagrams to a socket it names."""

import asyncio
import os
import socket
from collections.abc import Mapping


class Notifier:
    """Sends states to the service manager, or nowhere where there is none.

    Args:
        environ: Where `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are looked up.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the zero byte of Linux's abstract socket names.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_seconds = _watchdog(environ)
        """How often the manager wants a sign of life at least; None where it wants none."""

    def ready(self) -> None:
        """The service has started."""
        self._send("READY=1")

    def stopping(self) -> None:
        """The service is about to end."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """The service has not hung."""
        self._send("WATCHDOG=1")

    async def keep_alive(self) -> None:
        """Show that the event loop turns, at half the time wanted, as sd_watchdog_enabled(3) advises.

        Until cancelled; where no sign of life is wanted it ends at once.
        """
        while self.watchdog_seconds is not None:
            self.alive()
            await asyncio.sleep(self.watchdog_seconds / 2)

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + " ".join(text.split()))

    def _send(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as one:
                one.sendto(state.encode(), self._address)
        except OSError:
            return  # the manager is gone or restarts; it will ask for nothing that matters now


def _watchdog(environ: Mapping[str, str]) -> float | None:
    microseconds = environ.get("WATCHDOG_USEC", "")
    meant_for = environ.get("WATCHDOG_PID", "") or str(os.getpid())
    if not microseconds.isdigit() or int(microseconds) == 0 or meant_for != str(os.getpid()):
        return None
    return int(microseconds) / 1_000_000
