"""Hermes's messages, as Rhasspy 2.5's reference and its library rhasspy-hermes have them.

https://rhasspy.readthedocs.io/en/latest/reference/#mqtt-api. Only what Paige takes part in. A site is a
microphone and a loudspeaker in a room.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from paige.iot.message import Message, Publication
from paige.models.intent import Intent

LONGEST_TEXT: Final = 1000
LARGEST_JSON: Final = 64 * 1024
LARGEST_SOUND: Final = 1024 * 1024
_LONGEST_NAME: Final = 200
_FRAME, _FINISHED = "/audioFrame", "/playFinished"
_AUDIO: Final = "hermes/audioServer/"
_HOTWORD: Final = "hermes/hotword/"


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """A piece of what a site hears."""

    site: str
    wav: bytes


@dataclass(frozen=True, slots=True)
class Detected:
    """A site has heard a wake word."""

    site: str
    wakeword: str


@dataclass(frozen=True, slots=True)
class StartListening:
    """What a site hears is to be transcribed from now on."""

    site: str
    session: str | None
    stop_on_silence: bool = True


@dataclass(frozen=True, slots=True)
class StopListening:
    """No longer."""

    site: str
    session: str | None


@dataclass(frozen=True, slots=True)
class TextCaptured:
    """What was said at a site."""

    site: str
    session: str | None
    text: str
    likelihood: float = 1.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Query:
    """A sentence is to be taken apart."""

    site: str
    session: str | None
    text: str
    id: str | None = None
    custom_data: str | None = None


@dataclass(frozen=True, slots=True)
class StartSession:
    """Somebody at a site is to be talked to."""

    site: str
    text: str = ""
    """Said first."""
    listens: bool = True
    """Whether an answer is expected; not for a notification."""
    may_wait: bool = True
    """Whether it may begin later, where the site is busy."""
    tells_failure: bool = False
    """Whether it is to be told when nothing was recognized."""
    custom_data: str | None = None


@dataclass(frozen=True, slots=True)
class ContinueSession:
    """What is open at a site goes on."""

    session: str
    text: str = ""
    custom_data: str | None = None


@dataclass(frozen=True, slots=True)
class EndSession:
    """What is open at a site has ended."""

    session: str
    text: str = ""
    custom_data: str | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Something is to be said at a site."""

    site: str
    text: str
    id: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SayFinished:
    """It was said."""

    site: str
    id: str | None


@dataclass(frozen=True, slots=True)
class PlayFinished:
    """A site has played a sound."""

    site: str
    id: str | None


@dataclass(frozen=True, slots=True)
class HotwordToggle:
    """A site is to wait for a wake word, or not to."""

    site: str
    on: bool


Inbound = (
    AudioFrame
    | Detected
    | StartListening
    | StopListening
    | TextCaptured
    | Query
    | StartSession
    | ContinueSession
    | EndSession
    | Say
    | SayFinished
    | PlayFinished
    | HotwordToggle
)


@dataclass(frozen=True, slots=True)
class HermesRefused:
    """Why a message cannot be used."""

    reason: str


class _Unfit(Exception):
    """A field is not as it has to be."""


def read(message: Message) -> Inbound | HermesRefused:
    """What a message says. One that is retained may be of any age, and says nothing."""
    if message.retained:
        return HermesRefused("it is retained, and may be of any age")
    if message.topic.startswith(_AUDIO) and message.topic.endswith(_FRAME):
        if len(message.payload) > LARGEST_SOUND:
            return HermesRefused(f"it has more than {LARGEST_SOUND} bytes")
        return AudioFrame(message.topic[len(_AUDIO) : -len(_FRAME)], message.payload)
    try:
        return _read_fields(message.topic, _Fields(message.payload))
    except _Unfit as unfit:
        return HermesRefused(str(unfit))


