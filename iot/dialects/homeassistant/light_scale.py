"""How one light counts: its own numbers for brightness and colour temperature."""

from dataclasses import dataclass

from paige.iot.dialects.color import RGB, kelvin_from_mired, mired_from_kelvin
from paige.iot.dialects.homeassistant.settings import Settings
from paige.iot.dialects.payload import number
from paige.iot.dialects.report import Report
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid

# What Home Assistant assumes of a light that says nothing: 153 to 500 mired.
_COLDEST, _WARMEST = 6535, 2000


@dataclass(frozen=True, slots=True)
class Scale:
    """A light's own numbers."""

    brightest: float
    """What it calls full brightness."""
    kelvin: bool
    """Whether it counts colour temperature in kelvin, rather than in mired."""
    warmest: float
    """Kelvin."""
    coldest: float
    """Kelvin."""

    @classmethod
    def of(cls, settings: Settings) -> "Scale":
        """As a light's options say."""
        brightest = settings.number("brightness_scale", 255)
        if brightest < 1:
            settings.problems.append(f"brightness_scale: found {brightest:g}, expected at least 1")
            brightest = 255
        warmest = settings.number("min_kelvin", 0)
        coldest = settings.number("max_kelvin", 0)
        if not warmest > 0 and "max_mireds" in settings:
            warmest = kelvin_from_mired(settings.number("max_mireds", 500))
        if not coldest > 0 and "min_mireds" in settings:
            coldest = kelvin_from_mired(settings.number("min_mireds", 153))
        warmest, coldest = warmest if warmest > 0 else _WARMEST, coldest if coldest > 0 else _COLDEST
        return cls(
            brightest, settings.flag("color_temp_kelvin"), min(warmest, coldest), max(warmest, coldest)
        )

    def brightness(self, percent: float) -> int:
        """Its number for a percentage above zero; never its zero, which would turn it off."""
        return max(1, round(min(100.0, percent) / 100 * self.brightest))

    def percent(self, brightness: object) -> int:
        """Percent of its number; at least one for what is not zero.

        Raises:
            ReportInvalid: It is no number.
        """
        value = number(brightness)
        return 0 if value <= 0 else max(1, round(min(1.0, value / self.brightest) * 100))

    def temperature(self, kelvin: float) -> int:
        """Its number for a colour temperature, at the nearer end where it does not reach so far."""
        kelvin = min(self.coldest, max(self.warmest, kelvin))
        return round(kelvin) if self.kelvin else mired_from_kelvin(kelvin)

    def color_temp_kelvin(self, temperature: object) -> int:
        """Kelvin of its number.

        Raises:
            ReportInvalid: It is not a number above zero.
        """
        value = number(temperature)
        if value <= 0:
            raise ReportInvalid(f"found {value:g} as colour temperature, expected a number above zero")
        return round(value) if self.kelvin else kelvin_from_mired(value)


def colored(rgb: RGB) -> Report:
    """The report of a colour."""
    return Report(attributes={"rgb_color": rgb})


def numbers(said: str, count: int) -> tuple[float, ...]:
    """Numbers separated by commas, such as a colour.

    Raises:
        ReportInvalid: They are not `count` numbers.
    """
    parts = said.split(",")
    if len(parts) != count:
        raise ReportInvalid(f"found {len(parts)} values, expected {count} with commas between them")
    return tuple(number(part) for part in parts)


def channels(values: tuple[float, ...]) -> RGB:
    """Red, green and blue, each brought into 0 to 255."""
    red, green, blue = (round(min(255.0, max(0.0, value))) for value in values[:3])
    return red, green, blue


def commanded_color(value: AttributeValue) -> RGB | None:
    """The colour that a command brings; `refusal` has made sure of its form."""
    if not isinstance(value, tuple):
        return None
    red, green, blue = value
    return red, green, blue
