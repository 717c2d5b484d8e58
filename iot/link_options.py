"""Where the broker is, and how it is spoken to."""

from dataclasses import dataclass, field
from pathlib import Path

from paige.iot.backoff import Backoff


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """An encrypted connection, and who vouches for whom."""

    ca_file: Path | None = None
    """Certificates of who may vouch for the broker, in PEM; None for those that the system trusts."""
    cert_file: Path | None = None
    """Our own certificate, in PEM, for a broker that asks for one."""
    key_file: Path | None = None
    """The private key of `cert_file`; None where that file holds it, too."""
    check_hostname: bool = True
    """Whether the broker's certificate must name the host that was asked for."""


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """One broker, and what it is told of us."""

    host: str = "localhost"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    """A secret: it is in no text, log or representation that leaves this object."""
    client_id: str | None = None
    """How the broker knows us; None for a random one.

    A service keeps its own: its return then ends a connection of before that the broker still believes in.
    """
    tls: TlsOptions | None = None
    keepalive: int = 15
    """Seconds of silence after which the broker is asked whether it is there."""
    timeout: float = 10.0
    """Seconds that the broker has to accept a connection or a subscription."""
    backoff: Backoff = field(default_factory=Backoff)
    """The waits between attempts to reach it."""
    backoff_refused: Backoff = field(default_factory=lambda: Backoff(ceiling=60.0))
    """The waits where it was reached, and refused us or hung up soon: it logs each such attempt."""

    @property
    def address(self) -> str:
        """Host and port, as a person writes them."""
        return f"{self.host}:{self.port}"
