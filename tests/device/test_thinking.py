"""What a language model answers goes the way of every sentence: real models, a real broker, a house."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from threading import Event

import pytest
from tests.device.scene import HOME, Scene
from tests.models.lm.bigrams import bigram_model, spelled

from paige.device.assistant import assistant
from paige.device.config.schema import Config, House, LanguageModel, Mqtt, Policy
from paige.device.thinking import ASKS, Thinker
from paige.device.turn import Expects, Turn
from paige.device.turn_reading import read_turn
from paige.iot.outcome import Status
from paige.models.intent import Intent, NotRecognized, Why
from paige.models.lm.assistant.answering import Answered
from paige.models.lm.assistant.calls import Call, Calls, Malformed, Words, written
from paige.models.store.sources import FolderSource
from paige.models.store.store import Store
from paige.models.vocabulary import Vocabulary
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome

LAMP = Call("HassTurnOn", {"name": "Kitchen Lamp"})
UNLOCK = Call("HassTurnOff", {"name": "Front Door"})
WORDS = written(Words("No."))
UNKNOWN = "my hands are full and I stand at the door"
GLOOMY = "it is too gloomy to cook"


@cache
def models(text: str) -> Path:
    """A folder of models, with one that always wants to answer this."""
    folder = Path(mkdtemp(prefix="paige-thinking-"))
    made = folder / "made"
    made.mkdir()
    bigram_model(made, spelled(text))
    store = Store(folder / "store")
    store.add(FolderSource(made / "model"), "small")
    store.close()
    return folder / "store"


@asynccontextmanager
async def house(text: str, *, confirm: bool = True, forbid: Iterable[str] = ()) -> AsyncIterator[Scene]:
    """Served with a language model that always wants to answer this."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker())
        home = await stack.enter_async_context(SimulatedHome().joined(broker.host, broker.port))
        config = Config(
            house=House(home=HOME),
            mqtt=Mqtt(host=broker.host, port=broker.port, command_deadline=3.0),
            policy=Policy(forbid=tuple(forbid)),
            language_model=LanguageModel(model="small", confirm=confirm),
        )
        serving = await stack.enter_async_context(assistant(config, models=models(text)))
        await serving.home.ready()
        yield Scene(home, serving)


def did(turn: Turn) -> list[tuple[str, Status]]:
    return [(outcome.command.entity_id, outcome.status) for outcome in turn.outcomes]


@pytest.mark.asyncio
async def test_a_call_is_done_after_a_yes_and_its_outcome_is_told() -> None:
    async with house(written(Calls((LAMP,)))) as scene:
        turn = await scene.say(UNKNOWN)
        assert turn.reply.text == "Shall I turn on the Kitchen Lamp?"
        assert turn.reply.expects is Expects.CONFIRMATION
        assert turn.model == written(Calls((LAMP,)))
        assert isinstance(turn.understood, Intent)
        assert not turn.outcomes
        assert read_turn(json.dumps(turn.to_json()).encode()).model == turn.model
        assert "think" in {step.name for step in turn.steps}
        declined = await scene.say("no")
        assert not declined.outcomes
        assert declined.model is None
        done = await scene.converse(UNKNOWN, "yes")
        assert did(done) == [("light.kitchen_lamp", Status.DONE)]
        assert done.reply.text == "Turned on the Kitchen Lamp."
        understood = await scene.say("turn off the kitchen lamp")
        assert understood.model is None
        assert did(understood) == [("light.kitchen_lamp", Status.DONE)]


@pytest.mark.asyncio
async def test_without_confirmation_the_policy_still_holds() -> None:
    async with house(written(Calls((UNLOCK,))), confirm=False) as scene:
        turn = await scene.say(UNKNOWN)
        assert turn.reply.text == "Shall I unlock the Front Door?"
        assert not turn.outcomes
        assert scene.state("lock.front_door") == "locked"
        assert did(await scene.say("yes")) == [("lock.front_door", Status.DONE)]
    async with house(written(Calls((LAMP,))), confirm=False, forbid=["light"]) as scene:
        turn = await scene.say(UNKNOWN)
        assert not turn.outcomes
        assert turn.refusal == "forbidden"
    async with house(written(Calls((LAMP,))), confirm=False) as scene:
        assert did(await scene.say(UNKNOWN)) == [("light.kitchen_lamp", Status.DONE)]
        # What may well be about something else is always asked about.
        gloomy = await scene.say(GLOOMY)
        assert not gloomy.outcomes
        assert gloomy.reply.expects is Expects.CONFIRMATION


