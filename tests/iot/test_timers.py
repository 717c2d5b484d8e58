import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.iot.clock_time import shown
from paige.iot.resolution import Reason, Refused
from paige.iot.timer_keeper import TimerKeeper, decode, encode
from paige.iot.timers import LONGEST, RUNG_LATELY, Several, StoredTimer, Timer, Timers
from paige.models.intent import Intent, SlotValue

GOLDEN = Path(__file__).parent / "golden/timers.json"


@dataclass
class Clock:
    """A clock that goes when it is told to, and a time of day that can be set."""

    monotonic: float = 100.0
    ahead: float = 1_700_000_000.0 - 100.0

    def wall(self) -> float:
        return self.monotonic + self.ahead

    def timers(self, stored: tuple[StoredTimer, ...] = ()) -> Timers:
        return Timers(stored, monotonic=lambda: self.monotonic, wall=self.wall)

    def keeper(self, path: Path) -> TimerKeeper:
        return TimerKeeper(path, monotonic=lambda: self.monotonic, wall=self.wall)


def intent(intent_name: str, /, **slots: SlotValue) -> Intent:
    return Intent(intent_name, slots, 1.0, "")


def start(timers: Timers, here: str | None = None, **slots: SlotValue) -> Timer:
    result = timers.handle(intent("HassStartTimer", **slots), here)
    assert isinstance(result, tuple)
    return result[0]


def test_a_timer_ends_after_its_length_and_only_once() -> None:
    clock = Clock()
    timers = clock.timers()
    timer = start(timers, "Kitchen", minutes=5, seconds=30, name="pizza")
    assert (timer.seconds, timer.name, timer.area) == (330, "pizza", "Kitchen")
    clock.monotonic += 329
    assert timers.wait == 1
    assert timers.ended() == ()
    clock.monotonic += 3
    assert [(one.name, one.seconds_left) for one in timers.ended()] == [("pizza", -2)]
    assert timers.ended() == ()
    assert timers.wait is None


def test_what_is_set_for_a_time_of_day_follows_the_clock() -> None:
    clock = Clock()
    timers = clock.timers()
    now = datetime.fromtimestamp(clock.wall()).astimezone()
    timer = start(timers, conversation_command="turn off the lights", at_hour=now.hour, at_minute=59)
    assert timer.at is not None
    then = datetime.fromtimestamp(timer.at).astimezone()
    assert (then.hour % 12, then.minute, then.second) == (now.hour % 12, 59, 0)
    assert timer.seconds_left == timer.at - clock.wall()
    clock.ahead += 60  # the board learns that it is later
    assert timers.all[0].seconds_left == timer.seconds_left - 60
    clock.ahead -= 3600  # and that it is earlier
    assert timers.all[0].seconds_left == timer.seconds_left - 60 + 3600
    clock.monotonic = timer.at - clock.ahead + 1
    assert [one.command for one in timers.ended()] == ["turn off the lights"]


YEARS = 3 * 365.25 * 86_400


@pytest.mark.parametrize("wrong", [-YEARS, -900.0, 900.0, YEARS, -1_700_000_000.0])
def test_what_was_said_before_a_board_learned_the_time_is_meant_by_the_right_clock(wrong: float) -> None:
    clock = Clock()
    right = start(clock.timers(), at_hour=10)
    assert right.at is not None
    clock.ahead += wrong
    timers = clock.timers()
    start(timers, at_hour=10)
    timers.handle(intent("HassIncreaseTimer", minutes=5))
    start(timers, minutes=10)
    clock.monotonic += 30
    clock.ahead -= wrong
    assert timers.ended() == ()
    egg, alarm = timers.all
    assert egg.seconds_left == 570
    assert (alarm.at, alarm.seconds_left) == (right.at + 300, right.at + 300 - clock.wall())
    assert [one.ends for one in timers.stored()] == [alarm.at, clock.wall() + 570]


def test_a_clock_that_was_right_and_then_wrong_for_a_while_changes_no_time_of_day() -> None:
    clock = Clock()
    timers = clock.timers()
    alarm = start(timers, at_hour=10, at_half="am", at_day="tomorrow")
    for shift in (YEARS, -2 * YEARS, YEARS):
        clock.ahead += shift
        assert timers.ended() == ()
    assert timers.all == (alarm,)