class _Fields:
    """The JSON object of a payload."""

    def __init__(self, payload: bytes) -> None:
        if len(payload) > LARGEST_JSON:
            raise _Unfit(f"it has more than {LARGEST_JSON} bytes")
        try:
            found = json.loads(payload or b"{}")
        except (ValueError, RecursionError):
            raise _Unfit("it is not JSON") from None
        if not isinstance(found, dict):
            raise _Unfit("it is not a JSON object")
        self._found: Mapping[str, Any] = found

    def inner(self, name: str) -> "_Fields":
        inner = _Fields(b"")
        found = self._found.get(name)
        if not isinstance(found, dict):
            raise _Unfit(f"“{name}” is no object")
        inner._found = found
        return inner

    def text(self, name: str, longest: int = _LONGEST_NAME) -> str | None:
        value = self._found.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > longest:
            raise _Unfit(f"“{name}” is no text of at most {longest} characters")
        return value

    def sentence(self, name: str) -> str:
        return (self.text(name, LONGEST_TEXT) or "").strip()

    def needed(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise _Unfit(f"“{name}” is missing")
        return value

    def flag(self, name: str, default: bool) -> bool:  # as dict.get has it
        value = self._found.get(name, default)
        return default if value is None else bool(value)

    def number(self, name: str, default: float) -> float:
        value = self._found.get(name)
        return float(value) if isinstance(value, int | float) else default

    @property
    def site(self) -> str:
        return self.text("siteId") or "default"

    @property
    def session(self) -> str | None:
        return self.text("sessionId") or None

    @property
    def custom_data(self) -> str | None:
        return self.text("customData", LARGEST_JSON)


def _read_fields(topic: str, fields: _Fields) -> Inbound:
    if topic.startswith(_AUDIO) and topic.endswith(_FINISHED):
        return PlayFinished(topic[len(_AUDIO) : -len(_FINISHED)], fields.text("id"))
    if topic.startswith(_HOTWORD) and topic.endswith("/detected"):
        return Detected(fields.site, topic[len(_HOTWORD) : -len("/detected")])
    match topic:
        case "hermes/hotword/toggleOn" | "hermes/hotword/toggleOff":
            return HotwordToggle(fields.site, on=topic.endswith("On"))
        case "hermes/asr/startListening":
            return StartListening(fields.site, fields.session, fields.flag("stopOnSilence", default=True))
        case "hermes/asr/stopListening":
            return StopListening(fields.site, fields.session)
        case "hermes/asr/textCaptured":
            likelihood, seconds = fields.number("likelihood", 1.0), fields.number("seconds", 0.0)
            return TextCaptured(fields.site, fields.session, fields.sentence("text"), likelihood, seconds)
        case "hermes/nlu/query":
            text = fields.sentence("input")
            return Query(fields.site, fields.session, text, fields.text("id"), fields.custom_data)
        case "hermes/dialogueManager/startSession":
            return _start_session(fields)
        case "hermes/dialogueManager/continueSession":
            return ContinueSession(fields.needed("sessionId"), fields.sentence("text"), fields.custom_data)
        case "hermes/dialogueManager/endSession":
            return EndSession(fields.needed("sessionId"), fields.sentence("text"), fields.custom_data)
        case "hermes/tts/say":
            return Say(fields.site, fields.sentence("text"), fields.text("id"), fields.session)
        case "hermes/tts/sayFinished":
            return SayFinished(fields.site, fields.text("id"))
    raise _Unfit("it is about nothing that is known here")


def _start_session(fields: _Fields) -> StartSession:
    init = fields.inner("init")
    listens = init.text("type") != "notification"
    return StartSession(
        fields.site,
        init.sentence("text"),
        listens=listens,
        may_wait=init.flag("canBeEnqueued", default=True) or not listens,
        tells_failure=init.flag("sendIntentNotRecognized", default=False),
        custom_data=fields.custom_data,
    )


# --- What is told ------------------------------------------------------------------------------------


def tell(topic: str, site: str, session: str | None = None, **fields: object) -> Publication:
    """A message of Hermes; fields that are None are left out."""
    everything = {"siteId": site, "sessionId": session, **fields}
    present = {name: value for name, value in everything.items() if value is not None}
    return Publication(f"hermes/{topic}", json.dumps(present, ensure_ascii=False).encode())


def tell_intent(intent: Intent, asked: Query, confidence: float = 1.0) -> Publication:
    """An intent that was recognized, for whoever has a use for it."""
    slots = [
        {
            "entity": name,
            "slotName": name,
            "confidence": intent.confidence,
            "rawValue": str(value),
            "value": {"kind": "Unknown", "value": value},
        }
        for name, value in intent.slots.items()
    ]
    about = {"intentName": intent.name, "confidenceScore": intent.confidence}
    return tell(
        f"intent/{intent.name}",
        asked.site,
        asked.session,
        input=intent.text or asked.text,
        rawInput=asked.text,
        intent=about,
        slots=slots,
        id=asked.id,
        customData=asked.custom_data,
        asrConfidence=confidence,
    )


def play_bytes(site: str, request: str, wav: bytes) -> Publication:
    """A sound that a site shall play."""
    return Publication(f"{_AUDIO}{site}/playBytes/{request}", wav, qos=0)
