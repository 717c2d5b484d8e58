"""Homes of any size, made of simulated devices with names that a person might give."""

from collections.abc import Callable
from itertools import product
from random import Random

from paige.iot.entity import Area, Entity
from paige.iot.home_file import HomeDescription
from paige.tools.simulated_home.homeassistant import (
    Cover,
    HomeAssistantDevice,
    JsonLight,
    Lock,
    Thermostat,
    Vacuum,
    Valve,
)

_STOREYS = "Cellar|Downstairs|Upstairs|Attic|North Wing|South Wing|Annex|Lodge"
_ROOMS = "Kitchen|Bedroom|Office|Hallway|Bathroom|Study|Library|Pantry|Salon|Gallery"
_OWNERS = (
    "Anna|Arthur|Bella|Carl|Clara|David|Edith|Emma|Felix|Frank|George|Grace|Hanna|Henry|Ida|Iris|Jack|Jane|Karl|"
    "Laura|Leo|Lucy|Martha|Max|Nina|Nora|Olga|Oscar|Paul|Pia|Ralph|Rose|Sarah|Simon|Thomas|Tina|Ursula|Victor|"
    "Wanda|William"
)
_LOOKS = (
    "Amber|Antique|Big|Black|Blue|Brass|Bright|Bronze|Broken|Copper|Corner|Crystal|Double|Eastern|Fancy|Glass|"
    "Golden|Green|Grey|Hidden|Iron|Ivory|Little|Marble|New|Northern|Oak|Old|Orange|Paper|Pine|Red|Round|Silver|"
    "Southern|Square|Steel|Tall|Western|White"
)
_THINGS: tuple[tuple[str, Callable[[str, str], HomeAssistantDevice]], ...] = (
    ("Lamp", JsonLight),
    ("Light", JsonLight),
    ("Lantern", JsonLight),
    ("Spotlight", JsonLight),
    ("Chandelier", JsonLight),
    ("Candle", JsonLight),
    ("Blind", lambda name, area: Cover(name, area, "blind")),
    ("Curtain", lambda name, area: Cover(name, area, "curtain")),
    ("Shutter", lambda name, area: Cover(name, area, "shutter")),
    ("Heater", Thermostat),
    ("Radiator", Thermostat),
    ("Bolt", Lock),
    ("Latch", Lock),
    ("Sweeper", Vacuum),
    ("Tap", Valve),
    ("Sprinkler", Valve),
)
_SEED = 1
MOST = len(_OWNERS.split("|")) * len(_LOOKS.split("|")) * len(_THINGS)


def large_home(size: int) -> tuple[HomeAssistantDevice, ...]:
    """A home of `size` devices, of which each is one entity of Home Assistant's discovery.

    Names are a random choice of all that the words above allow, the same for the same size: a language in
    which every word went with every other would be simpler than any home's.

    Raises:
        ValueError: There are not so many names.
    """
    if not 0 < size <= MOST:
        raise ValueError(f"a home of {size} devices was asked for; 1 to {MOST} can be named")
    areas = [f"{storey} {room}" for storey, room in product(_STOREYS.split("|"), _ROOMS.split("|"))]
    names = list(product(_OWNERS.split("|"), _LOOKS.split("|"), _THINGS))
    chosen = Random(_SEED).sample(names, size)  # noqa: S311  # names, not secrets
    return tuple(
        make(f"{owner}'s {look} {thing}", areas[number % len(areas)])
        for number, (owner, look, (thing, make)) in enumerate(chosen)
    )


def large_description(size: int) -> HomeDescription:
    """The same home, as its owner would write it down.

    Raises:
        ValueError: There are not so many names.
    """
    devices = large_home(size)
    entities = tuple(
        Entity(
            f"{device.platform}.device_{number}",
            device.name,
            device.platform,
            device.area,
            device.device_class if isinstance(device, Cover) else None,
        )
        for number, device in enumerate(devices)
    )
    areas = tuple(Area(name) for name in dict.fromkeys(device.area for device in devices))
    return HomeDescription(areas=areas, entities=entities)
