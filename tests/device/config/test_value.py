"""Values: what is written becomes what is meant, or a reason why not."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.device.config.key import Kind, Leaf, leaves
from paige.device.config.schema import Config
from paige.device.config.secret import Secret
from paige.device.config.value import Unfit, convert, show

LEAVES = {leaf.dotted: leaf for leaf in leaves(Config)}
FOLDER = Path("/etc/paige")


def value(key: str, written: Any) -> object:
    return convert(LEAVES[key], written, FOLDER)


@given(st.sampled_from(sorted(LEAVES)), st.none() | st.text() | st.lists(st.text()).map(tuple))
def test_anything_written_gives_an_allowed_value_or_a_reason(key: str, written: Any) -> None:
    leaf = LEAVES[key]
    given_value = value(key, written)
    if isinstance(given_value, Unfit):
        assert given_value.found
        return
    assert _allowed(leaf, given_value)


def _allowed(leaf: Leaf, given_value: object) -> bool:
    if given_value is None:
        return leaf.optional
    types = {
        Kind.TEXT: str,
        Kind.INTEGER: int,
        Kind.NUMBER: float,
        Kind.SWITCH: bool,
        Kind.PATH: Path,
        Kind.SECRET: Secret,
        Kind.CHOICE: str,
        Kind.LIST: tuple,
    }
    if type(given_value) is not types[leaf.kind] and not isinstance(given_value, Path):
        return False
    if isinstance(given_value, int | float) and not isinstance(given_value, bool):
        low = -math.inf if leaf.key.minimum is None else leaf.key.minimum
        high = math.inf if leaf.key.maximum is None else leaf.key.maximum
        return low <= given_value <= high
    return not leaf.choices or given_value in leaf.choices


@given(st.integers())
def test_a_port_is_taken_when_it_is_one(number: int) -> None:
    taken = value("mqtt.port", str(number))
    assert taken == number if 1 <= number <= 65535 else isinstance(taken, Unfit)


@given(st.floats())
def test_a_confidence_is_taken_when_it_is_from_0_to_1(number: float) -> None:
    taken = value("speech.confidence", repr(number))
    assert taken == number if 0 <= number <= 1 else isinstance(taken, Unfit)


@given(st.text())
def test_any_text_is_a_password_and_none_is_changed(text: str) -> None:
    secret = value("mqtt.password", text)
    assert isinstance(secret, Secret)
    assert secret.reveal() == text


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("mqtt.host", "mqtt://broker"),
        ("mqtt.host", "me@broker"),
        ("mqtt.host", ""),
        ("mqtt.port", "0x10"),
        ("mqtt.port", "1_883"),
        ("mqtt.command_deadline", "nan"),
        ("mqtt.command_deadline", "1_0"),
        ("mqtt.topic", "paige/"),
        ("mqtt.topic", "a/+"),
        ("house.id", "the house"),
        ("house.name", None),
        ("house.name", ("a", "b")),
        ("mqtt.tls.enabled", "maybe"),
        ("policy.forbid", ("lock", "not a rule at all")),
        ("speech.recognizer", "Vosk"),
    ],
)
def test_what_is_not_allowed_is_refused(key: str, written: Any) -> None:
    assert isinstance(value(key, written), Unfit)


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        ("mqtt.tls.enabled", "On", True),
        ("mqtt.tls.enabled", "no", False),
        ("mqtt.port", "8883", 8883),
        ("mqtt.command_deadline", "2", 2.0),
        ("house.home", "home.yaml", FOLDER / "home.yaml"),
        ("house.home", "/srv/home.yaml", Path("/srv/home.yaml")),
        ("house.name", "Zum blauen Löwen 🦁", "Zum blauen Löwen 🦁"),
        ("policy.allow", "lock.shed unlock", ("lock.shed unlock",)),
        ("policy.forbid", (), ()),
    ],
)
def test_what_is_allowed_is_taken_as_meant(key: str, written: Any, meant: object) -> None:
    assert value(key, written) == meant


def test_an_error_shows_no_password_that_stands_in_an_address() -> None:
    assert show("mqtt://me:hunter2@broker") == "'mqtt://me:***@broker'"


def test_an_error_shows_the_beginning_of_a_long_value() -> None:
    assert len(show("x" * 10_000)) < 100
