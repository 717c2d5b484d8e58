"""Timers and lists: what a household is told that Paige remembers."""

import asyncio
from pathlib import Path
from typing import Final

from paige.iot.lists import Lists
from paige.iot.timer_keeper import TimerKeeper
from paige.iot.timers import Timer
from paige.models.intent import Intent, SlotValue
from paige.tools.power_cut.prove import Promise

_WALL: Final = 1_700_000_000.0
_SECONDS: Final = 60.0


class Unexpected(Exception):  # of a tool at the desk
    """What is there cannot be."""


class TimersStore:
    """Timers are set, changed and cancelled, and one rings that opens a door: that must not happen again."""

    name = "timers"
    megabytes = 16
    between: frozenset[str] = frozenset()

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        now = 100.0
        keeper = TimerKeeper(_timers(card), monotonic=lambda: now, wall=lambda: _WALL + now)

        def say(name: str, /, **slots: SlotValue) -> None:
            keeper.handle(_intent(name, **slots))
            promised(f"{name} {slots}")

        say("HassStartTimer", minutes=10, name="pizza")
        say("HassStartTimer", minutes=1, command="open the garage door")
        say("HassStartTimer", hours=2, name="roast")
        say("HassIncreaseTimer", minutes=5, name="pizza")
        say("HassPauseTimer", name="roast")
        now += 61

        async def until_rung() -> None:
            rung = asyncio.Event()

            async def ring(timer: Timer) -> None:
                promised(f"{timer.command}")
                rung.set()

            running = asyncio.create_task(keeper.run(ring))
            await asyncio.wait_for(rung.wait(), _SECONDS)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(until_rung())
        say("HassCancelTimer", name="pizza")
        say("HassUnpauseTimer", name="roast")

    def look(self, card: Path) -> str:
        """See `Store`."""
        keeper = TimerKeeper(_timers(card), monotonic=lambda: 0.0, wall=lambda: _WALL)
        if keeper.damage is not None:
            raise Unexpected(keeper.damage.why)
        return "; ".join(
            f"{one.id} {one.name or one.command} {one.seconds_left:.0f}{' paused' if one.paused else ''}"
            for one in keeper.timers.all
        )


class ListsStore:
    """Things are put on lists, and ticked off."""

    name = "lists"
    megabytes = 16
    between: frozenset[str] = frozenset()

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        lists = Lists(_lists(card))
        for item in ("milk", "two loaves of bread", "jam " * 40, "eggs"):
            lists.handle(_intent("HassShoppingListAddItem", item=item))
            promised(item)
        lists.handle(_intent("HassShoppingListCompleteItem", item="milk"))
        promised("milk is there")
        lists.handle(_intent("HassListAddItem", name="Hobbies", item="chess"), known=("Hobbies",))
        promised("chess")

    def look(self, card: Path) -> str:
        """See `Store`."""
        lists = Lists(_lists(card))
        if lists.damage is not None:
            raise Unexpected(lists.damage.why)
        return f"{[*lists.items()]} {[*lists.items('Hobbies')]}"


def _intent(name: str, /, **slots: SlotValue) -> Intent:
    return Intent(name, slots, 1.0, "")


def _timers(card: Path) -> Path:
    return card / "var/lib/paige/timers.json"


def _lists(card: Path) -> Path:
    return card / "var/lib/paige/lists.json"