def test_a_time_of_day_that_passed_while_there_was_no_power_rings_as_soon_as_the_time_is_known() -> None:
    clock = Clock()
    alarm = start(clock.timers(), at_hour=10)
    assert alarm.at is not None
    stored = (StoredTimer(alarm, alarm.at),)
    clock.ahead = alarm.at + 3600 - clock.monotonic - 86_400  # a board without a clock begins a day too early
    timers = clock.timers(stored)
    assert timers.ended() == ()
    clock.ahead += 86_400
    assert [one.seconds_left for one in timers.ended()] == [-3600]


def test_a_time_of_day_lasts_through_a_restart_with_a_clock_set_back(tmp_path: Path) -> None:
    clock = Clock()
    timer = clock.keeper(tmp_path / "timers.json").handle(intent("HassStartTimer", at_hour=12))
    assert isinstance(timer, tuple)
    clock.ahead -= 7200
    (again,) = clock.keeper(tmp_path / "timers.json").timers.all
    assert (again.at, again.seconds_left) == (timer[0].at, timer[0].seconds_left + 7200)


def test_a_time_of_day_can_be_put_off_and_stopped() -> None:
    clock = Clock()
    timers = clock.timers()
    timer = start(timers, at_hour=12)
    assert timer.at is not None
    later = timers.handle(intent("HassIncreaseTimer", minutes=5))
    assert isinstance(later, tuple)
    assert (later[0].at, later[0].seconds_left) == (timer.at + 300, timer.seconds_left + 300)
    paused = timers.handle(intent("HassPauseTimer"))
    assert isinstance(paused, tuple)
    clock.monotonic += 1000
    assert timers.all[0].seconds_left == later[0].seconds_left


ALARM = {"kind": "alarm"}


def evening() -> Clock:
    """Shows half past eight in the evening."""
    clock = Clock()
    now = shown(clock.wall())
    clock.ahead += (now.replace(hour=20, minute=30, second=0) - now).total_seconds()
    return clock


def found(timers: Timers, name: str, **slots: SlotValue) -> list[str]:
    """The times of day of the alarms that an intent concerns."""
    result = timers.handle(intent(name, **ALARM, **slots))
    assert isinstance(result, tuple)
    return [f"{shown(one.at):%H:%M}" for one in result if one.at is not None]


def test_alarms_and_timers_are_asked_for_and_cancelled_apart() -> None:
    timers = evening().timers()
    timer, alarm = start(timers, minutes=5), start(timers, at_hour=7, at_half="am", **ALARM)
    until = start(timers, at_hour=7, at_half="am")
    assert (timer.alarm, alarm.alarm, until.alarm, until.at) == (False, True, False, alarm.at)
    assert found(timers, "HassTimerStatus") == ["07:00"]
    assert timers.handle(intent("HassTimerStatus")) == (timer, until)
    timers.handle(intent("HassIncreaseTimer", start_minutes=5, minutes=10))
    assert timers.handle(intent("HassCancelAllTimers")) != ()
    assert timers.all == (alarm,)
    assert timers.handle(intent("HassCancelTimer")) == Refused(Reason.TIMER_NOT_FOUND)
    assert timers.handle(intent("HassIncreaseTimer", minutes=10)) == Refused(Reason.TIMER_NOT_FOUND)
    assert found(timers, "HassCancelTimer") == ["07:00"]
    assert timers.handle(intent("HassCancelTimer", **ALARM)) == Refused(Reason.TIMER_NOT_FOUND)


def test_alarms_are_told_apart_by_the_time_and_the_day() -> None:
    timers = evening().timers()
    for slots in ({"at_hour": 7}, {"at_hour": 8}, {"at_hour": 9, "at_half": "pm"}, {"at_named": "noon"}):
        start(timers, **ALARM, **slots)
    start(timers, hours=1, **ALARM)
    assert isinstance(timers.handle(intent("HassCancelTimer", **ALARM)), Several)
    assert found(timers, "HassTimerStatus", at_day="tomorrow") == ["07:00", "08:00", "12:00"]
    assert found(timers, "HassTimerStatus", at_day="tomorrow", at_half="am") == ["07:00", "08:00"]
    assert found(timers, "HassTimerStatus", at_half="night", at_day="today") == ["21:00"]
    assert found(timers, "HassCancelTimer", at_hour=8) == ["08:00"]
    assert found(timers, "HassCancelAllTimers", at_day="tomorrow") == ["07:00", "12:00"]
    assert found(timers, "HassTimerStatus", at_hour=10) == []
    assert timers.handle(intent("HassCancelTimer", at_hour=10, **ALARM)) == Refused(Reason.TIMER_NOT_FOUND)


