"""What browsers are told: in bounds, whatever they do."""

import asyncio
import json
from typing import Any

from paige.device.dialogue import OPEN_SECONDS
from paige.device.page.feed import (
    HEARD_SECONDS,
    MOST_BYTES,
    MOST_KEPT,
    MOST_VIEWERS,
    MOST_WAITING,
    Feed,
    Viewer,
)
from paige.device.turn import Expects, Reply, Turn
from paige.models.intent import NotRecognized


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def turn(turn_id: str, here: str | None = None, expects: Expects = Expects.NOTHING, text: str = "x") -> Turn:
    return Turn(turn_id, text, here, NotRecognized(text), Reply("y", expects))


async def waiting(viewer: Viewer) -> list[tuple[str, dict[str, Any]]]:
    """All that it would be told now."""
    gone, found = asyncio.Event(), []
    async for block in viewer.events(gone):
        name, data = block.decode().rstrip("\n").split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
        if not viewer._waiting:
            gone.set()
    return found


def joined(feed: Feed) -> Viewer:
    viewer = feed.join()
    assert viewer is not None
    return viewer


async def kept(feed: Feed) -> list[dict[str, Any]]:
    viewer = joined(feed)
    feed.leave(viewer)
    [(_, hello)] = await waiting(viewer)
    found = hello["kept"]
    assert isinstance(found, list)
    return found


async def test_who_is_too_far_behind_is_lost_alone() -> None:
    feed = Feed("x")
    slow, quick = joined(feed), joined(feed)
    for number in range(MOST_WAITING):
        feed.turn(turn(str(number)))
        assert len(await waiting(quick)) in (1, 2)
    assert slow.lost
    assert len(slow._waiting) == MOST_WAITING
    assert [one async for one in slow.events(asyncio.Event())] == [], "it comes again and is told anew"
    assert not quick.lost


async def test_of_words_so_far_only_the_last_wait() -> None:
    feed = Feed("x")
    viewer = joined(feed)
    for number in range(1000):
        feed.hearing("0", "Kitchen", f"word {number}")
    feed.hearing("1", None, "other")
    feed.hearing("1", None, None)
    feed.hearing("2", None, None)  # it never heard anything
    await asyncio.sleep(0)
    assert (await waiting(viewer))[1:] == [
        ("hearing", {"ear": "0", "area": "Kitchen", "words": "word 999"}),
        ("hearing", {"ear": "1", "area": None, "words": None}),
    ]


async def test_what_is_kept_is_bounded_in_number_and_in_bytes() -> None:
    feed = Feed("x")
    for number in range(MOST_KEPT + 5):
        feed.turn(turn(str(number)))
    assert [one["id"] for one in await kept(feed)] == [str(number) for number in range(5, MOST_KEPT + 5)]
    for _ in range(10):
        feed.announcement("z" * (MOST_BYTES // 4), None)
    assert len(await kept(feed)) == 3
    feed.announcement("z" * MOST_BYTES, None)
    assert len(await kept(feed)) == 1


async def test_talk_that_means_nothing_is_shown_and_not_kept() -> None:
    feed = Feed("x")
    viewer = joined(feed)
    feed.turn(turn("a", text=""))
    assert [name for name, _ in await waiting(viewer)] == ["hello", "turn"]
    assert await kept(feed) == []


async def test_a_question_is_open_until_something_else_is_said_there_or_it_is_old() -> None:
    clock = Clock()
    feed = Feed("x", clock)
    feed.turn(turn("a", "Kitchen", Expects.CONFIRMATION))
    feed.turn(turn("b", None, Expects.CHOICE))
    found = feed.question("a")
    assert found is not None
    assert found.here == "Kitchen"
    assert feed.question("b") is not None
    feed.turn(turn("c", "Kitchen"))
    assert feed.question("a") is None
    assert feed.question("c") is None
    clock.now += OPEN_SECONDS
    assert feed.question("b") is not None
    clock.now += 0.1
    assert feed.question("b") is None


async def test_a_state_is_told_when_it_changes_and_to_who_comes_later() -> None:
    clock = Clock()
    feed = Feed("x", clock)
    viewer = joined(feed)
    how = {"state": "ok", "since": 1, "level": -60.0, "complaint": ""}
    feed.microphone(how)
    feed.microphone({**how, "level": -59.0})
    assert (await waiting(viewer))[1:] == [("state", {"part": "microphone", "state": "ok", "complaint": ""})]
    feed.hearing("0", None, "turn on")
    await asyncio.sleep(0)
    [(_, hello)] = await waiting(joined(feed))
    assert hello["states"] == {"microphone": {"state": "ok", "complaint": ""}}
    assert hello["hearing"] == [{"ear": "0", "area": None, "words": "turn on"}]
    clock.now += HEARD_SECONDS + 1
    [(_, later)] = await waiting(joined(feed))
    assert later["hearing"] == [], "nothing came of it"


async def test_browsers_are_counted() -> None:
    feed = Feed("x")
    viewers = [joined(feed) for _ in range(MOST_VIEWERS)]
    assert feed.join() is None
    feed.leave(viewers[0])
    feed.leave(viewers[0])
    assert feed.join() is not None
    assert feed.join() is None
