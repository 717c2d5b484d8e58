"""Timers and lists through the pipeline of an assistant that stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from paige.device import house_clock
from paige.device.assistant import Assistant, assistant
from paige.device.config.schema import Config, Mqtt
from paige.device.keeping import Keeping
from paige.device.narration import Narrator
from paige.device.replies import Replies
from paige.device.ringing import TOO_LATE_SECONDS, Ringer
from paige.device.turn import Expects, Reply
from paige.iot.clock_time import shown
from paige.iot.lists import Lists
from paige.iot.registry import Registry
from paige.iot.resolution import Keeper, Question, Reason, Refused
from paige.iot.timer_keeper import TimerKeeper
from paige.iot.timers import Timer
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.vocabulary import Vocabulary
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome

NARRATOR = Narrator(Replies.for_language("en"))
LANGUAGE = Language(Sentences.for_language("en"), Vocabulary())


class Said:
    """What was announced, and where."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str | None]] = []
        self.rang: list[str] = []
        self.any = asyncio.Event()

    async def __call__(self, text: str, area: str | None, *, ring: bool = False) -> None:
        self.all.append((text, area))
        if ring:
            self.rang.append(text)
        self.any.set()


@pytest_asyncio.fixture
async def serving(tmp_path: Path) -> AsyncIterator[tuple[Assistant, Said]]:
    said = Said()
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker())
        await stack.enter_async_context(SimulatedHome().joined(broker.host, broker.port))
        config = Config(mqtt=Mqtt(host=broker.host, port=broker.port, command_deadline=20))
        one = await stack.enter_async_context(assistant(config, state=tmp_path, announce=said))
        await one.home.ready()
        yield one, said


async def test_a_timer_is_set_told_of_and_cancelled(serving: tuple[Assistant, Said], tmp_path: Path) -> None:
    pipeline = serving[0].pipeline
    assert (
        await pipeline.handle_text("set a timer for five minutes")
    ).reply.text == "Timer set for 5 minutes."
    assert "timers" in (tmp_path / "timers.json").read_text()
    assert "minute" in (await pipeline.handle_text("how much time is left on the timer")).reply.text
    assert (await pipeline.handle_text("cancel the timer")).reply.text.startswith("Cancelled")
    assert (await pipeline.handle_text("cancel the timer")).reply.text == "I can't find that timer."


