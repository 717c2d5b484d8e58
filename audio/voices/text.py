"""What is left of a text when it is to be spoken: words, numbers, punctuation."""

import re
import unicodedata
from collections.abc import Iterator

_DROPPED = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "So", "Sk"})
"""Unicode's categories of what nobody says: controls, what has no meaning, and pictures such as emoji."""
_KEPT = "°"
_MARKUP = re.compile(r"[*_`~#|<>\[\]{}\\^]+")
"""What a language model marks text with. Signs such as % and € stay: a synthesizer knows them."""
_UNITS = {
    "en": {
        "°C": "degrees Celsius",
        "°F": "degrees Fahrenheit",
        "kWh": "kilowatt hours",
        "Wh": "watt hours",
        "kW": "kilowatts",
        "W": "watts",
        "V": "volts",
        "A": "amperes",
        "lx": "lux",
        "hPa": "hectopascals",
        "ppm": "parts per million",
        "µg/m³": "micrograms per cubic metre",
        "km/h": "kilometres an hour",
        "m/s": "metres a second",
        "mm": "millimetres",
        "cm": "centimetres",
        "m²": "square metres",
        "m³": "cubic metres",
        "dB": "decibels",
    }
}
"""Units that a synthesizer would spell, as Home Assistant writes them, in the languages we have words in."""


def speakable(text: str, language: str) -> str:
    """The text without what must not be spoken; empty where nothing is left.

    Args:
        text: Anything at all, such as what a language model wrote or a device is called.
        language: A code such as en or pt-BR; it decides what units are called.
    """
    composed = unicodedata.normalize("NFC", text)
    said = "".join(
        letter if letter in _KEPT or unicodedata.category(letter) not in _DROPPED else " "
        for letter in composed
    )
    said = _MARKUP.sub(" ", said)
    for unit, words in _UNITS.get(language.partition("-")[0].lower(), {}).items():
        said = re.sub(rf"(?<=\d)\s*{re.escape(unit)}(?![\w²³/°])", f" {words}", said)
    said = " ".join(said.split())
    return said if any(letter.isalnum() for letter in said) else ""


def parts(text: str, longest: int) -> Iterator[str]:
    """The text in pieces of at most so many characters, cut at the ends of sentences where it has any."""
    while len(text) > longest:
        head = text[:longest]
        ends = [match.end() for match in re.finditer(r"[.!?…]\s", head)]
        cut = ends[-1] if ends else head.rfind(" ") + 1 or longest
        yield text[:cut].strip()
        text = text[cut:].strip()
    if text:
        yield text
