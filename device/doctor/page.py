"""Where the page for browsers is, and whether it can be."""

import http.client
import os
import socket

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, wrong
from paige.device.page.address import PageAddress, parse_listen

_SECONDS = 2.0


def page(loaded: Loaded) -> Finding:
    """Where to open it; whether it is served there, or could be."""
    listen = loaded.config.page.listen
    if listen is None:
        return ok("none is configured (page.listen)")
    address = parse_listen(listen)
    url = address.url(socket.gethostname())
    if _is_served(address):
        return ok(f"open {url} in a browser")
    reason = _why_it_cannot_be(address)
    if reason is not None:
        return wrong(f"it cannot be served at {listen}: {reason}", "choose another for page.listen")
    return ok(f"it will be at {url} as soon as the service runs")


def _is_served(address: PageAddress) -> bool:
    host = "localhost" if address.every else address.host
    connection = http.client.HTTPConnection(host, address.port, timeout=_SECONDS)
    try:
        connection.request("GET", "/")
        return b"<title>Paige</title>" in connection.getresponse().read(4096)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _why_it_cannot_be(address: PageAddress) -> str | None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as asyncio's servers have it
        try:
            trial.bind((address.host, address.port))
        except OSError as error:
            return os.strerror(error.errno) if error.errno else str(error)
    return None