class Clock:
    """Shows half past ten in the evening of Thursday, 2026-11-26."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 26, 22, 30).timestamp()  # noqa: DTZ001 # on the house's clock
        self.wrong = False

    def keeping(self, file: Path) -> Keeping:
        """Keeps timers in a file, by this clock."""
        timers = TimerKeeper(file, monotonic=lambda: self.time, wall=lambda: self.time)
        return Keeping(
            NARRATOR,
            Registry(),
            timers,
            now=lambda: shown(self.time),
            clock_is_wrong=lambda: self.wrong,
        )


def told(keeping: Keeping, text: str) -> str:
    """What is answered to a sentence about timers."""
    intent = LANGUAGE.parse(text)
    assert isinstance(intent, Intent), text
    match answer := keeping.answer(intent, Keeper.TIMERS, None):
        case Reply():
            return answer.text
        case Refused():
            return NARRATOR.refused(intent, answer).text
        case Question():
            return NARRATOR.question(answer).text


def test_an_alarm_is_told_with_its_half_of_the_day_and_its_day(tmp_path: Path) -> None:
    keeping = Clock().keeping(tmp_path / "timers.json")
    for said, reply in (
        ("when is my alarm", "No alarm is set."),
        ("wake me at seven", "Alarm set for 7 in the morning tomorrow."),
        ("set an alarm for 11", "Alarm set for 11 at night today."),
        ("set an alarm for quarter past one pm", "Alarm set for 1:15 in the afternoon tomorrow."),
        ("set an alarm for sunday at 6:30 pm", "Alarm set for 6:30 in the evening on Sunday."),
        (
            "set an alarm for thursday at half past six",
            "Alarm set for 6:30 in the morning on Thursday next week.",
        ),
        ("set an alarm for noon", "Alarm set for noon tomorrow."),
        ("set an alarm for midnight", "Alarm set for midnight tonight."),
        ("set an alarm for midnight tomorrow", "Alarm set for midnight tomorrow."),
        ("set an alarm for ten minutes", "Alarm set for 10 minutes from now."),
        ("set a timer until midnight", "Timer set until midnight tonight."),
        ("set a pizza timer for 11 pm", "Pizza timer set until 11 at night today."),
        (
            "wake me up every day at seven",
            "I can't repeat that. I can set it for one time, such as tomorrow.",
        ),
        ("wake me up today at seven", "That time has passed already."),
        (
            "what alarms do I have for tomorrow",
            "4 alarms: midnight tonight, 7 in the morning tomorrow, noon tomorrow and "
            "1:15 in the afternoon tomorrow.",
        ),
        ("cancel my 1 pm alarm", "I can't find that alarm."),
        ("cancel my seven am alarm", "Cancelled the alarm for 7 in the morning tomorrow."),
        ("cancel the midnight timer", "Cancelled the timer until midnight tonight."),
        ("cancel all timers", "Cancelled the one timer."),
        ("cancel all alarms for tomorrow", "Cancelled 3 alarms."),
        ("what alarms do I have for tomorrow", "No alarm is set for then."),
    ):
        assert told(keeping, said) == reply, said


def test_of_several_alarms_it_is_asked_which_one(tmp_path: Path) -> None:
    keeping = Clock().keeping(tmp_path / "timers.json")
    for said in ("wake me at 7", "wake me at 8:15", "wake me on saturday at 7 am"):
        told(keeping, said)
    asked = told(keeping, "cancel my alarm")
    assert asked == (
        "Which one: the alarm for 7 in the morning tomorrow, the 8:15 AM alarm or "
        "the alarm for 7 in the morning on Saturday?"
    )


def test_an_alarm_is_known_after_a_restart(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "timers.json"
    told(clock.keeping(file), "wake me at seven")
    clock.time += 2 * 3600
    again = clock.keeping(file)
    assert told(again, "when is my alarm") == "Your alarm is set for 7 in the morning today."


def test_nothing_is_set_for_a_time_of_day_by_a_clock_that_is_wrong(tmp_path: Path) -> None:
    clock = Clock()
    clock.wrong = True
    keeping = clock.keeping(tmp_path / "timers.json")
    for said in ("wake me at seven", "set a timer until noon", "turn off the lights at ten"):
        assert told(keeping, said).startswith("I don't know what time it is")
    assert told(keeping, "set a timer for ten minutes") == "Timer set for 10 minutes."
    assert told(keeping, "set an alarm for ten minutes") == "Alarm set for 10 minutes from now."


async def test_an_alarm_goes_the_way_of_every_sentence(
    serving: tuple[Assistant, Said], tmp_path: Path
) -> None:
    async def say(text: str) -> str:
        return (await serving[0].pipeline.handle_text(text)).reply.text

    assert await say("set an alarm for one second") == "Alarm set for 1 second from now."
    await asyncio.wait_for(serving[1].any.wait(), 10)
    assert serving[1].rang == ["The 1 second alarm is done."]
    assert await say("set an alarm for ten minutes") == "Alarm set for 10 minutes from now."
    assert await say("turn off the alarm") == "Cancelled the 1 second alarm."
    assert await say("cancel the timer") == "I can't find that timer."
    assert await say("cancel my alarm") == "Cancelled the 10 minute alarm."
    if house_clock.is_wrong():
        pytest.skip("the clock of this machine is wrong")
    for hour in (7, 8):
        assert await say(f"wake me up tomorrow at {hour}") == f"Alarm set for {hour} in the morning tomorrow."
    assert await say("cancel my alarm") == "Which one: the 7 AM alarm or the 8 AM alarm?"
    assert await say("the eight o'clock one") == "Cancelled the alarm for 8 in the morning tomorrow."
    assert await say("when is my alarm") == "Your alarm is set for 7 in the morning tomorrow."


async def test_an_alarm_that_is_late_says_so(
    serving: tuple[Assistant, Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, said = serving
    at = datetime(2026, 11, 27, 7, 0).timestamp()  # noqa: DTZ001 # on the house's clock
    for late in (0.5, 1800.0, 86_400.0):
        monkeypatch.setattr("paige.device.ringing.time.time", lambda late=late: at + late)
        alarm = Timer(1, 600.0, -late, area="Bedroom", at=at, alarm=True)
        await Ringer(one.pipeline, NARRATOR, said).ring(alarm)
    now, today, yesterday = (text for text, area in said.all if area == "Bedroom")
    assert now == "It's 7 in the morning."
    assert today == "The alarm for 7 in the morning today was missed."
    assert yesterday == "The alarm for 7 in the morning yesterday was missed."
    assert said.rang == [now, today]  # nobody is woken by one of yesterday


async def test_of_several_timers_it_is_asked_which_one(serving: tuple[Assistant, Said]) -> None:
    async def say(text: str) -> tuple[str, Expects]:
        reply = (await serving[0].pipeline.handle_text(text)).reply
        return reply.text, reply.expects

    for text in (
        "set a pizza timer for ten minutes",
        "set a timer for 5 minutes",
        "set a timer for 7 minutes",
    ):
        await say(text)
    question = "Which one: the 5 minute timer, the 7 minute timer or the pizza timer?"
    for answer, told in (
        ("the five minute one", "Paused the 5 minute timer with"),
        ("the pizza timer please", "Paused the pizza timer with"),
        ("pizza", "Paused the pizza timer with"),
        ("the second one", "Paused the 7 minute timer with"),
    ):
        assert await say("pause the timer") == (question, Expects.CHOICE)
        assert (await say(answer))[0].startswith(told)
        assert (await say("resume the timer"))[0].endswith("left.")
    assert (await say("cancel the timer")) == (question, Expects.CHOICE)
    assert (await say("the lasagne"))[0] == f"Sorry, {question[0].lower()}{question[1:]}"
    assert (await say("no"))[0] == "All right, I won't."
    assert (await say("cancel the timer")) == (question, Expects.CHOICE)
    text, _ = await say("all of them")
    assert text == "Cancelled the 5 minute timer. Cancelled the 7 minute timer. Cancelled the pizza timer."
    assert (await say("how much time is left on the timer"))[0] == "No timer is running."


async def test_timers_that_are_called_alike_are_told_apart_by_what_is_left(
    serving: tuple[Assistant, Said],
) -> None:
    pipeline = serving[0].pipeline
    for _ in range(2):
        await pipeline.handle_text("set a timer for 5 minutes")
    reply = (await pipeline.handle_text("add 90 seconds to the timer")).reply
    assert reply.expects is Expects.CHOICE
    assert all(choice.startswith("the 5 minute timer with ") for choice in reply.choices)
    assert (await pipeline.handle_text("the first one")).reply.text.startswith("6 minutes and ")
    reply = (await pipeline.handle_text("cancel the timer")).reply
    assert reply.choices[1].startswith("the 5 minute timer with 6 minutes")
    assert (await pipeline.handle_text("the five minute one")).reply.expects is Expects.CHOICE


async def test_what_a_keeper_refuses_is_in_the_turn(serving: tuple[Assistant, Said]) -> None:
    assert (await serving[0].pipeline.handle_text("cancel the timer")).refusal == Reason.TIMER_NOT_FOUND


def test_what_nobody_keeps_or_can_write_down_is_refused(tmp_path: Path) -> None:
    add = Intent("HassShoppingListAddItem", {"item": "milk"}, 1.0, "add milk to the shopping list")
    nobody = Keeping(NARRATOR, Registry()).answer(add, Keeper.LISTS, None)
    assert isinstance(nobody, Refused)
    assert nobody.reason is Reason.NOBODY_KEEPS_IT
    (tmp_path / "file").touch()
    full = Keeping(NARRATOR, Registry(), lists=Lists(tmp_path / "folder/lists.json"))
    (tmp_path / "folder").symlink_to(tmp_path / "file")
    refused = full.answer(add, Keeper.LISTS, None)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.NOT_KEPT
    assert "cannot be written" in NARRATOR.refused(add, refused).text


async def test_a_list_is_kept(serving: tuple[Assistant, Said], tmp_path: Path) -> None:
    pipeline = serving[0].pipeline
    assert (
        await pipeline.handle_text("add milk to the shopping list")
    ).reply.text == "Added milk to the shopping list."
    assert "milk" in (tmp_path / "lists.json").read_text()
    assert "already" in (await pipeline.handle_text("add milk to the shopping list")).reply.text
    assert (
        await pipeline.handle_text("check off milk on the shopping list")
    ).reply.text == "Ticked off milk."


def timer(command: str | None = None, late: float = 0.0, name: str | None = None) -> Timer:
    return Timer(1, 300.0, -late, name=name, area="Kitchen", command=command)


async def test_a_timer_that_ends_is_said_where_it_was_set(serving: tuple[Assistant, Said]) -> None:
    one, said = serving
    await Ringer(one.pipeline, NARRATOR, said).ring(timer(name="pizza"))
    ((text, area),) = said.all
    assert ("pizza" in text.casefold(), area) == (True, "Kitchen")
    assert said.rang == [text]


async def test_a_command_set_for_later_is_carried_out_then(serving: tuple[Assistant, Said]) -> None:
    one, said = serving
    await Ringer(one.pipeline, NARRATOR, said).ring(timer("turn on the kitchen lamp"))
    assert said.all == []
    lamp = one.home.registry.named("Kitchen Lamp")[0]
    assert lamp.state == "on"


async def test_what_a_command_for_later_says_is_told_then(serving: tuple[Assistant, Said]) -> None:
    one, said = serving
    await Ringer(one.pipeline, NARRATOR, said).ring(timer("add milk to the shopping list"))
    assert said.all == [("Added milk to the shopping list.", "Kitchen")]
    assert said.rang == []


@pytest.mark.parametrize(
    ("command", "late"),
    [
        ("turn on the kitchen lamp", TOO_LATE_SECONDS + 1),
        ("what is the capital of france", 0.0),
        ("unlock the front door", 0.0),
        ("check off milk on the shopping list", 0.0),
    ],
    ids=["too late", "not understood", "needs a yes", "refused"],
)
async def test_a_command_that_cannot_be_carried_out_then_is_told(
    serving: tuple[Assistant, Said], command: str, late: float
) -> None:
    one, said = serving
    before = one.home.registry.entities
    await Ringer(one.pipeline, NARRATOR, said).ring(timer(command, late))
    ((text, area),) = said.all
    assert (command in text, area) == (True, "Kitchen")
    assert [entity.state for entity in one.home.registry.entities] == [entity.state for entity in before]


def test_the_clock_says_the_time_of_the_house() -> None:
    noon = datetime(2026, 1, 2, 12, 5, tzinfo=UTC)
    keeping = Keeping(NARRATOR, Registry(), now=lambda: noon)
    asked = Intent("HassGetCurrentTime", {}, 1.0, "what time is it")
    assert keeping.answer(asked, Keeper.CLOCK, None) == Reply("It's 12:05 PM.")
    asked = Intent("HassGetCurrentDate", {}, 1.0, "what day is it")
    assert keeping.answer(asked, Keeper.CLOCK, None) == Reply("It's Friday, January 2nd, 2026.")
