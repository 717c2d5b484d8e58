"""Microphone and loudspeaker, as PortAudio sees them."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning, wrong

if TYPE_CHECKING:
    from paige.audio.chunk import Samples  # numpy takes a tenth of a second to import

_LISTENED = 0.5
"""Seconds of sound that are looked at."""
_FULL_SCALE = 32768
_NO_LIBRARY = "the sound library PortAudio is not installed"
_INSTALL = "as root: apt install libportaudio2"


def microphone(loaded: Loaded) -> Finding:
    """Whether there is one, and whether it delivers anything but zeros."""
    try:
        import sounddevice
    except OSError:
        return wrong(_NO_LIBRARY, _INSTALL)
    wanted = loaded.config.speech.microphone
    inputs = [device["name"] for device in sounddevice.query_devices() if device["max_input_channels"] > 0]
    if not inputs:
        text = f"no microphone like {wanted!r} was found; there is none at all" if wanted else "there is none"
        found = wrong if wanted else warning
        return found(text, "plug one in; until then Paige takes text only")
    if wanted and not any(wanted.lower() in name.lower() for name in inputs):
        return wrong(
            f"no microphone is called {wanted!r}; there are: {', '.join(inputs)}",
            "set speech.microphone to one",
        )
    device = _one(sounddevice, wanted, "input")
    rate = int(device["default_samplerate"])
    samples = sounddevice.rec(
        int(_LISTENED * rate),
        samplerate=rate,
        channels=1,
        dtype="int16",
        device=device["index"],
        blocking=True,
    )  # [samples, 1]
    return _level(device["name"], samples)


def _level(name: str, samples: "Samples") -> Finding:
    loudest = max(int(samples.max(initial=0)), -int(samples.min(initial=0)))
    if loudest == 0:
        return wrong(
            f"{name} delivers nothing but silence",
            "see whether it is muted: alsamixer, then F4 for its level",
        )
    if loudest >= _FULL_SCALE - 1:
        return warning(f"{name} is too loud and distorts", "lower its level: alsamixer, then F4")
    return ok(f"{name}, peak {20 * math.log10(loudest / _FULL_SCALE):.0f} dB of full scale in half a second")


def _one(sounddevice: Any, wanted: str | None, kind: str) -> Mapping[str, Any]:  # noqa: ANN401  # it publishes no types
    """The device that will be used."""
    if wanted is None:
        default: Mapping[str, Any] = sounddevice.query_devices(kind=kind)
        return default
    return next(
        device
        for device in sounddevice.query_devices()
        if wanted.lower() in device["name"].lower() and device["max_input_channels"] > 0
    )


def speaker(_: Loaded) -> Finding:
    """Whether there is one. Nothing is played."""
    try:
        import sounddevice
    except OSError:
        return wrong(_NO_LIBRARY, _INSTALL)
    outputs = [device["name"] for device in sounddevice.query_devices() if device["max_output_channels"] > 0]
    if not outputs:
        return warning("there is none", "plug one in; until then replies are text only")
    return ok(", ".join(outputs[:3]))
