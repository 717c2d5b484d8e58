"""A Rhasspy satellite on a real broker is heard, understood and answered; nothing is done twice or late."""

import asyncio
import io
import json
import logging
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from tests.device.satellites.conftest import PATIENCE, Transcriber, spoken
from tests.device.scene import Scene
from tests.phrases import phrase

from paige.audio.chunk import RATE, Samples
from paige.audio.endpointer import Endpointer
from paige.audio.voice_activity import open_voice_detector
from paige.audio.voices import open_voice
from paige.audio.wake import Phrase, WakeDetector, open_wake_detector
from paige.device.satellites.hermes.dialogue import MOST_SITES
from paige.device.satellites.hermes.server import HermesServer, SiteWins
from paige.device.satellites.services import Services
from paige.device.turn import Turn
from paige.iot.arbiter import Arbiter
from paige.iot.arbitration import WINDOW
from paige.iot.link import MqttLink
from paige.iot.message import Message, Publication
from paige.iot.presence import Topics
from paige.models import intent as understood

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRAME = 2048


def wav(samples: Samples, rate: int = RATE) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return held.getvalue()


def quiet(seconds: float) -> Samples:
    return np.random.default_rng(1).normal(0, 3, round(seconds * RATE)).astype(np.int16)


class Rhasspy:
    """A satellite's side: a microphone, a loudspeaker, and whoever else listens to Hermes."""

    def __init__(self, link: MqttLink, site: str) -> None:
        self.link, self.site = link, site
        self.messages: list[Message] = []
        self.plays = True
        self._came = asyncio.Event()

    def receive(self, message: Message) -> None:
        self.messages.append(message)
        self._came.set()
        if "/playBytes/" in message.topic and self.plays:
            request = message.topic.rpartition("/")[2]
            self.later(f"hermes/audioServer/{self.site}/playFinished", {"id": request})

    def later(self, topic: str, fields: dict[str, Any]) -> None:
        task = asyncio.ensure_future(self.publish(topic, fields))
        task.add_done_callback(lambda _: None)

    async def publish(self, topic: str, fields: dict[str, Any], *, retain: bool = False) -> None:
        payload = json.dumps({"siteId": self.site, **fields}).encode()
        await self.link.publish(Publication(topic, payload, retain=retain), within=5)

    async def hears(self, samples: Samples) -> None:
        topic = f"hermes/audioServer/{self.site}/audioFrame"
        for at in range(0, len(samples), FRAME):
            await self.link.publish(Publication(topic, wav(samples[at : at + FRAME]), qos=0), within=5)

    async def until(self, satisfied: Callable[[list[Message]], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not satisfied(self.messages):
                self._came.clear()
                await self._came.wait()

    async def got(self, topic: str, count: int = 1) -> dict[str, Any]:
        """The fields of the message of that topic, once so many have come."""
        await self.until(lambda all_: sum(one.topic == f"hermes/{topic}" for one in all_) >= count)
        found = [one for one in self.messages if one.topic == f"hermes/{topic}"][count - 1]
        fields: dict[str, Any] = json.loads(found.payload)
        return fields

    def count(self, topic: str) -> int:
        return sum(one.topic == f"hermes/{topic}" for one in self.messages)


@asynccontextmanager
async def rhasspy(
    scene: Scene,
    services: Services,
    site: str = "Kitchen",
    *,
    wins: SiteWins | None = None,
    sites: Sequence[str] = (),
) -> AsyncIterator[Rhasspy]:
    hub = scene.assistant.link
    async with (
        HermesServer(hub, services, lambda: Endpointer(open_voice_detector()), wins=wins, sites=sites),
        MqttLink(hub.options) as link,
    ):
        one = Rhasspy(link, site)
        link.subscribe(["hermes/#"], one.receive, qos=1)
        await link.connected(PATIENCE)
        await hub.subscribed()
        yield one


def all_of(scene: Scene, transcribe: Transcriber) -> Services:
    return Services(
        transcribe=transcribe, handle=scene.assistant.pipeline.handle_text, voice=open_voice(None, "en")
    )


async def test_from_the_wake_word_to_the_reply_over_the_satellite(
    scene: Scene, transcribe: Transcriber
) -> None:
    async with rhasspy(scene, all_of(scene, transcribe)) as one:
        await one.publish("hermes/hotword/porcupine/detected", {"modelId": "porcupine"})
        listens = await one.got("asr/startListening")
        await one.hears(np.concatenate([quiet(0.5), spoken("01-kitchen-lamp.wav"), quiet(1.5)]))
        captured = await one.got("asr/textCaptured")
        assert "lamp" in captured["text"]
        assert 0 < captured["likelihood"] <= 1
        intent = await one.got("intent/HassTurnOn")
        assert {"slotName": "name", "rawValue": "Kitchen Lamp"}.items() <= intent["slots"][0].items()
        assert (await one.got("tts/say"))["text"]
        ended = await one.got("dialogueManager/sessionEnded")
    assert ended["termination"] == {"reason": "nominal"}
    assert ended["sessionId"] == listens["sessionId"] == captured["sessionId"] == intent["sessionId"]
    (played,) = [message.payload for message in one.messages if "/playBytes/" in message.topic]
    with wave.open(io.BytesIO(played)) as file:
        assert 0.3 < file.getnframes() / file.getframerate() < 5
    assert scene.state("light.kitchen_lamp") == "on"


async def test_here_is_where_the_site_is(scene: Scene) -> None:
    asked: list[str | None] = []

    async def handle(text: str, here: str | None) -> Turn:
        turn = await scene.assistant.pipeline.handle_text(text, here)
        asked.append(turn.here)
        return turn

    services = Services(handle=handle, area="Bedroom", areas={"pi-3": "Living Room"})
    for site in ("kitchen", "pi-3", "default"):
        async with rhasspy(scene, services, site) as one:
            await one.publish("hermes/dialogueManager/startSession", {"init": {"type": "action"}})
            await one.got("asr/startListening")
            await one.publish("hermes/asr/textCaptured", {"text": "turn on the light"})
            await one.got("tts/say")
    assert asked == ["Kitchen", "Living Room", "Bedroom"]


async def test_what_comes_twice_late_or_out_of_the_brokers_memory_is_not_done(scene: Scene) -> None:
    done: list[str] = []

    async def handle(text: str, here: str | None) -> Turn:
        done.append(text)
        return await scene.assistant.pipeline.handle_text(text, here)

    said = {"text": "turn on the kitchen lamp"}
    kept = ("asr/textCaptured", "hotword/hey/detected", "dialogueManager/startSession")
    async with MqttLink(scene.assistant.link.options) as before:
        earlier = Rhasspy(before, "Kitchen")
        before.subscribe(["hermes/#"], earlier.receive)
        await before.connected(PATIENCE)
        for topic in kept:
            await earlier.publish(f"hermes/{topic}", {**said, "init": {}}, retain=True)
            await earlier.got(topic)
        async with rhasspy(scene, Services(handle=handle)) as one:
            await one.publish("hermes/asr/textCaptured", said)  # nobody was listened to
            await one.publish("hermes/hotword/hey/detected", {})
            await one.publish("hermes/hotword/hey/detected", {})
            await one.got("asr/startListening")
            for _ in range(3):
                await one.publish("hermes/asr/textCaptured", said)
            say = await one.got("tts/say")
            await one.publish("hermes/tts/sayFinished", {"id": say["id"]})
            await one.got("dialogueManager/sessionEnded")
            await one.publish("hermes/asr/textCaptured", said)  # its session is over
            await one.publish("hermes/dialogueManager/endSession", {"sessionId": say["sessionId"]})
            await one.publish("hermes/hotword/other/detected", {})
            await one.got("asr/startListening", 2)
        for topic in kept:
            await before.publish(Publication(f"hermes/{topic}", b"", retain=True), within=5)
    assert done == [said["text"]]
    assert one.count("dialogueManager/sessionStarted") == 2


async def test_a_query_is_answered_and_nothing_is_done(scene: Scene) -> None:
    pipeline = scene.assistant.pipeline

    async def understand(text: str, here: str | None) -> list[understood.Intent] | understood.NotRecognized:
        todo = pipeline._understanding.parse(text, here, asked=None, last=())
        return todo if isinstance(todo, understood.NotRecognized) else [one.intent for one in todo]

    before = scene.state("light.kitchen_lamp")
    said = "turn off the kitchen lamp" if before == "on" else "turn on the kitchen lamp"
    async with rhasspy(scene, Services(understand=understand)) as one:
        for _ in range(2):  # the second is the first once more
            await one.publish("hermes/nlu/query", {"input": said, "id": "7", "sessionId": "s"})
        await one.publish("hermes/nlu/query", {"input": "the quick brown fox", "id": "8"})
        failed = await one.got("nlu/intentNotRecognized")
        told = [json.loads(one.payload) for one in one.messages if one.topic.startswith("hermes/intent/")]
    assert [(each["input"], each["id"], each["sessionId"]) for each in told] == [(said, "7", "s")]
    assert (failed["input"], failed["id"]) == ("the quick brown fox", "8")
    assert scene.state("light.kitchen_lamp") == before


async def test_while_a_button_is_held_silence_ends_nothing(scene: Scene, transcribe: Transcriber) -> None:
    async with rhasspy(scene, Services(transcribe=transcribe)) as one:
        await one.publish("hermes/asr/startListening", {"sessionId": "s", "stopOnSilence": False})
        await one.got("asr/startListening")
        await one.hears(np.concatenate([quiet(2), spoken("06-door-locked.wav"), quiet(2)]))
        await one.publish("hermes/asr/stopListening", {"sessionId": "s"})
        assert "door" in (await one.got("asr/textCaptured"))["text"]
        await one.publish("hermes/asr/startListening", {"sessionId": "t"})
        await one.publish("hermes/asr/stopListening", {"sessionId": "t"})
        assert (await one.got("asr/textCaptured", 2))["text"] == ""
    assert one.count("asr/textCaptured") == 2


async def test_a_wake_word_is_heard_while_nobody_is_listened_to(scene: Scene) -> None:
    room = np.random.default_rng(2).normal(0, 30, RATE).astype(np.int16)
    sound = np.concatenate([room, phrase(), room])

    def open_wake(phrases: Sequence[str]) -> WakeDetector:
        return open_wake_detector([Phrase(phrase, 0.9) for phrase in phrases])

    bids: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()

    async def wins(name: str, *, signal: float | None, score: float, age: float) -> bool:
        bids.put_nowait((name, signal is not None and signal > 20 and score > 0))
        return False

    services = Services(
        open_wake=open_wake, phrases=("okay nabu",), handle=scene.assistant.pipeline.handle_text
    )
    async with rhasspy(scene, services, wins=wins) as one:
        topic = f"hermes/audioServer/{one.site}/audioFrame"
        for at in range(0, len(sound), FRAME):
            await one.link.publish(Publication(topic, wav(sound[at : at + FRAME]), qos=0), within=5)
        assert (await one.got("hotword/okay_nabu/detected"))["modelId"] == "okay nabu"
        async with asyncio.timeout(PATIENCE):
            assert await bids.get() == ("hermes/Kitchen", True)
    assert bids.empty()


async def test_of_two_sites_that_hear_one_speaker_one_answers(scene: Scene) -> None:
    handle = scene.assistant.pipeline.handle_text
    async with Arbiter(scene.assistant.link, Topics()) as arbiter:
        services = Services(handle=handle)
        async with rhasspy(scene, services, "Kitchen", wins=arbiter.wins) as one:
            for site in ("Kitchen", "Bedroom"):
                await one.publish("hermes/hotword/hey/detected", {"siteId": site})
            await one.got("asr/startListening")
            await asyncio.sleep(2 * WINDOW)
    assert one.count("dialogueManager/sessionStarted") == 1


async def test_a_sound_that_a_site_does_not_say_it_played_is_believed_to_be_played(scene: Scene) -> None:
    async with rhasspy(scene, Services(voice=open_voice(None, "en"))) as one:
        one.plays = False
        await one.publish("hermes/tts/say", {"text": "yes", "id": "1"})
        assert (await one.got("tts/sayFinished"))["id"] == "1"


async def test_nonsense_is_said_once_and_others_are_served(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    async with rhasspy(scene, Services(voice=open_voice(None, "en"), transcribe=_nothing)) as one:
        with caplog.at_level(logging.WARNING):
            for _ in range(5):
                topic = f"hermes/audioServer/{one.site}/audioFrame"
                await one.link.publish(Publication(topic, b"RIFF no WAVE"), within=5)
            await one.link.publish(Publication("hermes/tts/say", b"[" * 60_000), within=5)
            await one.link.publish(Publication("hermes/tts/say", b'{"text": 7}'), within=5)
            await one.publish("hermes/tts/say", {"text": "still there", "id": "2"})
            await one.got("tts/sayFinished")
    ignored = [text for text in caplog.messages if "is ignored" in text]
    assert len(ignored) == 3
    assert "no WAV" in ignored[0]


async def test_only_the_sites_that_are_named_are_served_and_never_more_than_there_can_be(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    services = Services(handle=scene.assistant.pipeline.handle_text)
    async with rhasspy(scene, services, sites=("Kitchen",)) as one:
        for site in ("Cellar", "Kitchen"):
            await one.publish("hermes/hotword/hey/detected", {"siteId": site})
        assert (await one.got("dialogueManager/sessionStarted"))["siteId"] == "Kitchen"
    async with rhasspy(scene, services) as one:
        for number in range(MOST_SITES + 3):
            await one.publish("hermes/hotword/hey/detected", {"siteId": f"room {number}"})
        await one.got("dialogueManager/sessionStarted", MOST_SITES)
        async with asyncio.timeout(PATIENCE):
            while "other sites already" not in caplog.text:  # noqa: ASYNC110 # a log tells nobody
                await asyncio.sleep(0.01)
    assert one.count("dialogueManager/sessionStarted") == MOST_SITES


async def _nothing(*_: object) -> Any:
    raise AssertionError("nothing was said")
