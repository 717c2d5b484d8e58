"""What a discovered component is called, and where its device says that it is."""

import re

from paige.iot.dialects.homeassistant.discovery import Described, Place
from paige.iot.dialects.homeassistant.settings import Settings

_UNSPOKEN = re.compile(r"[\s_/]+")
_ADDRESS = re.compile(r"(?<![0-9a-f])(?:0x)?([0-9a-f]{16}|[0-9a-f]{12})(?![0-9a-f])")
_SEPARATORS = re.compile(r"(?<=[0-9a-f]{2})[:-](?=[0-9a-f]{2})")


def name(described: Described, settings: Settings, place: Place) -> str:
    """The name of an entity, as Home Assistant builds it.

    The name of its device, followed by its own; the device's alone where its own is null; its own alone where
    it has no device or says the device's already. One that leaves its name out is called after what it
    measures. Underscores and slashes, which nobody says, become spaces.
    """
    device = Settings(described.section("device")).name("name")
    own = settings.name("name")
    if own is None and not settings.is_null("name"):
        own = (settings.name("device_class") or "").replace("_", " ").strip().capitalize() or None
    if device is None:
        full = own or (described.key or place.object_id)
    elif own is None or own.casefold() == device.casefold():
        full = device
    elif _begins_with(own, device):
        full = own
    else:
        full = f"{device} {own}"
    return _UNSPOKEN.sub(" ", full).strip() or place.object_id


def _begins_with(own: str, device: str) -> bool:
    rest = own[len(device) :]
    return own.casefold().startswith(device.casefold()) and not rest[:1].isalnum()


def hardware(device: Settings) -> frozenset[str]:
    """The addresses among a device's connections and identifiers: 12 digits of a MAC, or 16 of an EUI-64."""
    written = [*device.names("identifiers"), *device.connections()]
    plain = (_SEPARATORS.sub("", text.lower()) for text in written)
    return frozenset(address for text in plain for address in _ADDRESS.findall(text))


def id_candidates(described: Described, settings: Settings, place: Place, full_name: str) -> tuple[str, ...]:
    """What its entity id may be made of, best first."""
    wished = settings.name("default_entity_id") or ""
    domain, _, object_id = wished.partition(".")
    return (
        object_id if domain == described.component else "",
        settings.name("object_id") or "",
        full_name,
        settings.name("unique_id") or "",
        f"{place.node_id or ''} {place.object_id} {described.key}",
    )
