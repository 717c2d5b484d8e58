"""The power goes in the middle of writes, and what is there after it came back."""

import json
from pathlib import Path
from typing import Any, Final

from paige.tools.emulated.guest import unit
from paige.tools.emulated.guest.console import CheckFailed, tell
from paige.tools.emulated.guest.house import House

_STATE: Final = Path("/var/lib/private/paige")
_ITEMS: Final = 500


def power_cut(house: House) -> str:
    """Write to the shopping list again and again; the emulator takes the power away meanwhile."""
    unit.wait_ready()
    for number in range(_ITEMS):
        turn = house.lamp.ask(f"add item {number} to my shopping list", unit.PATIENCE)
        if turn["refusal"]:
            raise CheckFailed(f"item {number} was refused: {turn['refusal']}")
        tell("KEPT", str(number + 1))
    raise CheckFailed("the power was not cut")


def after_power_cut(house: House, kept: int) -> str:
    """The service is ready, and each item of which it had said so is on the list."""
    ready = unit.wait_ready()
    files = sorted(path.name for path in _STATE.iterdir() if path.is_file())
    damaged = [name for name in files if ".damaged-" in name]
    items = _shopping()
    if damaged or items != [f"item {number}" for number in range(len(items))] or len(items) < kept:
        raise CheckFailed(f"{kept} items were kept, {len(items)} are there: {items[-3:]}; files {files}")
    figures = f"{kept} items had been answered for, {len(items)} are there"
    return f"ready after {ready:.1f} s; {figures}; files {files}"


def _shopping() -> list[str]:
    content: Any = json.loads((_STATE / "lists.json").read_text())
    return [item["text"] for item in content["lists"]["shopping_list"]]
