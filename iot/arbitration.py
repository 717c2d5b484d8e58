"""Which of several ears that heard the same wake word answers: the one with the best signal.

Pure: no I/O, and no clock. Each ear that hears a wake word sends a bid at once and waits for those of others,
no longer than a window. Who knows of a better bid, or hears that another has claimed the answer, yields; who
does not claims it when the window has closed.

- Of ears that all hear each other's messages within half a window, exactly one answers. For two that both
  claim, the worse bid's window would have closed before the better bid arrived; but then its claim arrives
  before the other window closes, which was opened at most one transmission earlier.
- Where messages are lost, several may answer, and one always does: the best bidder yields to nothing but a
  claim.
- No time of day is sent, only how long ago the wake word ended: clocks of machines differ.
- The window closes early once all ears that are there have bid after our own bid was sent, for they are then
  surely undecided when it arrives; at once where no other ear is there.

On the wire each message is a JSON object on `<root>/arbitration`, not retained:

    {"kind": "bid", "from": "kitchen", "age": 0.21, "signal": 24.5, "score": 0.98, "of": 1}
    {"kind": "claim", "from": "kitchen", "age": 0.41}
"""

import json
import math
from collections import Counter, deque
from collections.abc import Collection, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeGuard

WINDOW: Final = 0.2
"""Seconds from a bid to its decision, at most. Messages may take half of it; usual are milliseconds."""
SAME: Final = 0.7
"""Seconds by which the ends of one wake word may seem to differ: detectors estimate them. Who is not answered
and says it again needs longer."""
REMEMBERED: Final = 32
"""Messages; more do not come in a second of one house."""
_LONGEST_AGE: Final = 5.0
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Bid:
    """Somebody heard a wake word."""

    ear: str
    """Who: the id of its machine, and a slash and a name where that has several ears."""
    age: float
    """Seconds since the wake word ended, when this was sent."""
    signal: float | None = None
    """How far the voice stood out from the noise of the room, in decibels; None where that is not known."""
    score: float = 0.0
    """How sure the detector was, 0 to 1."""
    of: int = 1
    """How many ears its machine has."""

    def better_than(self, other: "Bid") -> bool:
        """Which of two bids wins; no two of different ears are alike."""
        return self.rank > other.rank

    @property
    def rank(self) -> tuple[float, float, str]:
        """By what bids are compared; its last part tells two that are equally good apart."""
        return (-math.inf if self.signal is None else self.signal, self.score, self.ear)


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody answers."""

    ear: str
    """Who."""
    age: float
    """Seconds since the wake word ended, when this was sent."""


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """Why a payload is no bid and no claim."""

    reason: str


class Verdict(StrEnum):
    """Whether an ear answers."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Arbitration:
    """One ear's view of all bids and claims.

    Args:
        ear: Its name, which no other ear has.
        window: Seconds for a decision, at most.
    """

    def __init__(self, ear: str, window: float = WINDOW) -> None:
        self._ear = ear
        self._window = window
        self._heard: deque[tuple[float, Bid | Claim]] = deque(maxlen=REMEMBERED)
        """What came from others, and when, by our clock."""
        self._bid: Bid | None = None
        self._opened = 0.0
        self._machines: Set[str] = frozenset()

    def hear(self, message: Bid | Claim, now: float) -> None:
        """Take note of a message, whether a decision is open or not: others may have heard it first."""
        if message.ear != self._ear:
            self._heard.append((now, message))

    def open(self, bid: Bid, machines: Set[str], now: float) -> None:
        """Open a decision.

        Args:
            bid: Of this ear; it is to be sent at once.
            machines: The others that may have ears.
            now: Monotonic seconds.
        """
        self._bid, self._opened, self._machines = bid, now, machines

    @property
    def closes(self) -> float:
        """The moment by which the decision is made, by our clock."""
        return self._opened + self._window

    def verdict(self, now: float) -> Verdict:
        """How the decision that was opened last stands."""
        assert self._bid is not None, "nothing was bid"
        bid, since_ours = self._bid, dict[str, Bid]()
        for received, message in self._heard:
            if abs((received - message.age) - (self._opened - bid.age)) > SAME:
                continue  # another wake word
            if isinstance(message, Claim):
                return Verdict.LOST
            if received < self._opened - self._window:
                continue  # decided by now, and nobody claimed it
            if message.better_than(bid):
                return Verdict.LOST
            if received >= self._opened:
                since_ours[message.ear] = message
        complete = now >= self.closes or self._all_bid(bid, since_ours.values())
        return Verdict.WON if complete else Verdict.OPEN

    def _all_bid(self, ours: Bid, theirs: Collection[Bid]) -> bool:
        """Whether these are the bids of all ears that there are."""
        bids = Counter(_machine(bid.ear) for bid in theirs)
        ears = {_machine(bid.ear): bid.of for bid in theirs} | {_machine(ours.ear): ours.of - 1}
        return all(machine in ears for machine in self._machines) and all(
            bids[machine] >= count for machine, count in ears.items()
        )

    def claim(self, now: float) -> Claim:
        """What a winner sends at once."""
        assert self._bid is not None, "nothing was bid"
        return Claim(self._ear, self._bid.age + now - self._opened)


def encode(message: Bid | Claim) -> bytes:
    """A message's payload."""
    fields: dict[str, object] = {"kind": "claim", "from": message.ear, "age": round(message.age, 3)}
    if isinstance(message, Bid):
        fields |= {"kind": "bid", "signal": message.signal, "score": message.score, "of": message.of}
    return json.dumps(fields).encode()


def decode(payload: bytes) -> Bid | Claim | MessageRefused:
    """The message in a payload."""
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        return MessageRefused("it is not JSON")
    if not isinstance(fields, dict):
        return MessageRefused("it is not a JSON object")
    kind, ear, age = fields.get("kind"), fields.get("from"), fields.get("age")
    signal, score, of = fields.get("signal"), fields.get("score", 0.0), fields.get("of", 1)
    if not isinstance(ear, str) or not 0 < len(ear) <= _LONGEST_NAME:
        return MessageRefused("“from” is no name")
    if not _is_number(age) or not 0 <= age <= _LONGEST_AGE:
        return MessageRefused(f"“age” is not from 0 to {_LONGEST_AGE:g} seconds")
    if kind == "claim":
        return Claim(ear, age)
    if kind != "bid":
        return MessageRefused("“kind” is neither bid nor claim")
    if signal is not None and not _is_number(signal):
        return MessageRefused("“signal” is no number")
    if not _is_number(score) or not 0 <= score <= 1:
        return MessageRefused("“score” is not from 0 to 1")
    if not isinstance(of, int) or isinstance(of, bool) or of < 1:
        return MessageRefused("“of” is no number of ears")
    return Bid(ear, age, signal, score, of)


def _machine(ear: str) -> str:
    return ear.partition("/")[0]


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
