"""Where a satellite is, on the network and in the house."""

import re
from dataclasses import dataclass
from typing import Final

PORT: Final = 10700
"""What wyoming-satellite listens at where nothing else is set."""
_PATTERN: Final = re.compile(
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/@:\[\]]+)(:(?P<port>\d{1,5}))?(\s+(?P<area>\S.*))?"
)


@dataclass(frozen=True, slots=True)
class SatelliteAddress:
    """One satellite."""

    host: str
    port: int = PORT
    area: str | None = None
    """By any of its names; None where the satellite says it itself, or nobody does."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str) -> SatelliteAddress:
    """A satellite as a person writes it: `kitchen.local:10700 Kitchen`; port and area may be absent.

    Raises:
        ValueError: It is none.
    """
    found = _PATTERN.fullmatch(text.strip())
    port = PORT if found is None or found["port"] is None else int(found["port"])
    if found is None or not 1 <= port <= 65535:
        raise ValueError(
            f"{text!r} is no satellite; expected a host, a port and an area: pi.local:10700 Kitchen"
        )
    return SatelliteAddress(found["host"].strip("[]"), port, found["area"])


def parse_place(text: str) -> tuple[str, str]:
    """Who stands where, as a person writes it: `assist_satellite.kitchen Kitchen`.

    Raises:
        ValueError: One of the two is missing.
    """
    who, _, area = text.strip().partition(" ")
    if not who or not area.strip():
        raise ValueError(f"{text!r} names no area; expected who and where: assist_satellite.kitchen Kitchen")
    return who, area.strip()


def parse_server(text: str) -> SatelliteAddress:
    """A Wyoming service as a person writes it: `pc.local:10300`.

    Raises:
        ValueError: It is none.
    """
    found = _PATTERN.fullmatch(text.strip())
    if found is None or found["port"] is None or found["area"] is not None:
        raise ValueError(f"{text!r} is no service; expected a host and a port: pc.local:10300")
    return parse_address(text)
