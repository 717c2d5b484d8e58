"""What the doctor says of updates: who is trusted, who is asked, and how old what came last is."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.device.updates.scene import HERE, bundle_of, trust

from paige.device.config.load import Loaded, load
from paige.device.doctor.finding import Verdict
from paige.device.doctor.updates import updates_on
from paige.device.updates.bundle import Bundle
from paige.device.updates.judging import Wishes
from paige.device.updates.manifest import Component
from paige.device.updates.unit import State
from paige.device.updates.updating import Updater

MADE = date(2026, 2, 3)
FILES = {"a.yaml": "language: en\nintents: {}\n"}
ADDRESS = {"PAIGE_UPDATES_URL": "https://example.org/paige"}


class NoService:
    def state(self) -> State:
        return State(running=False)

    def restart(self) -> None:
        """There is none."""


def loaded(folder: Path, **more: str) -> Loaded:
    given = {"PAIGE_UPDATES_FOLDER": str(folder / "updates"), "PAIGE_UPDATES_KEYS": str(folder / "keys")}
    return load(None, given | {"HOME": str(folder)} | more)


def take(folder: Path, version: str, made: date | None) -> None:
    keys = trust(folder / "keys")
    bundle = Bundle(bundle_of(folder, version, FILES, Component.SKILLS, dated=made), keys)
    Updater(folder / "updates", HERE, NoService(), lambda *_: None).take(bundle, Wishes())


def test_where_nobody_is_trusted_nothing_comes(tmp_path: Path) -> None:
    assert updates_on(loaded(tmp_path), MADE).verdict is Verdict.OK
    found = updates_on(loaded(tmp_path, **ADDRESS), MADE)
    assert (found.verdict, found.remedy.partition(" into ")[0]) == (
        Verdict.WARNING,
        "put the public key of whoever makes them",
    )
    trust(tmp_path / "keys")
    assert "on a stick, signed by key0.pub" in updates_on(loaded(tmp_path), MADE).text
    (tmp_path / "keys" / "key0.pub").write_text("none")
    assert updates_on(loaded(tmp_path), MADE).verdict is Verdict.WRONG


@pytest.mark.parametrize(("days", "verdict"), [(0, Verdict.OK), (180, Verdict.OK), (181, Verdict.WARNING)])
def test_a_server_that_shows_nothing_newer_for_long_is_noticed(
    tmp_path: Path, days: int, verdict: Verdict
) -> None:
    take(tmp_path, "3", MADE)
    found = updates_on(loaded(tmp_path, **ADDRESS), MADE + timedelta(days=days))
    assert found.verdict is verdict
    assert f"skills 3 of 2026-02-03 is the newest here, {days} days old" in found.text


def test_what_says_no_date_has_no_age(tmp_path: Path) -> None:
    take(tmp_path, "3", None)
    found = updates_on(loaded(tmp_path, **ADDRESS), MADE)
    assert (found.verdict, found.text.partition("; ")[2]) == (
        Verdict.OK,
        "none that says its date is in use",
    )
