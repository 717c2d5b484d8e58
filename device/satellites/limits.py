"""How much a peer may send, and how long it may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that no honest peer comes near to; who crosses one is hung up on, alone."""

    clients: int = 32
    """Peers that are served at a time."""
    header: int = 64 * 1024
    """Bytes of an event's first line."""
    data: int = 256 * 1024
    """Bytes of its further fields."""
    payload: int = 1024 * 1024
    """Bytes of sound in one event: 32 seconds at 16 kHz."""
    event_seconds: float = 5.0
    """For the rest of an event whose first byte has come, and for a peer to take one of ours."""
    stream_seconds: float = 10.0
    """Without an event while the peer has announced sound."""
    idle_seconds: float = 600.0
    """Without an event otherwise."""
    speech_seconds: float = 30.0
    """Of one utterance."""
    text: int = 1000
    """Characters of a sentence or of what is to be said."""
