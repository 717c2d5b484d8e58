"""Which ear answers, simulated with a virtual clock: machines whose clocks differ, messages late or lost."""

import heapq
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.iot import arbitration
from paige.iot.arbitration import (
    WINDOW,
    Arbitration,
    Bid,
    Claim,
    MessageRefused,
    Verdict,
    decode,
    encode,
)

TICK = 1e-6


@dataclass(frozen=True)
class Ear:
    """One that hears the wake word, which ends at the moment 0 of the simulation."""

    name: str
    signal: float | None
    score: float
    notices: float
    """Seconds after the word has ended."""
    misjudges: float
    """How far it is wrong about when the word has ended, in seconds."""
    clock: float
    """What its clock shows at the moment 0."""
    rate: float
    """How fast its clock goes."""

    def shows(self, moment: float) -> float:
        return self.clock + self.rate * moment

    def moment(self, shown: float) -> float:
        return (shown - self.clock) / self.rate


@dataclass
class Story:
    """What came of it."""

    won: list[str] = field(default_factory=list)
    decided: dict[str, float] = field(default_factory=dict)
    """Seconds from an ear's bid to its verdict."""


def play(
    ears: Sequence[Ear],
    delays: Iterator[float | None],
    asleep: Sequence[str] = (),
    window: float = WINDOW,
) -> Story:
    """Let the ears decide. A delay of None is a message that is lost; `asleep` are there and hear nothing."""
    story, order = Story(), itertools.count()
    parts = {ear.name: Arbitration(ear.name, window) for ear in ears}
    by_name = {ear.name: ear for ear in ears}
    opened: dict[str, float] = {}
    open_ones: set[str] = set()
    agenda: list[tuple[float, int, str, Bid | Claim | None]] = []

    def send(message: Bid | Claim, now: float) -> None:
        for other in ears:
            delay = next(delays)
            if other.name != message.ear and delay is not None:
                passed = decode(encode(message))
                assert not isinstance(passed, MessageRefused)
                heapq.heappush(agenda, (now + delay, next(order), other.name, passed))

    def look(name: str, now: float) -> None:
        if name not in open_ones:
            return
        verdict = parts[name].verdict(by_name[name].shows(now))
        if verdict is Verdict.OPEN:
            return
        open_ones.discard(name)
        story.decided[name] = now - opened[name]
        if verdict is Verdict.WON:
            story.won.append(name)
            send(parts[name].claim(by_name[name].shows(now)), now)

    for ear in ears:
        heapq.heappush(agenda, (ear.notices, next(order), ear.name, None))
    while agenda:
        now, _, name, message = heapq.heappop(agenda)
        ear, part = by_name[name], parts[name]
        if message is not None:
            part.hear(message, ear.shows(now))
        elif name not in opened:
            opened[name] = now
            open_ones.add(name)
            age = max(0.0, ear.notices + ear.misjudges)
            bid = Bid(name, age, ear.signal, ear.score)
            part.open(bid, {other.name for other in ears if other is not ear} | set(asleep), ear.shows(now))
            send(bid, now)
            heapq.heappush(agenda, (ear.moment(part.closes) + TICK, next(order), name, None))
        look(name, now)
    return story


def ears_that_notice(within: float) -> st.SearchStrategy[list[Ear]]:
    signal = st.none() | st.floats(-10, 60)
    one = st.builds(
        Ear,
        name=st.sampled_from("abcdef"),
        signal=signal,
        score=st.floats(0, 1),
        notices=st.floats(0, within),
        misjudges=st.floats(-0.1, 0.1),
        clock=st.floats(-1e6, 1e6),
        rate=st.floats(0.999, 1.001),
    )
    return st.lists(one, min_size=1, max_size=6, unique_by=lambda ear: ear.name)


def best_of(ears: Sequence[Ear]) -> str:
    return max(ears, key=lambda ear: (-1e9 if ear.signal is None else ear.signal, ear.score, ear.name)).name


PROMPT = st.floats(0.0001, 0.45 * WINDOW)
ASLEEP = st.sampled_from([(), ("bedroom",), ("bedroom", "cellar")])


@given(ears_that_notice(0.35), st.lists(PROMPT, min_size=100, max_size=100), ASLEEP)
def test_exactly_one_answers_where_messages_arrive(
    ears: list[Ear], delays: list[float], asleep: tuple[str, ...]
) -> None:
    story = play(ears, itertools.cycle(delays), asleep)
    assert len(story.won) == 1
    assert max(story.decided.values()) <= WINDOW * 1.01 + TICK


@given(ears_that_notice(0.5 * WINDOW), st.lists(PROMPT, min_size=100, max_size=100), ASLEEP)
def test_the_best_signal_wins_of_those_that_notice_in_time(
    ears: list[Ear], delays: list[float], asleep: tuple[str, ...]
) -> None:
    assert play(ears, itertools.cycle(delays), asleep).won == [best_of(ears)]


@given(ears_that_notice(0.35), st.lists(st.none() | st.floats(0.0001, 3), min_size=100, max_size=100), ASLEEP)
def test_somebody_answers_whatever_is_lost_or_late(
    ears: list[Ear], delays: list[float | None], asleep: tuple[str, ...]
) -> None:
    story = play(ears, itertools.cycle(delays), asleep)
    assert story.won
    assert max(story.decided.values()) <= WINDOW * 1.01 + TICK


