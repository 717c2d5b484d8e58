"""What happens, told to every browser that looks; none of them can keep Paige waiting."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from paige.device.dialogue import OPEN_SECONDS
from paige.device.page.shown import means_something, shown_announcement, shown_turn
from paige.device.turn import Expects, Turn
from paige.iot.link import LinkStatus

MOST_KEPT: Final = 30
"""Turns and announcements that a browser is told of when it comes."""
MOST_BYTES: Final = 64 * 1024
"""Of these, as they are sent."""
MOST_WAITING: Final = 64
"""Events that one browser may be behind."""
MOST_VIEWERS: Final = 16
HEARTBEAT_SECONDS: Final = 15.0
"""Without anything to tell, so that both sides notice when the other has gone."""
HEARD_SECONDS: Final = 20.0
"""After which words that nothing came of are old."""
_HEARTBEAT: Final = b": alive\n\n"


@dataclass(frozen=True, slots=True)
class _Words:
    """What one ear is hearing."""

    ear: str
    area: str | None
    words: str | None
    """None where nobody is listened to any more."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that somebody may still answer."""

    turn_id: str
    here: str | None
    """Main name of the area where it was asked."""
    since: float


class Viewer:
    """One browser: what it is still to be told, up to a bound."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._more = asyncio.Event()
        self.lost = False
        """Whether it is too far behind; what it missed is told when it comes again."""

    def tell(self, event: bytes, instead_of: str = "") -> None:
        """Put an event in the queue, in the place of the last one if that has the same name."""
        if self._waiting and instead_of and self._waiting[-1][0] == instead_of:
            self._waiting.pop()
        if len(self._waiting) >= MOST_WAITING:
            self.lost = True
        else:
            self._waiting.append((instead_of, event))
        self._more.set()

    async def events(self, gone: asyncio.Event) -> AsyncGenerator[bytes, None]:
        """Server-sent events, until it is lost or has `gone`; at times a comment where there are none."""
        while not self.lost and not gone.is_set():
            if self._waiting:
                yield self._waiting.popleft()[1]
                continue
            self._more.clear()
            wakes = [asyncio.ensure_future(one.wait()) for one in (self._more, gone)]
            try:
                done, _ = await asyncio.wait(
                    wakes, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                for one in wakes:
                    one.cancel()
            if not done:
                yield _HEARTBEAT


class Feed:
    """Everything that the page shows. All but `hearing` is for the event loop in which it was made.

    Args:
        name: What the house calls this Paige.
        clock: Unix time in seconds.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.time) -> None:
        self._name = name
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._viewers: set[Viewer] = set()
        self._kept: deque[tuple[int, dict[str, Any]]] = deque()
        self._bytes = 0
        self._hearing: dict[str, tuple[float, _Words]] = {}
        self._states: dict[str, Mapping[str, object]] = {}
        self._open: dict[str | None, OpenQuestion] = {}
        """The question that is open in each place."""

    def turn(self, turn: Turn) -> None:
        """Something was said, and this came of it."""
        now = self._clock()
        if turn.reply.expects is Expects.NOTHING:
            self._open.pop(turn.here, None)
        else:
            self._open[turn.here] = OpenQuestion(turn.id, turn.here, now)
        shown = shown_turn(turn, now)
        if means_something(turn):
            self._keep(shown)
        self._tell("turn", shown)

    def announcement(self, text: str, area: str | None) -> None:
        """Paige says something that nobody asked for."""
        shown = shown_announcement(text, area, self._clock())
        self._keep(shown)
        self._tell("announcement", shown)

    def broker(self, status: LinkStatus) -> None:
        """How the connection to the broker is."""
        self._state("broker", {"state": str(status.state), "complaint": status.reason})

    def microphone(self, how: Mapping[str, object]) -> None:
        """How the microphone is; see `paige.device.microphone_watch.Tell`."""
        self._state("microphone", {key: how[key] for key in ("state", "complaint")})

    def hearing(self, ear: str, area: str | None, words: str | None) -> None:
        """The words so far of somebody who speaks; for any thread.

        Args:
            ear: Who hears it.
            area: Where that is.
            words: Empty where nothing was said yet, None where nobody is listened to any more.
        """
        self._loop.call_soon_threadsafe(self._heard, _Words(ear, area, words))

    def question(self, turn_id: str) -> OpenQuestion | None:
        """The question of a turn; None where it is not open any more."""
        now = self._clock()
        return next(
            (
                one
                for one in self._open.values()
                if one.turn_id == turn_id and now - one.since <= OPEN_SECONDS
            ),
            None,
        )

    def join(self) -> Viewer | None:
        """A browser that begins to look, told how things are; None where there are too many."""
        if len(self._viewers) >= MOST_VIEWERS:
            return None
        viewer = Viewer()
        self._viewers.add(viewer)
        now = self._clock()
        fresh = [words for at, words in self._hearing.values() if now - at <= HEARD_SECONDS]
        hello = {
            "name": self._name,
            "now": now,
            "open_seconds": OPEN_SECONDS,
            "heard_seconds": HEARD_SECONDS,
            "states": self._states,
            "hearing": [asdict(words) for words in fresh],
            "kept": [one for _, one in self._kept],
        }
        viewer.tell(_event("hello", hello))
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """It looks no more."""
        self._viewers.discard(viewer)

    def _heard(self, words: _Words) -> None:
        if words.words is None and self._hearing.pop(words.ear, None) is None:
            return
        if words.words is not None:
            self._hearing[words.ear] = self._clock(), words
        self._tell("hearing", asdict(words), f"hearing {words.ear}")

    def _state(self, part: str, state: Mapping[str, object]) -> None:
        if self._states.get(part) != state:
            self._states[part] = state
            self._tell("state", {"part": part, **state})

    def _keep(self, shown: dict[str, Any]) -> None:
        size = len(_event("kept", shown))
        self._kept.append((size, shown))
        self._bytes += size
        while len(self._kept) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            self._bytes -= self._kept.popleft()[0]

    def _tell(self, name: str, what: Mapping[str, Any], instead_of: str = "") -> None:
        if self._viewers:
            event = _event(name, what)
            for viewer in self._viewers:
                viewer.tell(event, instead_of)


def _event(name: str, what: Mapping[str, Any]) -> bytes:
    """As the HTML standard writes server-sent events; JSON has no line breaks of its own."""
    return f"event: {name}\ndata: {json.dumps(what, ensure_ascii=False)}\n\n".encode()