def test_an_alarm_lasts_through_a_restart(tmp_path: Path) -> None:
    clock, path = evening(), tmp_path / "timers.json"
    alarm = clock.keeper(path).handle(intent("HassStartTimer", at_hour=7, **ALARM))
    assert isinstance(alarm, tuple)
    clock.monotonic, clock.ahead = 5.0, clock.wall() + 3600  # the board was off for an hour
    again = clock.keeper(path).timers
    assert [replace(one, seconds_left=0.0) for one in again.all] == [replace(alarm[0], seconds_left=0.0)]
    assert again.wait == pytest.approx(alarm[0].seconds_left - 3605)


def test_an_alarm_that_is_to_ring_again_and_again_is_refused() -> None:
    timers = evening().timers()
    refused = timers.handle(intent("HassStartTimer", at_hour=7, repeat="often", **ALARM))
    assert refused == Refused(Reason.TIMER_REPEATED)
    assert timers.all == ()


def test_who_turns_off_an_alarm_that_rings_does_not_cancel_the_next() -> None:
    clock = evening()
    timers = clock.timers()
    ringing, early, late = (start(timers, minutes=minutes, **ALARM) for minutes in (1, 60, 90))
    clock.monotonic += 61
    assert [one.id for one in timers.ended()] == [ringing.id]
    clock.monotonic += RUNG_LATELY - 1
    turned_off = timers.handle(intent("HassCancelTimer", **ALARM))
    assert isinstance(turned_off, tuple)
    assert [one.id for one in turned_off] == [ringing.id]
    assert [one.id for one in timers.all] == [early.id, late.id]
    assert isinstance(
        timers.handle(intent("HassCancelTimer", **ALARM)), Several
    )  # said again, it means another
    clock.monotonic += 3600
    timers.ended()
    clock.monotonic += RUNG_LATELY + 1
    assert timers.handle(intent("HassCancelTimer", **ALARM)) != ()
    assert timers.all == ()


def test_timers_end_in_their_order() -> None:
    clock = Clock()
    timers = clock.timers()
    for minutes in (3, 1, 2):
        start(timers, minutes=minutes)
    clock.monotonic += 200
    assert [one.seconds for one in timers.ended()] == [60, 120, 180]


def test_a_paused_timer_waits_and_then_goes_on() -> None:
    clock = Clock()
    timers = clock.timers()
    start(timers, minutes=1)
    clock.monotonic += 20
    assert timers.handle(intent("HassPauseTimer")) == (Timer(1, 60, 40, paused=True),)
    clock.monotonic += 1000
    assert timers.wait is None
    assert timers.ended() == ()
    assert timers.handle(intent("HassUnpauseTimer")) == (Timer(1, 60, 40),)
    clock.monotonic += 40
    assert len(timers.ended()) == 1


def test_a_timer_can_be_made_longer_and_shorter_and_never_ends_before_now() -> None:
    clock = Clock()
    timers = clock.timers()
    start(timers, minutes=2)
    assert timers.handle(intent("HassIncreaseTimer", minutes=1)) == (Timer(1, 120, 180),)
    assert timers.handle(intent("HassDecreaseTimer", seconds=30)) == (Timer(1, 120, 150),)
    assert timers.handle(intent("HassDecreaseTimer", hours=1)) == (Timer(1, 120, 0),)
    assert len(timers.ended()) == 1


