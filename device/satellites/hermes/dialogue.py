"""Sessions at the sites of a house: who speaks, who listens, and when it has ended. Pure."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from paige.device.satellites.hermes.messages import (
    ContinueSession,
    Detected,
    EndSession,
    Query,
    SayFinished,
    StartSession,
    TextCaptured,
    tell,
    tell_intent,
)
from paige.iot.message import Publication
from paige.models.intent import Intent

LISTEN_SECONDS: Final = 20.0
"""How long somebody may take to say something, to the end of it."""
SPEAK_SECONDS: Final = 30.0
"""After which a site that does not say that it has spoken is believed to have."""
HANDLE_SECONDS: Final = 60.0
"""A garage door may take 30."""
MOST_WAITING: Final = 8
"""Sessions that wait for one site."""
MOST_SITES: Final = 32


class Termination(StrEnum):
    """Why a session has ended, in Hermes's words."""

    NOMINAL = "nominal"
    NOT_RECOGNIZED = "intentNotRecognized"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Handle:
    """A sentence is to be carried out; what comes of it is for `Dialogues.handled`."""

    session: str
    site: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a sentence."""

    text: str
    """What is to be said."""
    intents: Sequence[Intent] = ()
    """Empty where nothing was recognized."""
    asks: bool = False
    """Whether an answer is expected."""


Effect = Publication | Handle


class _State(StrEnum):
    SPEAKING = "speaking"
    LISTENING = "listening"
    HANDLING = "handling"


@dataclass(slots=True)
class _Session:
    id: str
    start: StartSession
    wakeword: str | None = None
    state: _State = _State.LISTENING
    until: float = 0.0
    """When it has taken too long."""
    saying: str | None = None
    """The id of what is being said."""
    then: Termination | None = None
    """How it ends when that was said; None where somebody is listened to then."""
    heard: TextCaptured | None = None


@dataclass(slots=True)
class _Site:
    session: _Session | None = None
    waiting: deque[_Session] = field(default_factory=deque)


class Dialogues:
    """All sites of a house.

    Each sentence is handed out once: in the state in which a session waits for it, never before or after, so
    that a message that comes twice or late does nothing.

    Args:
        new_id: Gives names that nobody else uses.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._sites: dict[str, _Site] = {}

    def detected(self, message: Detected, now: float) -> list[Effect]:
        """A wake word: somebody is listened to, unless the site is busy."""
        site = self._site(message.site)
        if site is None or site.session is not None:
            return []
        session = _Session(self._new_id(), StartSession(message.site), message.wakeword)
        return self._begin(site, session, now)

    def start(self, message: StartSession, now: float) -> list[Effect]:
        """Somebody is to be talked to, or to be told something."""
        site = self._site(message.site)
        if site is None or (not message.listens and not message.text):
            return []
        session = _Session(self._new_id(), message)
        if site.session is None:
            return self._begin(site, session, now)
        if not message.may_wait or len(site.waiting) >= MOST_WAITING:
            return []
        site.waiting.append(session)
        custom = message.custom_data
        return [tell("dialogueManager/sessionQueued", message.site, session.id, customData=custom)]

    def go_on(self, message: ContinueSession, now: float) -> list[Effect]:
        """A session has something to say, and listens again."""
        session = self._open(message.session)
        if session is None:
            return []
        session.start = replace(session.start, custom_data=message.custom_data or session.start.custom_data)
        quiet = self._hush(session)
        return [*quiet, *self._say_and(session, message.text, None, now)]

    def end(self, message: EndSession, now: float) -> list[Effect]:
        """A session has something to say, and ends."""
        session = self._open(message.session)
        if session is None:
            return []
        session.start = replace(session.start, custom_data=message.custom_data or session.start.custom_data)
        quiet = self._hush(session)
        return [*quiet, *self._say_and(session, message.text, Termination.NOMINAL, now)]

    def captured(self, message: TextCaptured, now: float) -> list[Effect]:
        """Something was said; it is handed out where a session waits for it."""
        site = self._sites.get(message.site)
        session = None if site is None else site.session
        if session is None or session.state is not _State.LISTENING:
            return []
        if message.session not in (None, session.id):
            return []
        session.state, session.until, session.heard = _State.HANDLING, now + HANDLE_SECONDS, message
        stop = tell("asr/stopListening", message.site, session.id)
        return [stop, Handle(session.id, message.site, message.text)]

    def handled(self, session_id: str, answer: Answer, now: float) -> list[Effect]:
        """A sentence was carried out, or could not be."""
        session = self._open(session_id)
        if session is None or session.state is not _State.HANDLING or session.heard is None:
            return []
        heard, start = session.heard, session.start
        asked = Query(start.site, session.id, heard.text, custom_data=start.custom_data)
        told: list[Effect] = [tell_intent(one, asked, heard.likelihood) for one in answer.intents]
        ends = None if answer.asks else Termination.NOMINAL
        if not answer.intents and not answer.asks:
            ends = Termination.NOT_RECOGNIZED
            told.append(tell("nlu/intentNotRecognized", start.site, session.id, input=heard.text))
            if start.tells_failure:
                custom = start.custom_data
                failed = "dialogueManager/intentNotRecognized"
                told.append(tell(failed, start.site, session.id, input=heard.text, customData=custom))
        return [*told, *self._say_and(session, answer.text, ends, now)]

    def said(self, message: SayFinished, now: float) -> list[Effect]:
        """A site has spoken."""
        site = self._sites.get(message.site)
        session = None if site is None else site.session
        if session is None or session.saying is None or message.id != session.saying:
            return []
        return self._spoken(session, now)

    def tick(self, now: float) -> list[Effect]:
        """What has taken too long."""
        effects: list[Effect] = []
        for site in self._sites.values():
            session = site.session
            if session is None or now < session.until:
                continue
            if session.state is _State.SPEAKING:
                effects += self._spoken(session, now)
            else:
                listens = session.state is _State.LISTENING
                ends = Termination.TIMEOUT if listens else Termination.ERROR
                effects += [*self._hush(session), *self._end(session, ends, now)]
        return effects

    # --- Steps -------------------------------------------------------------------------------------------

    def _site(self, name: str) -> _Site | None:
        if name not in self._sites and len(self._sites) >= MOST_SITES:
            idle = [known for known, site in self._sites.items() if site.session is None]
            if not idle:
                return None
            del self._sites[idle[0]]
        return self._sites.setdefault(name, _Site())

    def _open(self, session_id: str) -> _Session | None:
        sessions = (site.session for site in self._sites.values())
        return next((one for one in sessions if one is not None and one.id == session_id), None)

    def _begin(self, site: _Site, session: _Session, now: float) -> list[Effect]:
        site.session, start = session, session.start
        started = "dialogueManager/sessionStarted"
        return [
            tell("hotword/toggleOff", start.site, reason="dialogueSession"),
            tell(started, start.site, session.id, customData=start.custom_data),
            *self._say_and(session, start.text, None if start.listens else Termination.NOMINAL, now),
        ]

    def _say_and(self, session: _Session, text: str, ends: Termination | None, now: float) -> list[Effect]:
        session.then = ends
        if not text:
            return self._spoken(session, now)
        session.state, session.until, session.saying = _State.SPEAKING, now + SPEAK_SECONDS, self._new_id()
        return [tell("tts/say", session.start.site, session.id, text=text, id=session.saying)]

    def _spoken(self, session: _Session, now: float) -> list[Effect]:
        session.saying = None
        if session.then is not None:
            return self._end(session, session.then, now)
        session.state, session.until = _State.LISTENING, now + LISTEN_SECONDS
        told = {"stopOnSilence": True, "wakewordId": session.wakeword}
        return [tell("asr/startListening", session.start.site, session.id, **told)]

    def _hush(self, session: _Session) -> list[Effect]:
        if session.state is not _State.LISTENING:
            return []
        return [tell("asr/stopListening", session.start.site, session.id)]

    def _end(self, session: _Session, ends: Termination, now: float) -> list[Effect]:
        start = session.start
        ended = tell(
            "dialogueManager/sessionEnded",
            start.site,
            session.id,
            termination={"reason": str(ends)},
            customData=start.custom_data,
        )
        awake = tell("hotword/toggleOn", start.site, reason="dialogueSession")
        site = self._sites[start.site]
        site.session = None
        following = self._begin(site, site.waiting.popleft(), now) if site.waiting else []
        return [ended, awake, *following]
