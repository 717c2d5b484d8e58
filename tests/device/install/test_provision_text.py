"""Values change, and nothing else that a person wrote does."""

import difflib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from paige.device.config.document import read
from paige.device.config.key import Kind
from paige.device.config.schema import Config
from paige.device.errors import ProvisionFailed
from paige.device.install.provision import LEAVES
from paige.device.install.provision_text import Change, with_changes

OWN = """\
# my house
house:
    name:   "Casa"   # ours
    area: Kitchen

mqtt: {host: broker.lan, port: 1883,
       password: 0123}
wake:
    words:   # mine
      - okay nabu
      - "hey paige 0.6"   # softer
    stop_words: [stop,halt]
voice:
    aloud: yes
    volume: 1e0
log:
# the end
"""


def changed(text: str, *changes: Change) -> list[str]:
    """The lines that come and go."""
    after = with_changes(text, "paige.yaml", changes)
    lines = [*difflib.unified_diff(text.splitlines(), after.splitlines(), n=0, lineterm="")]
    return [f"{line[0]} {line[1:]}" for line in lines[2:] if line[0] in "+-"]


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (Change(("house", "area"), "Bath"), ["-     area: Kitchen", "+     area: Bath"]),
        (
            Change(("house", "name"), "A, b"),
            ['-     name:   "Casa"   # ours', "+     name: 'A, b'   # ours"],
        ),
        (Change(("house", "language"), "de"), ["+     language: de"]),
        (
            Change(("mqtt", "port"), "8883", bare=True),
            ["- mqtt: {host: broker.lan, port: 1883,", "+ mqtt: {host: broker.lan, port: 8883,"],
        ),
        (
            Change(("mqtt", "tls", "enabled"), "true", bare=True),
            ["-        password: 0123}", "+        password: 0123, tls: {enabled: true}}"],
        ),
        (
            Change(("mqtt", "password_file"), "mqtt_password", instead_of=("mqtt", "password")),
            ["-        password: 0123}", "+        password_file: mqtt_password}"],
        ),
        (
            Change(("wake", "words"), ("alexa", "hey jarvis")),
            [
                "-     words:   # mine",
                "-       - okay nabu",
                '-       - "hey paige 0.6"   # softer',
                "+     words: [alexa, hey jarvis]   # mine   # softer",
            ],
        ),
        (Change(("voice", "speaker"), None), ["+     speaker: null"]),
        (Change(("log", "level"), "debug"), ["+   level: debug"]),
        (Change(("page", "listen"), "127.0.0.1:1"), ["+ page:", "+   listen: '127.0.0.1:1'"]),
    ],
)
def test_only_the_lines_of_a_key_change(change: Change, lines: list[str]) -> None:
    assert changed(OWN, change) == lines


@pytest.mark.parametrize("text", ["", "# nothing yet", "house: {}", "house:", "house: ~ # none", "{}"])
def test_a_file_that_says_next_to_nothing_can_be_added_to(text: str) -> None:
    changes = Change(("house", "area"), "Bath"), Change(("mqtt", "tls", "enabled"), "true", bare=True)
    after = with_changes(text, "paige.yaml", changes)
    assert yaml.safe_load(after) == {"house": {"area": "Bath"}, "mqtt": {"tls": {"enabled": True}}}
    assert text.partition("#")[2] in after


def test_lines_end_as_they_do_in_the_file() -> None:
    text = OWN.replace("\n", "\r\n")
    changes = Change(("house", "area"), "Bath"), Change(("page", "listen"), "127.0.0.1:1")
    after = with_changes(text, "paige.yaml", changes)
    assert after == with_changes(OWN, "paige.yaml", changes).replace("\n", "\r\n")


def test_what_cannot_be_told_apart_from_other_keys_is_left_to_its_owner() -> None:
    text = "house: {name: &same Kitchen, area: *same}\n"
    with pytest.raises(ProvisionFailed, match=r"house\.area .* by hand to Bath"):
        with_changes(text, "paige.yaml", [Change(("house", "area"), "Bath")])


_LEAVES = st.sampled_from(
    [leaf for leaf in LEAVES.values() if leaf.kind in (Kind.TEXT, Kind.PATH, Kind.LIST)]
)


@settings(max_examples=40)
@given(
    changes=st.lists(st.tuples(_LEAVES, st.text(st.characters(codec="utf-8"))), max_size=5),
    text=st.sampled_from([OWN, "", "house: {}\n"]),
)
def test_whatever_is_written_is_read_again(changes: list[tuple[object, str]], text: str) -> None:
    wanted = dict[tuple[str, ...], object]()
    after = text
    for leaf, said in changes:
        written = (said, "x") if leaf.kind is Kind.LIST else said  # type: ignore[attr-defined]
        path: tuple[str, ...] = leaf.path  # type: ignore[attr-defined]
        after = with_changes(after, "paige.yaml", [Change(path, written)])
        wanted[path] = written
    entries = read(after.encode(), "paige.yaml", Config).entries
    assert {path: entries[path].written for path in wanted} == wanted
    remarks = [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]
    assert [line.strip() for line in after.splitlines() if line.lstrip().startswith("#")] == remarks
