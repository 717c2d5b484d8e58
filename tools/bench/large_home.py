"""Homes of any size, made of simulated devices with names that a person might give."""

from collections.abc import Callable, Iterator
from itertools import islice, product

from paige.tools.simulated_home.device import SimulatedDevice
from paige.tools.simulated_home.homeassistant import Cover, JsonLight, Lock, Thermostat, Vacuum, Valve

_STOREYS = ("Cellar", "Downstairs", "Upstairs", "Attic", "North Wing", "South Wing", "Annex", "Lodge")
_ROOMS = (
    "Kitchen",
    "Bedroom",
    "Office",
    "Hallway",
    "Bathroom",
    "Study",
    "Library",
    "Pantry",
    "Salon",
    "Gallery",
)
_PLACES = ("Left", "Right", "Corner", "Window", "Door", "Ceiling", "Wall", "Desk", "Shelf", "Table")
_THINGS: tuple[tuple[str, Callable[[str, str], SimulatedDevice]], ...] = (
    ("Lamp", JsonLight),
    ("Light", JsonLight),
    ("Spot", JsonLight),
    ("Blind", lambda name, area: Cover(name, area, "blind")),
    ("Heating", Thermostat),
    ("Bolt", Lock),
    ("Cleaner", Vacuum),
    ("Tap", Valve),
)
MOST = len(_STOREYS) * len(_ROOMS) * len(_PLACES) * len(_THINGS)


def large_home(size: int) -> tuple[SimulatedDevice, ...]:
    """A home of `size` devices, of which each is one entity of Home Assistant's discovery.

    Raises:
        ValueError: There are not so many names.
    """
    if not 0 < size <= MOST:
        raise ValueError(f"a home of {size} devices was asked for; 1 to {MOST} can be named")
    return tuple(islice(_devices(), size))


def _devices() -> Iterator[SimulatedDevice]:
    """Room after room is filled, so that a small home has rooms of as many things as a large one."""
    for storey, room in product(_STOREYS, _ROOMS):
        area = f"{storey} {room}"
        for place, (thing, make) in product(_PLACES, _THINGS):
            yield make(f"{area} {place} {thing}", area)
