"""Sessions at the sites of a house, without a broker and with a virtual clock."""

import itertools
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from paige.device.satellites.hermes.dialogue import (
    HANDLE_SECONDS,
    LISTEN_SECONDS,
    MOST_SITES,
    MOST_WAITING,
    SPEAK_SECONDS,
    Answer,
    Dialogues,
    Effect,
    Handle,
)
from paige.device.satellites.hermes.messages import (
    ContinueSession,
    Detected,
    EndSession,
    HermesRefused,
    HotwordToggle,
    PlayFinished,
    Query,
    Say,
    SayFinished,
    StartListening,
    StartSession,
    StopListening,
    TextCaptured,
    read,
)
from paige.iot.message import Message, Publication
from paige.models.intent import Intent

LAMP = Intent("HassTurnOn", {"name": "Lamp"}, 1.0, "turn on the lamp")


def made() -> Dialogues:
    numbers = itertools.count(1)
    return Dialogues(lambda: f"id{next(numbers)}")


def kinds(effects: Iterable[Effect]) -> list[str]:
    """What is told, in short."""
    return [
        effect.topic.removeprefix("hermes/") if isinstance(effect, Publication) else f"do {effect.text}"
        for effect in effects
    ]


def fields(effects: Iterable[Effect], kind: str) -> dict[str, object]:
    (found,) = [
        effect for effect in effects if isinstance(effect, Publication) and effect.topic == f"hermes/{kind}"
    ]
    told: dict[str, object] = json.loads(found.payload)
    return told


def test_after_a_wake_word_somebody_is_listened_to_and_what_they_say_is_done_and_answered() -> None:
    dialogues = made()
    began = dialogues.detected(Detected("kitchen", "porcupine"), 0.0)
    assert kinds(began) == ["hotword/toggleOff", "dialogueManager/sessionStarted", "asr/startListening"]
    session = fields(began, "asr/startListening")["sessionId"]
    assert fields(began, "asr/startListening")["wakewordId"] == "porcupine"
    assert isinstance(session, str)
    captured = dialogues.captured(TextCaptured("kitchen", session, "turn on the lamp", 0.8), 2.0)
    assert captured[1:] == [Handle(session, "kitchen", "turn on the lamp")]
    answered = dialogues.handled(session, Answer("Done.", [LAMP]), 3.0)
    assert kinds(answered) == ["intent/HassTurnOn", "tts/say"]
    intent = fields(answered, "intent/HassTurnOn")
    assert intent["intent"] == {"intentName": "HassTurnOn", "confidenceScore": 1.0}
    assert (intent["siteId"], intent["sessionId"], intent["asrConfidence"]) == ("kitchen", session, 0.8)
    said = fields(answered, "tts/say")
    assert said["text"] == "Done."
    ended = dialogues.said(SayFinished("kitchen", str(said["id"])), 4.0)
    assert kinds(ended) == ["dialogueManager/sessionEnded", "hotword/toggleOn"]
    assert fields(ended, "dialogueManager/sessionEnded")["termination"] == {"reason": "nominal"}


def listening(dialogues: Dialogues, site: str = "kitchen") -> str:
    session = fields(dialogues.detected(Detected(site, "hey"), 0.0), "asr/startListening")["sessionId"]
    assert isinstance(session, str)
    return session


def test_what_is_heard_twice_is_done_once() -> None:
    dialogues = made()
    captured = TextCaptured("kitchen", listening(dialogues), "turn on the lamp")
    assert any(isinstance(effect, Handle) for effect in dialogues.captured(captured, 1.0))
    assert dialogues.captured(captured, 1.0) == []


def test_what_comes_after_its_session_or_for_another_is_not_done() -> None:
    dialogues = made()
    session = listening(dialogues)
    assert dialogues.captured(TextCaptured("kitchen", "another", "stop"), 1.0) == []
    assert dialogues.captured(TextCaptured("bedroom", None, "stop"), 1.0) == []
    dialogues.end(EndSession(session), 2.0)
    assert dialogues.captured(TextCaptured("kitchen", session, "stop"), 3.0) == []