@pytest.mark.parametrize(
    ("slots", "here", "found"),
    [
        ({"name": "pizza"}, None, 1),
        ({"name": "Pizza"}, "Bedroom", 1),
        ({"name": "piza"}, None, 1),
        ({"area": "Bedroom"}, None, 2),
        ({"name": "bedroom"}, None, 2),
        ({"area": "tea"}, None, 3),
        ({"start_minutes": 20}, None, 3),
        ({"start_seconds": 300}, None, 1),
        ({}, "Bedroom", 2),
    ],
)
def test_a_timer_is_told_from_others_by_name_area_length_or_where_the_speaker_is(
    slots: Mapping[str, SlotValue], here: str | None, found: int
) -> None:
    timers = Clock().timers()
    start(timers, "Kitchen", minutes=5, name="pizza")
    start(timers, "Bedroom", minutes=10)
    start(timers, "Kitchen", minutes=20, name="tea")
    result = timers.handle(intent("HassCancelTimer", **slots), here)
    assert isinstance(result, tuple)
    assert [timer.id for timer in result] == [found]
    assert found not in {timer.id for timer in timers.all}


def test_what_fits_several_timers_is_asked_and_what_fits_none_is_said() -> None:
    timers = Clock().timers()
    assert timers.handle(intent("HassCancelTimer")) == Refused(Reason.TIMER_NOT_FOUND)
    start(timers, minutes=5)
    start(timers, minutes=5)
    assert timers.handle(intent("HassPauseTimer")) == Several(timers.all)
    assert not any(timer.paused for timer in timers.all)
    assert timers.handle(intent("HassPauseTimer", name="pizza")) == Refused(Reason.TIMER_NOT_FOUND)
    assert timers.handle(intent("HassTimerStatus", name="pizza")) == Refused(Reason.TIMER_NOT_FOUND)
    assert len(timers.all) == 2


def test_of_several_timers_those_that_were_chosen_are_meant() -> None:
    clock = Clock()
    timers = clock.timers()
    for minutes in (5, 6, 7):
        start(timers, minutes=minutes)
    pause = intent("HassPauseTimer")
    assert isinstance(timers.handle(pause), Several)
    assert timers.handle(pause, chosen=[2]) == (Timer(2, 360, 360, paused=True),)
    assert timers.handle(pause, chosen=[1, 3]) == (
        Timer(1, 300, 300, paused=True),
        Timer(3, 420, 420, paused=True),
    )
    longer = intent("HassIncreaseTimer", hours=167, minutes=54)
    assert timers.handle(longer, chosen=[1, 3]) == Refused(Reason.TIMER_TOO_LONG)
    assert [timer.seconds_left for timer in timers.all] == [300, 360, 420]


def test_a_choice_between_timers_never_means_one_that_was_started_since() -> None:
    clock = Clock()
    timers = clock.timers()
    start(timers, minutes=5)
    start(timers, minutes=1)
    clock.monotonic += 61
    timers.ended()
    start(timers, minutes=3)
    assert timers.handle(intent("HassCancelTimer"), chosen=[2]) == Refused(Reason.TIMER_NOT_FOUND)
    assert len(timers.all) == 2


def test_of_several_timers_the_paused_one_is_meant_to_go_on() -> None:
    timers = Clock().timers()
    start(timers, minutes=5)
    start(timers, minutes=10, name="tea")
    timers.handle(intent("HassPauseTimer", name="tea"))
    assert timers.handle(intent("HassUnpauseTimer")) == (Timer(2, 600, 600, name="tea"),)


def test_all_timers_or_those_of_a_room_are_told_and_cancelled() -> None:
    timers = Clock().timers()
    assert timers.handle(intent("HassTimerStatus")) == ()
    assert timers.handle(intent("HassCancelAllTimers")) == ()
    for area in ("Kitchen", "Kitchen", "Bedroom"):
        start(timers, area, minutes=5)
    status = timers.handle(intent("HassTimerStatus"))
    assert isinstance(status, tuple)
    assert len(status) == 3
    cancelled = timers.handle(intent("HassCancelAllTimers", area="Kitchen"))
    assert isinstance(cancelled, tuple)
    assert len(cancelled) == 2
    assert [timer.area for timer in timers.all] == ["Bedroom"]


