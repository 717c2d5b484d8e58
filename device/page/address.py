"""Where the page is served, and what that asks for."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

LEAST_TOKEN: Final = 12
"""Characters of a token; ten guesses a minute never find one."""
_PATTERN: Final = re.compile(r"(?P<host>localhost|[0-9.]+|\[[0-9a-fA-F:.]+\]):(?P<port>[0-9]{1,5})")
_TOKEN: Final = re.compile(rf"[!-~]{{{LEAST_TOKEN},}}")


@dataclass(frozen=True, slots=True)
class PageAddress:
    """An address of this machine, and a port."""

    host: str
    port: int

    @property
    def reachable(self) -> bool:
        """Whether others than this machine reach it."""
        return self.host != "localhost" and not ip_address(self.host).is_loopback

    @property
    def every(self) -> bool:
        """Whether it stands for all addresses of this machine."""
        return self.host != "localhost" and ip_address(self.host).is_unspecified

    def url(self, name: str) -> str:
        """What to open in a browser; `name` where the host is no single address."""
        host = name if self.every else f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"


def parse_listen(text: str) -> PageAddress:
    """Where to serve, as a person writes it: `127.0.0.1:10380`.

    Raises:
        ValueError: It is none.
    """
    found = _PATTERN.fullmatch(text.strip())
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise ValueError(f"{text!r} is no address and port; expected such as 127.0.0.1:10380")
    host = found["host"]
    if host.startswith("["):
        host = str(IPv6Address(host[1:-1]))
    elif host != "localhost":
        ip_address(host)
    return PageAddress(host, int(found["port"]))


def why_unfit(listen: str, token: str | None) -> str | None:
    """Why a page may not be served so; None where it may.

    Args:
        listen: As `parse_listen` takes it.
        token: What a browser must know; None where it need not.
    """
    make = "python3 -c 'import secrets; print(secrets.token_urlsafe(16))' makes one"
    if token is None and parse_listen(listen).reachable:
        return (
            f"others than this machine reach {listen}, and nothing tells who may; set page.token ({make}), "
            "or listen at 127.0.0.1"
        )
    if token is not None and not _TOKEN.fullmatch(token):
        return f"page.token needs {LEAST_TOKEN} or more letters, digits and signs without spaces; {make}"
    return None