def test_nobody_who_says_nothing_is_waited_for() -> None:
    dialogues = made()
    listening(dialogues)
    assert dialogues.tick(LISTEN_SECONDS - 0.1) == []
    timed_out = dialogues.tick(LISTEN_SECONDS)
    assert kinds(timed_out) == ["asr/stopListening", "dialogueManager/sessionEnded", "hotword/toggleOn"]
    assert fields(timed_out, "dialogueManager/sessionEnded")["termination"] == {"reason": "timeout"}


def test_a_question_listens_again_after_it_was_asked() -> None:
    dialogues = made()
    session = listening(dialogues)
    dialogues.captured(TextCaptured("kitchen", session, "open the garage"), 1.0)
    asked = dialogues.handled(session, Answer("Are you sure?", [LAMP], asks=True), 2.0)
    again = dialogues.said(SayFinished("kitchen", str(fields(asked, "tts/say")["id"])), 3.0)
    assert kinds(again) == ["asr/startListening"]
    assert fields(again, "asr/startListening")["sessionId"] == session


def test_a_site_that_never_says_that_it_has_spoken_is_believed_to_have() -> None:
    dialogues = made()
    session = listening(dialogues)
    dialogues.go_on(ContinueSession(session, "And now?"), 1.0)
    assert dialogues.said(SayFinished("kitchen", "of somebody else"), 2.0) == []
    assert kinds(dialogues.tick(1.0 + SPEAK_SECONDS)) == ["asr/startListening"]


def test_what_was_not_recognized_is_told_to_whoever_asked_for_it() -> None:
    dialogues = made()
    began = dialogues.start(StartSession("kitchen", tells_failure=True, custom_data="mine"), 0.0)
    session = str(fields(began, "asr/startListening")["sessionId"])
    dialogues.captured(TextCaptured("kitchen", session, "blah"), 1.0)
    told = dialogues.handled(session, Answer(""), 2.0)
    assert kinds(told) == [
        "nlu/intentNotRecognized",
        "dialogueManager/intentNotRecognized",
        "dialogueManager/sessionEnded",
        "hotword/toggleOn",
    ]
    assert fields(told, "dialogueManager/intentNotRecognized")["customData"] == "mine"
    assert fields(told, "dialogueManager/sessionEnded")["termination"] == {"reason": "intentNotRecognized"}


def test_a_sentence_that_never_ends_ends_its_session() -> None:
    dialogues = made()
    session = listening(dialogues)
    dialogues.captured(TextCaptured("kitchen", session, "open the garage"), 1.0)
    ended = dialogues.tick(1.0 + HANDLE_SECONDS)
    assert fields(ended, "dialogueManager/sessionEnded")["termination"] == {"reason": "error"}
    assert dialogues.handled(session, Answer("Done.", [LAMP]), 70.0) == []


def test_a_notification_is_said_after_what_goes_on_at_its_site() -> None:
    dialogues = made()
    session = listening(dialogues)
    queued = dialogues.start(StartSession("kitchen", "The mail is here.", listens=False), 1.0)
    assert kinds(queued) == ["dialogueManager/sessionQueued"]
    ended = dialogues.end(EndSession(session), 2.0)
    assert kinds(ended) == [
        "asr/stopListening",
        "dialogueManager/sessionEnded",
        "hotword/toggleOn",
        "hotword/toggleOff",
        "dialogueManager/sessionStarted",
        "tts/say",
    ]
    said = SayFinished("kitchen", str(fields(ended, "tts/say")["id"]))
    assert kinds(dialogues.said(said, 3.0)) == ["dialogueManager/sessionEnded", "hotword/toggleOn"]


def test_a_session_that_may_not_wait_does_not() -> None:
    dialogues = made()
    listening(dialogues)
    assert dialogues.start(StartSession("kitchen", "Well?", may_wait=False), 1.0) == []