@pytest.mark.asyncio
async def test_words_are_said_as_what_they_are() -> None:
    async with house(WORDS) as scene:
        turn = await scene.say(UNKNOWN)
        assert turn.reply.text == "The language model says: No."
        assert isinstance(turn.understood, NotRecognized)
        assert turn.model == WORDS
        assert not turn.outcomes


@pytest.mark.asyncio
async def test_what_is_not_for_a_model_is_not_given_to_it() -> None:
    async with house(written(Calls((LAMP,))), confirm=False) as scene:
        for said in (
            "my hands are full and I stand at the door when I come home",  # for another time
            "my hands are full at nine tomorrow",
            "my hands are full and it is nearly ten p.m.",
            "turn off everything but",  # what is missing may turn the meaning round
            "",
        ):
            turn = await scene.say(said)
            assert turn.model is None, said
            assert not turn.outcomes, said


@pytest.mark.asyncio
async def test_an_answer_that_is_cut_off_is_none() -> None:
    async with house('{"say":"aa') as scene:
        turn = await scene.say(UNKNOWN)
        assert turn.model is None
        assert isinstance(turn.understood, NotRecognized)
        assert "language model" not in turn.reply.text


class Endless:
    """A model that answers only when it is told to end; the clock of these tests."""

    def __init__(self) -> None:
        self.begun = Event()
        self.closed = False
        self.asked = 0

    def answer(self, request: str, vocabulary: Vocabulary, *, cancelled: Event) -> Answered:
        self.asked += 1
        self.begun.set()
        assert cancelled.wait(10)
        return Answered(Malformed("", "it was cut off"), "", (), 0, 0, None)

    def close(self) -> None:
        self.closed = True


REFUSED = NotRecognized(UNKNOWN)


class TenMinutes(Endless):
    """A model that makes ten minutes of everything."""

    def answer(self, request: str, vocabulary: Vocabulary, *, cancelled: Event) -> Answered:
        call = Call("HassStartTimer", {"minutes": 10})
        intent = Intent(call.name, call.arguments, 0.5, request)
        return Answered(Calls((call,)), written(Calls((call,))), (intent,), 0, 0, None)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("said", "taken"), [("the eggs want ten", False), ("the eggs want ten minutes", True)]
)
async def test_a_number_is_no_length_of_time_because_a_model_says_so(said: str, taken: bool) -> None:
    thinker = Thinker(TenMinutes, "en", seconds=60)
    thought = await thinker.think(NotRecognized(said), Vocabulary(), heard=False)
    assert (thought is not None) is taken


@pytest.mark.asyncio
async def test_who_speaks_again_does_not_wait() -> None:
    model = Endless()
    thinker = Thinker(lambda: model, "en", seconds=60)
    first = asyncio.create_task(thinker.think(REFUSED, Vocabulary(), heard=False))
    await asyncio.to_thread(model.begun.wait, 10)
    second = asyncio.create_task(thinker.think(REFUSED, Vocabulary(), heard=False))
    assert await first is None
    thinker.interrupt()
    assert await second is None
    third = asyncio.create_task(thinker.think(REFUSED, Vocabulary(), heard=False))
    await asyncio.sleep(0)
    await thinker.close()
    assert await third is None
    assert model.closed


@pytest.mark.asyncio
async def test_an_answer_has_a_time_limit_and_ends_with_who_waits_for_it() -> None:
    model = Endless()
    limited = Thinker(lambda: model, "en", seconds=0.01)
    assert await limited.think(REFUSED, Vocabulary(), heard=False) is None
    assert model.asked == 1
    patient = Thinker(lambda: model, "en", seconds=60)
    model.begun.clear()
    waiting = asyncio.create_task(patient.think(REFUSED, Vocabulary(), heard=False))
    await asyncio.to_thread(model.begun.wait, 10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await patient.close()


class Saying:
    """A model that calls for a lamp."""

    def answer(self, request: str, vocabulary: Vocabulary, *, cancelled: Event) -> Answered:
        intent = Intent("HassTurnOn", {"name": "Lamp"}, 0.5, request)
        return Answered(Calls((LAMP,)), "", (intent,), 0, 0, None)

    def close(self) -> None:
        pass


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("asks", "heard", "asked"), [(True, False, True), (False, True, True), (False, False, False)]
)
async def test_what_was_heard_is_always_asked_about(asks: bool, heard: bool, asked: bool) -> None:
    thought = await Thinker(Saying, "en", seconds=60, asks=asks).think(REFUSED, Vocabulary(), heard=heard)
    assert thought is not None
    assert [intent.misheard for intent in thought.intents] == [asked]


def test_every_refusal_that_could_be_done_too_early_stays_away() -> None:
    assert set(Why) - set(ASKS) == {Why.NOT_NOW, Why.INCOMPLETE}
