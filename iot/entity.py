"""What a home is made of: floors, areas on them, and entities in those. Home Assistant's words and states."""

from collections.abc import Mapping
from dataclasses import dataclass, field

AttributeValue = str | int | float | bool | tuple[int, ...] | None
"""Units are part of an attribute's meaning, not of its dialect: see `Entity.attributes`."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey of the home."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A room, or another place of the home."""

    name: str
    floor: str | None = None
    """Main name of the floor it is on."""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that can be asked about or commanded, as it is known now."""

    id: str
    """`domain.object_id`, unique in the home."""
    name: str
    domain: str
    """`light`, `switch`, `cover`, `sensor`, … as Home Assistant names them."""
    area: str | None = None
    """Main name of the area it is in."""
    device_class: str | None = None
    aliases: tuple[str, ...] = ()
    state: str | None = None
    """In Home Assistant's words: `on`, `off`, `open`, `closed`, `locked`, a number, …; None while unknown."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    """The same units for every dialect:

    `brightness_pct`, `percentage` (fan), `current_position`, `volume_pct`: 0 to 100;
    `color_temp_kelvin`: kelvin; `rgb_color`: (red, green, blue), each 0 to 255;
    `temperature` (target), `current_temperature`: degrees Celsius; `hvac_mode`; `unit_of_measurement`.
    """
    available: bool = True
    services: frozenset[str] = frozenset()
    """Services it accepts (`turn_on`, `set_cover_position`, …); empty for what can only be asked about."""
    features: frozenset[str] = frozenset()
    """Adjustable attributes a service accepts, such as `brightness_pct`, `rgb_color`, `color_temp_kelvin`."""
    dialect: str | None = None
    """Which dialect carries its commands; None where it is known from a file alone."""

    @property
    def names(self) -> tuple[str, ...]:
        """The main name, then the aliases."""
        return (self.name, *self.aliases)
