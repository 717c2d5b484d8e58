import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.iot.errors import KeepingFailed
from paige.iot.lists import Item, ListChanged, Lists, decode, encode
from paige.iot.resolution import Reason, Refused
from paige.models.intent import Intent, SlotValue

GOLDEN = Path(__file__).parent / "golden/lists.json"


def intent(intent_name: str, /, **slots: SlotValue) -> Intent:
    return Intent(intent_name, slots, 1.0, "")


def add(item: str) -> Intent:
    return intent("HassShoppingListAddItem", item=item)


def complete(item: str) -> Intent:
    return intent("HassShoppingListCompleteItem", item=item)


def test_what_is_added_stays_through_a_restart_and_is_ticked_off(tmp_path: Path) -> None:
    path = tmp_path / "state" / "lists.json"
    lists = Lists(path)
    assert lists.handle(add("  Käse ")) == ListChanged("shopping_list", Item("Käse"))
    assert lists.handle(add("milk")) == ListChanged("shopping_list", Item("milk"))
    again = Lists(path)
    assert again.items() == (Item("Käse"), Item("milk"))
    assert again.handle(complete("MILK")) == ListChanged("shopping_list", Item("milk", done=True))
    assert Lists(path).items() == (Item("Käse"), Item("milk", done=True))
    assert path.read_text(encoding="utf-8") == GOLDEN.read_text(encoding="utf-8")


def test_what_is_on_the_list_is_not_added_twice_and_what_was_bought_may_be_needed_again(
    tmp_path: Path,
) -> None:
    lists = Lists(tmp_path / "lists.json")
    lists.handle(add("milk"))
    assert lists.handle(add("Milk")) == Refused(Reason.ITEM_ALREADY_THERE)
    lists.handle(complete("milk"))
    lists.handle(add("bread"))
    assert lists.handle(add("milk")) == ListChanged("shopping_list", Item("milk"))
    assert lists.items() == (Item("bread"), Item("milk"))


def test_an_item_that_was_misheard_is_found_and_one_that_is_not_there_is_said(tmp_path: Path) -> None:
    lists = Lists(tmp_path / "lists.json")
    lists.handle(add("orange juice"))
    assert lists.handle(complete("bread")) == Refused(Reason.ITEM_NOT_FOUND)
    assert lists.handle(complete("orange juices")) == ListChanged(
        "shopping_list", Item("orange juice", done=True)
    )
    assert lists.handle(complete("orange juice")) == Refused(Reason.ITEM_NOT_FOUND)


def test_a_named_list_is_one_of_those_the_home_has(tmp_path: Path) -> None:
    lists = Lists(tmp_path / "lists.json")
    order = intent("HassListAddItem", name="chores", item="water the plants")
    assert lists.handle(order) == Refused(Reason.LIST_NOT_FOUND, {"entity": "chores"})
    assert lists.handle(order, ["Chores"]) == ListChanged("Chores", Item("water the plants"))
    assert lists.items("CHORES") == (Item("water the plants"),)
    done = intent("HassListCompleteItem", name="Chores", item="water the plants")
    assert lists.handle(done, ["Chores"]) == ListChanged("Chores", Item("water the plants", done=True))
    assert lists.items() == ()


def test_nothing_is_no_item(tmp_path: Path) -> None:
    assert Lists(tmp_path / "lists.json").handle(add("  ")) == Refused(Reason.NOT_SUPPORTED)
    assert not (tmp_path / "lists.json").exists()


def test_what_cannot_be_written_down_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "lists.json.new").mkdir()  # in the way of what would be written
    lists = Lists(tmp_path / "lists.json")
    with pytest.raises(KeepingFailed, match=r"lists\.json cannot be written"):
        lists.handle(add("milk"))
    assert lists.items() == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"version": 1, "lists": []}',
        b'{"version": 1, "lists": {"a": [{"text": 1}]}}',
    ],
)
def test_a_damaged_file_is_put_aside_unchanged_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lists.json"
    path.write_bytes(content)
    lists = Lists(path)
    assert lists.damage is not None
    assert lists.damage.path.read_bytes() == content
    lists.handle(add("milk"))
    assert Lists(path).items() == (Item("milk"),)
    assert Lists(path).damage is None


def test_what_the_disk_does_not_give_is_never_written_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "lists.json"
    path.mkdir()  # as a disk that fails, it can be read by nobody
    lists = Lists(path)
    assert "lists.json cannot be read: Is a directory; until that is mended" in caplog.text
    path.rmdir()
    path.write_text("came back")
    with pytest.raises(KeepingFailed, match=r"lists\.json cannot be read"):
        lists.handle(add("milk"))
    assert (path.read_text(), lists.items()) == ("came back", ())


@given(st.dictionaries(st.text(), st.lists(st.builds(Item, st.text(), st.booleans())).map(tuple), max_size=4))
def test_what_is_stored_is_read_again(lists: dict[str, tuple[Item, ...]]) -> None:
    assert decode(json.loads(json.dumps(encode(lists)))) == lists
