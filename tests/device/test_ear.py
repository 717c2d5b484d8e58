"""One microphone: eSpeak says the wake word, a person the command; all that hears and answers is real."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from tests.device.test_mouth import Loudspeaker
from tests.phrases import phrase

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.conversion import rechunk, to_floats, to_samples
from paige.audio.earcons import Earcon, earcon
from paige.audio.echo import EchoCanceller
from paige.audio.echo_filter import HOP
from paige.audio.errors import PhraseUnusable
from paige.audio.playing import Ended
from paige.audio.voice_activity import VoiceDetector
from paige.audio.voices import open_voice
from paige.audio.wav import read_wav
from paige.device.assistant import Assistant, assistant
from paige.device.attention import Event, Heard, NothingSaid, SpokenOver, Stopped, Woken
from paige.device.config.schema import Config, House, Mqtt, Wake
from paige.device.ear import Ear, Hears
from paige.device.engagement import Engagement, undisturbed
from paige.device.mouth import Aloud, Mouth
from paige.device.turn import Turn
from paige.device.wake_words import wake_detector
from paige.iot.outcome import Status
from paige.models.recognizer import open_recognizer
from paige.tools.bench.echo import room as acoustics
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome
from paige.tools.spoken import spoken_by

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tools/demo/recordings"
PATIENCE = 60.0


def quiet(seconds: float) -> Samples:
    return np.random.default_rng(1).normal(0, 4, round(seconds * RATE)).astype(np.int16)


def spoken(text: str, voice: str = "en-gb") -> Samples:
    """What eSpeak says, as a microphone hears it."""
    return spoken_by(open_voice(voice, "en"), text, 0.5)


def recording(name: str) -> Samples:
    return read_wav(RECORDINGS / name).samples


@asynccontextmanager
async def house() -> AsyncIterator[Assistant]:
    async with EmbeddedBroker() as broker, SimulatedHome().joined(broker.host, broker.port):
        config = Config(House(home=ROOT / "tools/demo/home.yaml"), Mqtt(host=broker.host, port=broker.port))
        async with assistant(config, open_recognizer("pocketsphinx")) as one:
            await one.link.connected(PATIENCE)
            await one.home.ready()
            yield one


class Room:
    """What is heard in a room, as fast as it can be heard, and what Paige says there."""

    def __init__(self, one: Assistant, wake: Wake) -> None:
        self.turns: asyncio.Queue[Turn] = asyncio.Queue()
        self.loudspeaker = Loudspeaker()
        self.loudspeaker.at_once = True
        self.mouth = Mouth(open_voice(None, "en"), self.loudspeaker)
        self.ear = Ear(Hears(one.pipeline, wake, None, self.turns.put, self.mouth))
        self.mouth.on_change(self.ear.speaks)
        self._attention = self.ear.open()
        self._at = 0

    async def hears(self, *sounds: Samples) -> list[type[Event]]:
        """Play sounds, and do what is to be done about them; gives the kinds of events."""
        events = await asyncio.to_thread(
            lambda: [event for chunk in self._chunks(sounds) for event in self._attention.hear(chunk)]
        )
        for event in events:
            await self.ear.handle(event)
        return [type(event) for event in events]

    async def turn(self) -> Turn:
        async with asyncio.timeout(PATIENCE):
            return await self.turns.get()

    async def said(self) -> Samples:
        async with asyncio.timeout(PATIENCE):
            return (await self.loudspeaker.sounds.get())[0]

    def _chunks(self, sounds: Iterable[Samples]) -> Iterator[AudioChunk]:
        for chunk in rechunk(sounds):
            if len(chunk.samples) == CHUNK_SAMPLES:
                yield AudioChunk(chunk.samples, self._at / RATE)
                self._at += CHUNK_SAMPLES


async def test_after_a_wake_word_a_command_is_heard_and_its_reply_said(tmp_path: Path) -> None:
    talking = tmp_path / "conversation"
    talking.touch()
    async with house() as one:
        one.pipeline.engagement = Engagement(talking)
        room = Room(one, Wake(stop_words=()))
        await one.pipeline.listen_for_the_home()
        lamp = recording("01-kitchen-lamp.wav")
        assert await room.hears(quiet(1), lamp, quiet(2)) == [], "nobody has said the wake word"
        with undisturbed(talking, 0.0) as alone:
            assert alone
        sounds = (quiet(1), phrase(), quiet(1), lamp, quiet(2))
        assert await room.hears(*sounds) == [Woken, Heard]
        with undisturbed(talking, 0.0) as alone:
            assert not alone, "an update must wait"
        turn = await room.turn()
        assert [outcome.status for outcome in turn.outcomes] == [Status.DONE]
        assert np.array_equal(await room.said(), earcon(Earcon.WAKE))
        assert len(await room.said()) > RATE, "the reply takes longer than a second"
        await room.ear.close()


async def test_who_wakes_it_and_says_nothing_is_told_so() -> None:
    async with house() as one:
        room = Room(one, Wake(stop_words=()))
        await one.pipeline.listen_for_the_home()
        assert await room.hears(quiet(1), phrase(), quiet(7)) == [Woken, NothingSaid]
        heard = [await room.said(), await room.said()]
        assert np.array_equal(heard[0], earcon(Earcon.WAKE))
        assert np.array_equal(heard[1], earcon(Earcon.NOTHING))
        await room.ear.close()


async def test_a_question_is_answered_without_a_wake_word() -> None:
    async with house() as one:
        room = Room(one, Wake(mode="push", stop_words=()))
        room.ear.listen(20)
        assert await room.hears(quiet(1), recording("08-open-garage.wav"), quiet(2)) == [Heard]
        assert (await room.turn()).reply.expects
        assert len(await room.said()) > RATE
        await room.ear.settled()
        assert await room.hears(quiet(1), recording("09-yes.wav"), quiet(2)) == [Heard]
        assert [outcome.command.service for outcome in (await room.turn()).outcomes] == ["open_cover"]
        await room.ear.close()


def test_words_of_the_house_are_said_by_its_letters_and_what_nobody_can_say_is_refused() -> None:
    assert wake_detector(("hey zigbee",)) is not None
    with pytest.raises(PhraseUnusable, match="你好"):
        wake_detector(("hey 你好",))
    assert wake_detector(()) is None


async def test_one_network_hears_the_voice_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    judge, runs = VoiceDetector._judge, 0

    def counted(detector: VoiceDetector, frame: Samples) -> None:
        nonlocal runs
        runs += 1
        judge(detector, frame)

    monkeypatch.setattr(VoiceDetector, "_judge", counted)
    async with house() as one:
        room = Room(one, Wake(words=("okay nabu", "hey paige"), stop_words=("stop",)))
        room.ear.listen(60)
        room._attention.speaking = True
        sound = np.concatenate((quiet(1), recording("01-kitchen-lamp.wav"), quiet(1)))
        heard = [event for chunk in room._chunks([sound]) for event in room._attention.hear(chunk)]
        assert Heard in map(type, heard), "the ends of speech are found, too"
        await room.ear.close()
    assert runs == pytest.approx(len(sound) / 512, abs=2)


@pytest.mark.parametrize(("word", "what"), [("stop", Stopped), ("okay nabu", Woken)])
async def test_a_timer_that_rings_is_stopped_by_voice(word: str, what: type[Event]) -> None:
    async with house() as one:
        room = Room(one, Wake())
        room.loudspeaker.at_once = False
        ringing = asyncio.create_task(room.mouth.ring("Your timer is over."))
        async with asyncio.timeout(PATIENCE):
            _, course = await room.loudspeaker.sounds.get()
            assert await room.hears(quiet(1), recording("01-kitchen-lamp.wav"), quiet(2)) == []
            assert not ringing.done(), "people may talk while it rings"
            said = spoken(word, "en-us")
            assert what in await room.hears(*[quiet(1), said] * 3, quiet(1))
            await ringing
        assert course.end is Ended.STOPPED
        await room.ear.close()


async def test_hushed_by_the_button_it_falls_silent() -> None:
    async with house() as one:
        room = Room(one, Wake(mode="push"))
        room.loudspeaker.at_once = False
        talking = asyncio.create_task(room.mouth.say("A very long story."))
        async with asyncio.timeout(PATIENCE):
            _, course = await room.loudspeaker.sounds.get()
            room.ear.listen(5)
            assert not await talking
        assert course.end is Ended.STOPPED
        await room.ear.close()


async def test_who_speaks_over_a_reply_is_heard_from_his_first_word_on_and_obeyed() -> None:
    names = ("02-living-room-lights.wav", "03-bedroom-lamp-red.wav", "05-thermostat.wav")
    reply = to_floats(np.concatenate([recording(name) for name in names]))
    person = to_floats(recording("01-kitchen-lamp.wav"))
    person = person[int(np.argmax(np.abs(person) > 0.03)) :] * np.float32(0.5)
    begin = round(2.2 * RATE)
    reply[begin + RATE // 2 :] = 0  # it falls silent
    heard = acoustics.Room(0.08, -12).echo(reply)[: begin + len(person) + RATE]
    heard[begin : begin + len(person)] += person
    async with house() as one:
        await one.pipeline.listen_for_the_home()
        turns, echo = asyncio.Queue[Turn](), EchoCanceller()
        ear = Ear(Hears(one.pipeline, Wake(mode="push", stop_words=()), None, turns.put, echo=echo))

        def sound() -> Iterator[AudioChunk]:
            ear.speaks(Aloud.WORDS)
            for at in range(0, len(heard) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
                echo.play(to_samples(reply[at : at + CHUNK_SAMPLES]))
                yield AudioChunk(to_samples(heard[at : at + CHUNK_SAMPLES]), at / RATE)

        events = await asyncio.to_thread(lambda: [*ear.events(sound())])
        assert [*map(type, events)] == [SpokenOver, Heard]
        assert isinstance(events[1], Heard)
        utterance = events[1].utterance
        first = begin + HOP - round(utterance.start * RATE)
        beginning = to_floats(utterance.samples[first : first + RATE // 5])
        assert np.corrcoef(beginning, person[: RATE // 5])[0, 1] > 0.9
        await ear.handle(events[1])
        async with asyncio.timeout(PATIENCE):
            assert [outcome.status for outcome in (await turns.get()).outcomes] == [Status.DONE]
        await ear.close()
