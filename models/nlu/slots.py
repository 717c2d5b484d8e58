"""Home Assistant's slots in the model's terms.

The model tags every number that sets or changes a level as `amount`; which slot it fills is the intent's
matter. Whether it is a level or a step, and which way, is a trait of the sentence.
"""

from collections.abc import Mapping
from typing import Final

AMOUNT: Final = "amount"
WHEN: Final = "time"
"""Words that say when; what has them is not for now."""
CLOCK: Final = "at_"
"""The beginning of the slots that say a time of day."""

LEVEL: Final[Mapping[str, str]] = {
    "HassLightSet": "brightness",
    "HassFanSetSpeed": "percentage",
    "HassSetPosition": "position",
    "HassSetVolume": "volume_level",
}
"""The slot that says how much."""
STEP: Final[Mapping[str, str]] = {
    "HassLightSet": "brightness_step",
    "HassFanSetSpeed": "percentage_step",
    "HassSetPosition": "position_step",
    "HassSetVolumeRelative": "volume_step",
    "HassClimateSetTemperature": "temperature_step",
}
"""The slot that says how much more or less: a number, `up` or `down`."""
GOAL: Final[Mapping[str, str]] = {**LEVEL, "HassClimateSetTemperature": "temperature"}
"""The slot of a number that is to be reached; that of a temperature is tagged by its own name."""
ABSOLUTE: Final[Mapping[str, str]] = {"HassSetVolumeRelative": "HassSetVolume"}
"""Intents that know only steps, and those that set the same thing to a level."""
UP, DOWN = "up", "down"
SWITCHING: Final = frozenset({"HassTurnOn", "HassTurnOff", "HassToggle"})
"""Intents that do to each domain something else: of a lock, on is locked, and of a cover it is open."""
MUTE: Final = "HassMediaPlayerMute"

TRAITS: Final = ("domain", "device_class", "state", *STEP.values())
"""Slots that are learned as traits of the whole sentence; of steps only the way they go."""
AMOUNTS: Final = frozenset((*LEVEL.values(), *STEP.values()))
"""Slots whose words are tagged as `AMOUNT`."""
