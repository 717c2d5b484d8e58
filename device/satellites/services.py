"""What a Wyoming server can do for its clients, and how it says so."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wyoming.info import (
    AsrModel,
    AsrProgram,
    HandleModel,
    HandleProgram,
    Info,
    IntentModel,
    IntentProgram,
    TtsProgram,
    TtsVoice,
    WakeModel,
    WakeProgram,
)

from paige.audio.chunk import Utterance
from paige.audio.voices.protocol import Voice
from paige.audio.wake.detector import WakeDetector
from paige.device.satellites.artifact import artifact
from paige.device.turn import Turn
from paige.models.intent import Intent, NotRecognized
from paige.models.transcript import Transcript

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What clients may ask for; what is None is not offered, and not described.

    `here` is the area of who speaks, by any name of it; None where that is not known.
    """

    language: str = "en"
    recognizer: str = ""
    """The recognizer's name."""
    transcribe: Callable[[Utterance, str | None], Awaitable[Transcript]] | None = None
    """What was said, in the area `here`; empty where it is no sentence of the home, or not sure."""
    handle: Callable[[str, str | None], Awaitable[Turn]] | None = None
    """Does as a sentence says."""
    understand: Callable[[str, str | None], Awaitable[Sequence[Intent] | NotRecognized]] | None = None
    """What a sentence asks for; nothing is done."""
    voice: Voice | None = None
    open_wake: Callable[[Sequence[str]], WakeDetector] | None = None
    """Makes a detector of some of the `phrases`."""
    phrases: tuple[str, ...] = ()
    area: str | None = None
    """Where clients are that do not say it."""
    areas: Mapping[str, str] = field(default_factory=dict)
    """Areas by how a client calls itself: Home Assistant's `satellite_id` or `device_id`, or a site."""

    def here(self, context: Mapping[str, Any] | None) -> str | None:
        """The area that a client's context tells: by its name, or by who it is."""
        told = context or {}
        for name in ("satellite_id", "device_id"):
            area = self.areas.get(str(told.get(name)))
            if area is not None:
                return area
        area, satellite = told.get("area"), told.get("satellite_id")
        if satellite and not area:
            _log.info("nobody says where %.200r stands; name it in satellites.areas", satellite)
        return area if isinstance(area, str) and area else self.area


def describe(services: Services) -> Info:
    """What is offered, in Wyoming's words."""
    name, languages = "Paige", [services.language]
    info = Info()
    if services.transcribe is not None:
        model = AsrModel(**artifact(services.recognizer or name), languages=languages)
        info.asr.append(
            AsrProgram(
                **artifact(name),
                models=[model],
                # The recognizer evens out loudness itself, and was measured on sound as it is.
                prefers_auto_gain_enabled=False,
                prefers_noise_reduction_enabled=False,
            )
        )
    if services.handle is not None:
        handler = HandleModel(**artifact(name), languages=languages)
        info.handle.append(HandleProgram(**artifact(name), models=[handler], supports_home_control=True))
    if services.understand is not None:
        parser = IntentModel(**artifact(name), languages=languages)
        info.intent.append(IntentProgram(**artifact(name), models=[parser]))
    if services.voice is not None:
        voice = TtsVoice(**artifact(services.voice.name), languages=languages)
        info.tts.append(TtsProgram(**artifact(name), voices=[voice]))
    if services.open_wake is not None:
        words = [WakeModel(**artifact(one), languages=languages, phrase=one) for one in services.phrases]
        info.wake.append(WakeProgram(**artifact(name), models=words))
    return info
