"""Microphone and loudspeaker, as PortAudio sees them."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning, wrong

if TYPE_CHECKING:
    from paige.audio.chunk import AudioChunk  # numpy takes a tenth of a second to import

_LISTENED = 0.5
"""Seconds of sound that are looked at."""
_FULL_SCALE = 32768
_NO_LIBRARY = "the sound library PortAudio is not installed"
_INSTALL = "as root: apt install libportaudio2"


def microphone(loaded: Loaded) -> Finding:
    """Whether there is one, and whether it delivers anything but zeros."""
    from paige.audio.errors import AudioError
    from paige.audio.microphone import MicrophoneSource

    inputs = _devices("max_input_channels")
    wanted = loaded.config.speech.microphone
    if inputs is None:
        return wrong(_NO_LIBRARY, _INSTALL)
    if not inputs and wanted is None:
        return warning(
            "there is none", "plug one in; it is found within two seconds, and nothing is heard until then"
        )
    try:
        with MicrophoneSource(wanted) as source:
            return level(source.description, source.chunks())
    except AudioError as error:
        return wrong(str(error).rstrip("."), "plug it in, or set speech.microphone to one that is there")


def level(name: str, chunks: "Iterable[AudioChunk]") -> Finding:
    """How loud the first half second is."""
    loudest = 0
    for chunk in chunks:
        loudest = max(loudest, int(chunk.samples.max(initial=0)), -int(chunk.samples.min(initial=0)))
        if chunk.start + chunk.seconds >= _LISTENED:
            break
    if loudest == 0:
        return wrong(
            f"{name} delivers nothing but silence",
            "see whether it is muted: alsamixer, then F4 for its level",
        )
    if loudest >= _FULL_SCALE - 1:
        return warning(f"{name} is too loud and distorts", "lower its level: alsamixer, then F4")
    return ok(f"{name}, peak {20 * math.log10(loudest / _FULL_SCALE):.0f} dB of full scale in half a second")


def speaker(loaded: Loaded) -> Finding:
    """Whether there is one that is wanted. Nothing is played."""
    outputs, wanted = _devices("max_output_channels"), loaded.config.voice.speaker
    if not loaded.config.voice.aloud:
        return ok("none is needed: nothing is said aloud here (voice.aloud)")
    if outputs is None:
        return wrong(_NO_LIBRARY, _INSTALL)
    if not outputs:
        return warning("there is none", "plug one in; nothing is said aloud here until then")
    if wanted is not None and not any(wanted.casefold() in name.casefold() for name in outputs):
        return wrong(
            f"none is called {wanted!r}; there {'is' if len(outputs) == 1 else 'are'} {', '.join(outputs)}",
            "plug it in, or set voice.speaker to one that is there",
        )
    return ok(", ".join(outputs[:3]))


def voice(loaded: Loaded) -> Finding:
    """Whether what is configured can speak."""
    from paige.audio.errors import AudioError
    from paige.audio.voices import open_voice

    try:
        found = open_voice(loaded.config.voice.name, loaded.config.house.language)
        samples = sum(len(piece) for piece in found.say("1 2 3"))
    except AudioError as error:
        return wrong(str(error).rstrip("."), "set voice.name to another, or install it")
    return (
        ok(f"{found.name}, {found.rate:,} Hz")
        if samples
        else wrong(f"{found.name} says nothing", "choose another")
    )


def wake_words(loaded: Loaded) -> Finding:
    """Whether all of them can be listened for."""
    from paige.audio.errors import AudioError
    from paige.device.wake_words import wake_detector

    wake = loaded.config.wake
    try:
        wake_detector((*wake.words, *wake.stop_words))
    except AudioError as error:
        return wrong(str(error).rstrip("."), "set wake.words and wake.stop_words to others")
    modes = {
        "word": ", ".join(wake.words),
        "always": "none: whatever is said is heard",
        "push": "none: a button is pushed",
    }
    return ok(modes[wake.mode])


def _devices(channels: str) -> list[str] | None:
    """Names of what has such channels; None where PortAudio is missing."""
    try:
        import sounddevice
    except OSError:
        return None
    return [str(device["name"]) for device in sounddevice.query_devices() if device[channels] > 0]
