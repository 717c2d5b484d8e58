"""The address at which updates are looked for."""

import ipaddress
import urllib.parse
from typing import Final

_LOCAL: Final = (".local", ".lan", ".home.arpa", ".internal", ".fritz.box")
"""Ends of names of machines in the house."""


def parse_address(text: str) -> str:
    """The address, if it can be one.

    Raises:
        ValueError: It cannot, or would be asked over the internet in the open.
    """
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} does not begin with https://, or names no server")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a password in it is not taken: others could read it")
    if parts.scheme == "http" and not is_local(parts.hostname):
        raise ValueError(f"http:// is only for a server in the house, and {parts.hostname} may be none")
    return text


def is_local(host: str) -> bool:
    """Whether a host is in the house, by its address or its name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_LOCAL)
    return address.is_private or address.is_loopback or address.is_link_local