def test_a_flood_of_sessions_and_of_sites_is_not_kept() -> None:
    dialogues = made()
    listening(dialogues)
    queued = [dialogues.start(StartSession("kitchen", "x"), 1.0) for _ in range(MOST_WAITING + 5)]
    assert sum(map(bool, queued)) == MOST_WAITING
    for number in range(MOST_SITES + 5):
        dialogues.detected(Detected(f"site {number}", "hey"), 1.0)
    assert len(dialogues._sites) <= MOST_SITES


SITES = st.sampled_from(["kitchen", "hall"])


class AnyOrder(RuleBasedStateMachine):
    """Whatever comes in whatever order, sentences are done once each and all sessions end."""

    def __init__(self) -> None:
        super().__init__()
        self.dialogues, self.now = made(), 0.0
        self.listens: dict[str, str] = {}
        self.saying: list[SayFinished] = []
        self.doing: list[Handle] = []
        self.began: set[str] = set()
        self.ended: set[str] = set()

    def take(self, effects: list[Effect]) -> None:
        for effect in sorted(effects, key=lambda one: not isinstance(one, Handle)):
            if isinstance(effect, Handle):
                assert effect.session == self.listens.pop(effect.site)
                self.doing.append(effect)
                continue
            told, kind = json.loads(effect.payload), effect.topic.rpartition("/")[2]
            session = str(told.get("sessionId"))
            if kind == "sessionStarted":
                assert session not in self.began
                self.began.add(session)
            elif kind == "sessionEnded":
                assert session in self.began - self.ended
                self.ended.add(session)
            elif kind == "startListening":
                assert session in self.began - self.ended
                self.listens[told["siteId"]] = session
            elif kind == "stopListening":
                self.listens.pop(told["siteId"], None)
            elif kind == "say":
                self.saying.append(SayFinished(told["siteId"], told["id"]))

    @rule(site=SITES)
    def wakes(self, site: str) -> None:
        self.take(self.dialogues.detected(Detected(site, "hey"), self.now))

    @rule(site=SITES, text=st.sampled_from(["", "hello"]), listens=st.booleans(), may_wait=st.booleans())
    def starts(self, site: str, text: str, listens: bool, may_wait: bool) -> None:
        message = StartSession(site, text, listens=listens, may_wait=may_wait)
        self.take(self.dialogues.start(message, self.now))

    @rule(site=SITES, known=st.booleans())
    def speaks(self, site: str, known: bool) -> None:
        session = self.listens.get(site, "unknown") if known else None
        message, before = TextCaptured(site, session, "stop"), len(self.doing)
        awaited = site in self.listens
        self.take(self.dialogues.captured(message, self.now))
        self.take(self.dialogues.captured(message, self.now))
        assert len(self.doing) - before == (1 if awaited else 0)

    @precondition(lambda self: self.doing)
    @rule(data=st.data(), asks=st.booleans(), text=st.sampled_from(["", "Done."]))
    def is_done(self, data: st.DataObject, asks: bool, text: str) -> None:
        handle = self.doing.pop(data.draw(st.integers(0, len(self.doing) - 1)))
        self.take(self.dialogues.handled(handle.session, Answer(text, [LAMP], asks=asks), self.now))

    @precondition(lambda self: self.saying)
    @rule(data=st.data())
    def was_said(self, data: st.DataObject) -> None:
        self.take(self.dialogues.said(data.draw(st.sampled_from(self.saying)), self.now))

    @precondition(lambda self: self.began)
    @rule(data=st.data(), text=st.sampled_from(["", "Bye."]), go_on=st.booleans())
    def is_told(self, data: st.DataObject, text: str, go_on: bool) -> None:
        session = data.draw(st.sampled_from(sorted(self.began)))
        order: Callable[[], list[Effect]] = (
            (lambda: self.dialogues.go_on(ContinueSession(session, text), self.now))
            if go_on
            else (lambda: self.dialogues.end(EndSession(session, text), self.now))
        )
        self.take(order())

    @rule(seconds=st.floats(0.1, 70))
    def time_goes(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.dialogues.tick(self.now))

    @invariant()
    def at_most_one_session_is_open_at_a_site(self) -> None:
        assert len(self.began - self.ended) <= 2

    def teardown(self) -> None:
        for _ in range(4 * (MOST_WAITING + 1)):
            self.now += HANDLE_SECONDS
            self.take(self.dialogues.tick(self.now))
        assert self.began == self.ended


