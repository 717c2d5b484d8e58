"""One declaration is the parser, the check and the reference: none of them can forget a key."""

import dataclasses
import io
import re
from pathlib import Path

import pytest
import yaml

from paige.device.config.key import Kind, leaves, sections
from paige.device.config.load import build, load
from paige.device.config.reference import effective, effective_json, reference
from paige.device.config.schema import Config

ALL = list(leaves(Config))


def prose() -> str:
    """The reference without its comment signs and line breaks."""
    return " ".join(re.sub(r"^ *# ?", "", reference(), flags=re.MULTILINE).split())


@pytest.mark.parametrize("leaf", ALL, ids=lambda leaf: leaf.dotted)
def test_every_key_is_documented_with_its_environment_variable_and_what_is_allowed(leaf: object) -> None:
    assert dataclasses.is_dataclass(leaf)
    text = prose()
    (one,) = [one for one in ALL if one is leaf]
    assert one.key.doc.endswith(".")
    assert one.key.doc in text
    assert f"Environment: {one.environment} " in text
    assert one.allowed in text


def test_every_section_is_described() -> None:
    for _, section in sections(Config):
        assert (section.__doc__ or "").strip()
        assert (section.__doc__ or "").splitlines()[0] in prose()


def test_every_field_is_a_key_or_a_section() -> None:
    declared = {leaf.path for leaf in ALL} | {path for path, _ in sections(Config)}
    for path, section in [((), Config), *sections(Config)]:
        assert {(*path, one.name) for one in dataclasses.fields(section)} <= declared


def test_no_two_keys_share_an_environment_variable() -> None:
    assert len({leaf.environment for leaf in ALL}) == len(ALL)


def test_every_default_is_itself_an_allowed_value() -> None:
    assert build(Config, {leaf.path: leaf.default for leaf in ALL}) == Config()
    for leaf in ALL:
        if leaf.kind is Kind.CHOICE and leaf.default is not None:
            assert leaf.default in leaf.choices


def test_the_reference_is_a_configuration_file_with_every_key_that_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text(reference())
    taken, defaults = load(file, {}), load(Path("/dev/null"), {})
    assert taken.config == defaults.config
    written = yaml.safe_load(io.StringIO(reference()))
    assert [leaf.dotted for leaf in ALL if not _has(written, leaf.path)] == []


def _has(tree: object, path: tuple[str, ...]) -> bool:
    for name in path:
        if not isinstance(tree, dict) or name not in tree:
            return False
        tree = tree[name]
    return True


def test_the_reference_does_not_override_what_systemd_says_of_the_state_folder(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text(reference())
    assert load(file, {"STATE_DIRECTORY": "/var/lib/paige"}).state_dir == Path("/var/lib/paige")


def test_what_is_in_effect_names_every_key_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text("mqtt: {username: !secret user, password: hunter2}\n")
    (tmp_path / "secrets.yaml").write_text("user: sesame\n")
    loaded = load(file, {})
    for text in (effective(loaded), effective_json(loaded)):
        assert all(leaf.dotted in text for leaf in ALL)
        assert "hunter2" not in text
        assert "sesame" not in text