@pytest.mark.parametrize(
    ("slots", "reason"),
    [
        ({}, Reason.NOT_SUPPORTED),
        ({"minutes": 0}, Reason.NOT_SUPPORTED),
        ({"minutes": "many"}, Reason.NOT_SUPPORTED),
        ({"minutes": float("nan")}, Reason.NOT_SUPPORTED),
        ({"minutes": float("inf")}, Reason.NOT_SUPPORTED),
        ({"hours": 24 * 8}, Reason.TIMER_TOO_LONG),
        ({"at_hour": 25}, Reason.TIMER_PASSED),
        ({"at_hour": 10, "at_day": "doomsday"}, Reason.TIMER_PASSED),
    ],
)
def test_a_length_that_is_none_or_too_long_is_refused(slots: Mapping[str, SlotValue], reason: Reason) -> None:
    timers = Clock().timers()
    assert timers.handle(intent("HassStartTimer", **slots)) == Refused(reason)
    assert timers.all == ()


def test_a_board_that_learns_the_time_does_not_ring_at_once() -> None:
    clock = Clock()
    timers = clock.timers()
    start(timers, minutes=5)
    timers.stored()
    clock.ahead += 5 * 3600
    assert timers.clock_was_set()
    assert timers.ended() == ()
    assert timers.wait == 300
    (stored,) = timers.stored()
    assert stored.ends == clock.wall() + 300
    assert not timers.clock_was_set()


def test_timers_survive_a_restart_and_time_goes_on_without_us(tmp_path: Path) -> None:
    clock = Clock()
    keeper = clock.keeper(tmp_path / "state" / "timers.json")
    keeper.handle(intent("HassStartTimer", minutes=5, name="pizza"), "Kitchen")
    keeper.handle(intent("HassStartTimer", minutes=10))
    keeper.handle(intent("HassPauseTimer", start_minutes=10))
    keeper.handle(intent("HassStartTimer", seconds=30, conversation_command="turn off the lights"))
    # The board was off for a minute, and its monotonic clock begins anew.
    later = Clock(monotonic=3.0, ahead=clock.wall() + 60 - 3.0)
    again = later.keeper(tmp_path / "state" / "timers.json")
    assert again.damage is None
    assert [(timer.name, timer.area, timer.paused, timer.seconds_left) for timer in again.timers.all] == [
        (None, None, False, -30),
        ("pizza", "Kitchen", False, 240),
        (None, None, True, 600),
    ]
    (late,) = again.timers.ended()
    assert (late.command, late.seconds_left) == ("turn off the lights", -30)


def test_a_clock_set_back_makes_no_timer_longer(tmp_path: Path) -> None:
    clock = Clock()
    clock.keeper(tmp_path / "t.json").handle(intent("HassStartTimer", minutes=5))
    clock.ahead -= 24 * 3600
    assert clock.keeper(tmp_path / "t.json").timers.wait == 300


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"version": 2, "timers": []}',
        b'{"version": 1}',
        b'{"version": 1, "timers": [{}]}',
        b'{"version": 1, "timers": [{"id": 1, "seconds": NaN, "seconds_left": 1}]}',
        b'{"version": 1, "timers": [{"id": 1, "seconds": 1, "seconds_left": 1, "name": 3}]}',
        b'{"version": 1, "timers": ' + b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_put_aside_unchanged_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "timers.json"
    path.write_bytes(content)
    keeper = Clock().keeper(path)
    assert keeper.timers.all == ()
    assert keeper.damage is not None
    assert keeper.damage.path.read_bytes() == content
    keeper.handle(intent("HassStartTimer", minutes=5))
    assert len(Clock().keeper(path).timers.all) == 1


def test_timers_run_on_where_they_cannot_be_written_down(tmp_path: Path) -> None:
    (tmp_path / "timers.json.new").mkdir()  # in the way of what would be written
    keeper = Clock().keeper(tmp_path / "timers.json")
    keeper.handle(intent("HassStartTimer", minutes=5))
    assert len(keeper.timers.all) == 1
    assert keeper.unsaved is not None
    assert "timers.json" in str(keeper.unsaved)


def test_the_stored_form_stays_what_it_was() -> None:
    golden = json.loads(GOLDEN.read_text())
    pizza = Timer(1, 300.0, 290.0, name="pizza", area="Kitchen")
    later = Timer(2, 60.0, 50.0, paused=True, command="turn off the lights")
    stored = (StoredTimer(pizza, 1_700_000_300.0), StoredTimer(later, None))
    assert encode(stored) == golden
    assert decode(golden) == stored


