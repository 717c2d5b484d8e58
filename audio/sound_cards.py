"""Sound cards that say they can do more than they can."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SoundCard:
    """A kind of sound card."""

    mark: str
    """In its name, as ALSA and PortAudio have that."""
    rate: int
    """Hertz at which it works, to hear and to sound alike: such cards run both at one rate."""


KNOWN: Final = (
    # ReSpeaker 2-mic of version 1 and the like. Its driver takes 8 to 48 kHz, but at a clock of 12.288 MHz
    # refuses 44.1 when the stream starts, with an error that says nothing of a rate; 48 works
    # (github.com/raspberrypi/linux/issues/5849). PortAudio takes 44.1 for the own rate of a card that has it.
    SoundCard("wm8960", 48_000),
    # Google's voiceHAT: its driver has no other (Raspberry Pi's Linux, sound/soc/bcm/googlevoicehat-codec.c).
    SoundCard("voicehat", 48_000),
)
"""Others are opened at what they offer: USB microphones, and the ReSpeaker 2-mic of version 2, whose codec
makes 44.1 kHz of any clock."""


def rate_of(name: str) -> int | None:
    """The rate at which a device is best opened; None where its own will do."""
    return next((card.rate for card in KNOWN if card.mark in name.lower()), None)
