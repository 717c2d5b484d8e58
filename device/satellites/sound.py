"""Sound as it travels over Wyoming: PCM of any rate, width and number of channels, in any pieces."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import Samples
from paige.audio.conversion import Converter
from paige.device.errors import PeerInvalid

_RATES: Final = range(4_000, 192_001)
_WIDTHS: Final = range(1, 5)
_CHANNELS: Final = range(1, 33)


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How a peer writes sound."""

    rate: int
    """Hertz."""
    width: int
    """Bytes a sample."""
    channels: int

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "SoundFormat":
        """The format that an event's data state.

        Raises:
            PeerInvalid: There is none, or it is none that can be converted.
        """
        stated = [fields.get(name) for name in ("rate", "width", "channels")]
        for value, name, allowed in zip(
            stated, ("rate", "width", "channels"), (_RATES, _WIDTHS, _CHANNELS), strict=True
        ):
            if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
                raise PeerInvalid(
                    f"its sound has the {name} {value!r}; expected {allowed[0]} to {allowed[-1]}"
                )
        return cls(*(int(value) for value in stated if value is not None))

    def frames(self, pcm: bytes) -> NDArray[np.float32]:
        """Sound at full scale -1 to 1. Shape: [frames, channels].

        Raises:
            PeerInvalid: The bytes are no whole number of frames.
        """
        if len(pcm) % (self.width * self.channels):
            raise PeerInvalid(
                f"{len(pcm)} bytes of sound are no whole number of frames of "
                f"{self.width * self.channels} bytes"
            )
        if self.width == 1:  # the only width without a sign, as in WAV files
            values = (np.frombuffer(pcm, np.uint8).astype(np.float32) - 128) / np.float32(128)
        elif self.width == 3:
            padded = np.zeros((len(pcm) // 3, 4), np.uint8)  # [values, bytes]
            padded[:, 1:] = np.frombuffer(pcm, np.uint8).reshape(-1, 3)
            values = padded.view("<i4")[:, 0].astype(np.float32) / np.float32(2.0**31)
        else:
            integers = np.frombuffer(pcm, f"<i{self.width}")
            values = integers.astype(np.float32) / np.float32(2.0 ** (8 * self.width - 1))
        return values.reshape(-1, self.channels)


class Incoming:
    """Makes one stream of sound into samples; a peer that changes the format in its middle is followed."""

    def __init__(self) -> None:
        self._format: SoundFormat | None = None
        self._converter: Converter | None = None

    def hear(self, sound_format: SoundFormat, pcm: bytes) -> Samples:
        """Samples that are ready after these bytes.

        Raises:
            PeerInvalid: The bytes are no whole number of frames.
        """
        frames = sound_format.frames(pcm)
        if self._converter is None or sound_format != self._format:
            self._format, self._converter = sound_format, Converter(sound_format.rate)
        return self._converter.convert(frames)

    def end(self) -> Samples:
        """What was held back; the next stream may have another format."""
        converter, self._converter = self._converter, None
        if converter is None:
            return np.empty(0, np.int16)
        return converter.convert(np.empty((0, 1), np.float32), last=True)