LENGTHS = st.floats(0.1, LONGEST)
TIMERS = st.lists(
    st.builds(
        Timer, st.integers(), LENGTHS, LENGTHS, st.booleans(), st.none() | st.text(), st.none() | st.text()
    ),
    max_size=5,
    unique_by=lambda timer: timer.id,
)


@given(TIMERS)
def test_what_is_stored_is_read_again(timers: list[Timer]) -> None:
    stored = tuple(StoredTimer(timer, None if timer.paused else timer.seconds_left) for timer in timers)
    assert decode(json.loads(json.dumps(encode(stored)))) == stored


ORDERS = st.one_of(
    st.builds(lambda seconds: intent("HassStartTimer", seconds=seconds), st.integers(1, 500)),
    st.sampled_from(
        [
            intent(name)
            for name in ("HassCancelTimer", "HassPauseTimer", "HassUnpauseTimer", "HassTimerStatus")
        ]
        + [intent("HassIncreaseTimer", seconds=50), intent("HassDecreaseTimer", seconds=50)]
    ),
    st.integers(1, 300),
)


@given(st.lists(ORDERS, max_size=30))
def test_every_timer_that_was_started_ends_or_is_cancelled_and_a_restart_changes_nothing(
    orders: list[Intent | int],
) -> None:
    clock = Clock()
    timers = clock.timers()
    started = cancelled = ended = 0
    for order in orders:
        if isinstance(order, int):
            clock.monotonic += order
            ended += len(timers.ended())
            continue
        result = timers.handle(order)
        started += order.name == "HassStartTimer"
        cancelled += order.name == "HassCancelTimer" and isinstance(result, tuple)
        restarted = clock.timers(timers.stored())
        assert [replace(timer, seconds_left=round(timer.seconds_left, 3)) for timer in restarted.all] == [
            replace(timer, seconds_left=round(timer.seconds_left, 3)) for timer in timers.all
        ]
    for timer in timers.all:
        if timer.paused:
            timers.handle(intent("HassUnpauseTimer"))
    paused = sum(timer.paused for timer in timers.all)
    clock.monotonic += LONGEST
    ended += len(timers.ended())
    assert started == cancelled + ended + paused


async def test_a_timer_that_cannot_be_rung_or_takes_long_keeps_no_other_from_ringing(tmp_path: Path) -> None:
    clock = Clock()
    keeper = clock.keeper(tmp_path / "timers.json")
    rung: asyncio.Queue[str | None] = asyncio.Queue()
    cancelled = asyncio.Event()

    async def ring(timer: Timer) -> None:
        if timer.name == "broken":
            raise ValueError(timer)
        if timer.name == "slow":
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
        await rung.put(timer.name)

    for seconds, name in enumerate(("broken", "slow", "egg"), 1):
        keeper.handle(intent("HassStartTimer", seconds=seconds, name=name))
    clock.monotonic += 12
    running = asyncio.create_task(keeper.run(ring))
    async with asyncio.timeout(5):
        assert await rung.get() == "egg"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert cancelled.is_set()


def test_what_changes_nothing_is_not_written(tmp_path: Path) -> None:
    keeper = Clock().keeper(tmp_path / "timers.json")
    for name in ("HassTimerStatus", "HassCancelTimer"):
        keeper.handle(intent(name))
    assert not (tmp_path / "timers.json").exists()


async def test_the_keeper_rings_what_is_over_and_hears_of_new_timers(tmp_path: Path) -> None:
    clock = Clock()
    keeper = clock.keeper(tmp_path / "timers.json")
    rung: asyncio.Queue[Timer] = asyncio.Queue()
    keeper.handle(intent("HassStartTimer", seconds=10, name="egg"))
    clock.monotonic += 12
    running = asyncio.create_task(keeper.run(rung.put))
    async with asyncio.timeout(5):
        assert (await rung.get()).name == "egg"
        keeper.handle(intent("HassStartTimer", seconds=10, name="tea"))
        clock.monotonic += 12
        keeper.handle(intent("HassTimerStatus"))
        assert (await rung.get()).name == "tea"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert decode(json.loads((tmp_path / "timers.json").read_text())) == ()