@given(ears_that_notice(0.35))
def test_all_answer_where_nothing_arrives(ears: list[Ear]) -> None:
    assert sorted(play(ears, itertools.repeat(None)).won) == sorted(ear.name for ear in ears)


def an_ear(name: str, signal: float | None = 20.0, **fields: float) -> Ear:
    given_fields: Mapping[str, float] = {
        "score": 0.9, "notices": 0.1, "misjudges": 0.0, "clock": 0.0, "rate": 1.0, **fields
    }  # fmt: skip
    return Ear(name, signal, **given_fields)


def test_who_is_alone_does_not_wait() -> None:
    assert play([an_ear("a")], itertools.repeat(0.01)).decided == {"a": 0.0}


def test_who_alone_hears_it_waits_for_the_window_and_no_longer() -> None:
    story = play([an_ear("a")], itertools.repeat(0.01), asleep=("b",))
    assert story.won == ["a"]
    assert story.decided["a"] == pytest.approx(WINDOW, abs=2 * TICK)


def test_the_window_closes_with_the_last_bid() -> None:
    story = play([an_ear("a", 30), an_ear("b", 20), an_ear("c", 10)], itertools.repeat(0.01))
    assert story.won == ["a"]
    assert max(story.decided.values()) < 0.02


def test_who_does_not_know_its_signal_yields_to_who_does() -> None:
    assert play([an_ear("a", 3.0), an_ear("b", None, score=1.0)], itertools.repeat(0.01)).won == ["a"]


def test_who_notices_it_after_it_was_answered_yields_though_its_signal_is_better() -> None:
    story = play([an_ear("a", 10), an_ear("b", 40, notices=0.1 + 1.5 * WINDOW)], itertools.repeat(0.01))
    assert story.won == ["a"]
    assert story.decided["b"] == 0.0


def test_two_people_in_two_rooms_are_both_answered() -> None:
    part = Arbitration("a")
    part.hear(Claim("b", age=0.3), now=10.0)  # of a wake word that ended at 9.7
    part.open(Bid("a", 0.1, 20.0), frozenset(), now=11.0)  # of one that ended at 10.9
    assert part.verdict(11.0) is Verdict.WON


def test_an_answer_is_yielded_to_however_poor_its_signal() -> None:
    part = Arbitration("a")
    part.open(Bid("a", 0.1, 50.0), {"b"}, now=10.0)
    part.hear(Claim("b", age=0.2), now=10.1)
    assert part.verdict(10.1) is Verdict.LOST


def test_the_ears_of_a_machine_must_all_have_bid_before_the_window_closes() -> None:
    part = Arbitration("a")
    part.open(Bid("a", 0.1, 50.0), {"hub"}, now=10.0)
    part.hear(Bid("hub/kitchen", 0.1, 10.0, of=2), now=10.01)
    assert part.verdict(10.01) is Verdict.OPEN
    part.hear(Bid("hub/bedroom", 0.1, 10.0, of=2), now=10.02)
    assert part.verdict(10.02) is Verdict.WON


def test_a_bid_that_came_before_ours_does_not_close_the_window() -> None:
    # Its ear may be about to decide without ours.
    part = Arbitration("a")
    part.hear(Bid("b", 0.1, 10.0), now=9.95)
    part.open(Bid("a", 0.15, 50.0), {"b"}, now=10.0)
    assert part.verdict(10.0) is Verdict.OPEN


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
AGES = st.integers(0, 5000).map(lambda milliseconds: milliseconds / 1000)
NAMES = st.text(min_size=1, max_size=200)
MESSAGES = st.builds(Bid, NAMES, AGES, st.none() | NUMBERS, st.floats(0, 1), st.integers(1)) | st.builds(
    Claim, NAMES, AGES
)


def test_messages_look_as_is_written() -> None:
    written = [line.strip() for line in (arbitration.__doc__ or "").splitlines() if '{"kind"' in line]
    told: list[Bid | Claim] = [Bid("kitchen", 0.21, 24.5, 0.98), Claim("kitchen", 0.41)]
    assert [decode(line.encode()) for line in written] == told
    assert [json.loads(line) for line in written] == [json.loads(encode(message)) for message in told]


@given(MESSAGES)
def test_a_message_is_read_as_it_was_written(message: Bid | Claim) -> None:
    assert decode(encode(message)) == message


@given(
    st.binary()
    | st.recursive(st.none() | st.booleans() | NUMBERS | st.text(), st.lists).map(repr).map(str.encode)
)
def test_no_payload_breaks_the_reader(payload: bytes) -> None:
    decode(payload)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "[]",
        '{"kind": "bid"}',
        '{"kind": "bid", "from": "", "age": 0}',
        '{"kind": "bid", "from": "a", "age": -1}',
        '{"kind": "bid", "from": "a", "age": 99}',
        '{"kind": "bid", "from": "a", "age": true}',
        '{"kind": "bid", "from": "a", "age": 0, "signal": "loud"}',
        '{"kind": "bid", "from": "a", "age": 0, "signal": NaN}',
        '{"kind": "bid", "from": "a", "age": 0, "score": 2}',
        '{"kind": "bid", "from": "a", "age": 0, "of": 0}',
        '{"kind": "shout", "from": "a", "age": 0}',
        f'{{"kind": "claim", "from": "{"a" * 201}", "age": 0}}',
    ],
)
def test_what_is_no_message_is_refused(payload: str) -> None:
    assert isinstance(decode(payload.encode()), MessageRefused)
