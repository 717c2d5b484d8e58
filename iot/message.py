"""What travels over MQTT, in and out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A message that arrived."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Publication:
    """A message to send. Commands are never retained; presence and discovery are."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
