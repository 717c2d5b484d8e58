"""Shopping and to-do lists, kept on the disk."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from paige.iot.kept_file import Damage, KeptFile
from paige.iot.naming import canonical
from paige.iot.resolution import Reason, Refused
from paige.models.intent import Intent

VERSION: Final = 1
SHOPPING: Final = "shopping_list"
"""The list that needs no name; in the file it stands under this key."""
SAME_ITEM: Final = 0.8
"""How alike two items must be to count as the same, misheard, as difflib counts."""
LONGEST_ITEM: Final = 200
"""Characters."""

_SHOPPING_INTENTS: Final = frozenset({"HassShoppingListAddItem", "HassShoppingListCompleteItem"})
_ADDING: Final = frozenset({"HassShoppingListAddItem", "HassListAddItem"})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on a list."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class ListChanged:
    """What became of a list."""

    list: str
    """Its name, or `SHOPPING`."""
    item: Item
    """The one that was added or ticked off, as the list has it."""


class Lists:
    """All lists of a home and their file.

    Args:
        path: The file; it and its folder are made when they are needed.
    """

    def __init__(self, path: Path) -> None:
        self._file = KeptFile(path)
        self._items: dict[str, tuple[Item, ...]] = self._file.load(decode)

    @property
    def damage(self) -> Damage | None:
        """A file that could not be understood and was put aside: its items are in there, and not here."""
        return self._file.damage

    def items(self, name: str = SHOPPING) -> tuple[Item, ...]:
        """What is on a list, done or not, in the order in which it came."""
        return self._items.get(self._key(name), ())

    def handle(self, intent: Intent, known: Iterable[str] = ()) -> ListChanged | Refused:
        """Carry out an intent about lists.

        Args:
            intent: One of those that `resolve` leaves to `Keeper.LISTS`.
            known: The names of the lists there are besides the shopping list: those of `todo` entities.

        Raises:
            KeepingFailed: It cannot be written down, so it is not done.
        """
        text = " ".join(str(intent.slots.get("item", "")).split())[:LONGEST_ITEM]
        if not text:
            return Refused(Reason.NOT_SUPPORTED)
        name = SHOPPING if intent.name in _SHOPPING_INTENTS else str(intent.slots.get("name", ""))
        if name != SHOPPING:
            names = {canonical(one): one for one in (*known, *self._items) if one != SHOPPING}
            if canonical(name) not in names:
                return Refused(Reason.LIST_NOT_FOUND, {"entity": name})
            name = names[canonical(name)]
        return self._add(name, text) if intent.name in _ADDING else self._complete(name, text)

    def _add(self, name: str, text: str) -> ListChanged | Refused:
        items = self.items(name)
        there = next((item for item in items if canonical(item.text) == canonical(text)), None)
        if there is not None and not there.done:
            return Refused(Reason.ITEM_ALREADY_THERE)
        added = Item(text)
        self._replace(name, (*(item for item in items if item is not there), added))
        return ListChanged(name, added)

    def _complete(self, name: str, text: str) -> ListChanged | Refused:
        items = self.items(name)
        open_items = {canonical(item.text): item for item in items if not item.done}
        near = difflib.get_close_matches(canonical(text), open_items, n=1, cutoff=SAME_ITEM)
        if not near:
            return Refused(Reason.ITEM_NOT_FOUND)
        completed = replace(open_items[near[0]], done=True)
        self._replace(name, tuple(completed if item is open_items[near[0]] else item for item in items))
        return ListChanged(name, completed)

    def _replace(self, name: str, items: tuple[Item, ...]) -> None:
        changed = {**self._items, self._key(name): items}
        self._file.write(encode(changed))
        self._items = changed

    def _key(self, name: str) -> str:
        return next((key for key in self._items if canonical(key) == canonical(name)), name)


def encode(lists: dict[str, tuple[Item, ...]]) -> dict[str, Any]:
    """Lists as JSON."""
    return {
        "version": VERSION,
        "lists": {
            name: [{"text": item.text, "done": item.done} for item in items] for name, items in lists.items()
        },
    }


def decode(content: Any) -> dict[str, tuple[Item, ...]]:  # noqa: ANN401 # JSON from a file may be anything
    """Lists from JSON; none from None.

    Raises:
        ValueError: It is not what `encode` gives.
    """
    if content is None:
        return {}
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise ValueError(f"it is not of version {VERSION}")
    lists = content.get("lists")
    if not isinstance(lists, dict) or not all(isinstance(items, list) for items in lists.values()):
        raise ValueError("it has no lists by name")
    return {name: tuple(map(_item, items)) for name, items in lists.items()}


def _item(content: object) -> Item:
    match content:
        case {"text": str(text), "done": bool(done)}:
            return Item(text, done)
        case _:
            raise ValueError("an item is not a text with `done`")