TestAnyOrder = AnyOrder.TestCase


# --- Messages --------------------------------------------------------------------------------------

START = "hermes/dialogueManager/startSession"


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("hermes/hotword/okay_nabu/detected", '{"modelId": "x"}', Detected("default", "okay_nabu")),
        (
            "hermes/asr/textCaptured",
            '{"text": " on ", "likelihood": 0.5, "seconds": 1, "siteId": "hall", "sessionId": "s"}',
            TextCaptured("hall", "s", "on", 0.5, 1.0),
        ),
        (
            START,
            '{"init": {"type": "action", "canBeEnqueued": false}, "siteId": "hall"}',
            StartSession("hall", may_wait=False),
        ),
        (
            START,
            '{"init": {"type": "notification", "text": "Hi"}}',
            StartSession("default", "Hi", listens=False),
        ),
        ("hermes/dialogueManager/endSession", '{"sessionId": "s"}', EndSession("s")),
        ("hermes/tts/sayFinished", '{"id": null, "siteId": "hall"}', SayFinished("hall", None)),
    ],
)
def test_a_message_is_read(topic: str, payload: str, expected: object) -> None:
    assert read(Message(topic, payload.encode())) == expected


WRITTEN_BY_RHASSPY = [
    StartSession("kitchen", "What?", tells_failure=True, custom_data="c"),
    StartSession("kitchen", "Mail.", listens=False),
    ContinueSession("s", "And?"),
    EndSession("s", "Bye"),
    Detected("kitchen", "porcupine"),
    HotwordToggle("kitchen", on=False),
    StartListening("kitchen", "s"),
    StopListening("kitchen", "s"),
    TextCaptured("kitchen", "s", "on", 0.5, 1.0),
    Query("kitchen", None, "turn on", "7"),
    Say("kitchen", "hi", "1"),
    SayFinished("kitchen", "1"),
    PlayFinished("kitchen", "1"),
]


def test_what_rhasspys_own_library_writes_is_read() -> None:
    golden = Path(__file__).with_name("golden") / "rhasspy-hermes-0.6.2.json"
    written = json.loads(golden.read_text())
    found = [read(Message(one["topic"], json.dumps(one["payload"]).encode())) for one in written]
    assert found == WRITTEN_BY_RHASSPY


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (START, "{}"),
        (START, "nonsense"),
        (START, "[]"),
        (START, '{"init": "action"}'),
        ("hermes/dialogueManager/endSession", "{}"),
        ("hermes/asr/textCaptured", '{"text": 7}'),
        ("hermes/asr/textCaptured", json.dumps({"text": "a" * 5000})),
        ("hermes/asr/textCaptured", '{"text": "on", "siteId": ["hall"]}'),
        ("hermes/asr/textCaptured", " " * 100_000),
        ("hermes/something/else", "{}"),
        ("hermes/audioServer/hall/audioFrame", "x" * 2_000_000),
    ],
)
def test_what_is_no_message_is_refused(topic: str, payload: str) -> None:
    assert isinstance(read(Message(topic, payload.encode())), HermesRefused)


def test_what_is_retained_is_refused() -> None:
    message = Message("hermes/asr/textCaptured", b'{"text": "open the door"}', retained=True)
    assert isinstance(read(message), HermesRefused)


TOPICS = st.sampled_from(
    [START, "hermes/asr/textCaptured", "hermes/hotword/x/detected", "hermes/audioServer/x/playFinished"]
)


@given(
    TOPICS,
    st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode),
)
def test_no_payload_breaks_the_reader(topic: str, payload: bytes) -> None:
    read(Message(topic, payload))
