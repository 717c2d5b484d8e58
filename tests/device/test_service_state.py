"""What root does by hand for the service, where one is installed."""

import os
import shutil
from pathlib import Path

import pytest
from tests.models.store.conftest import made

from paige.device import service_state
from paige.device.cli import main
from paige.device.service_state import state_of_service

USER, GROUP = 61_234, 61_235
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root alone looks into the state of the service")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a service that is installed, as systemd lays it out."""
    private = tmp_path / "private"
    private.mkdir()
    os.chown(private, USER, GROUP)
    (tmp_path / "state").symlink_to(private)
    monkeypatch.setattr(service_state, "SERVICE_STATE", tmp_path / "state")
    for name in ("PAIGE_STATE_DIR", "STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "root"))
    monkeypatch.setenv("PAIGE_BOARD", "pi5")
    return private


def owners(folder: Path) -> set[tuple[int, int]]:
    return {(one.lstat().st_uid, one.lstat().st_gid) for one in (folder, *folder.rglob("*"))}


def test_a_model_that_root_adds_is_the_services(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "add", str(made(1)), "--name", "small"]) == 0
    assert capsys.readouterr().out.startswith("small  version ")
    assert list((state / "models").rglob("*"))
    assert owners(state / "models") == {(USER, GROUP)}
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out.startswith("small  version ")
    assert not (state.parent / "root").exists()


def test_the_doctor_looks_at_the_disk_of_the_service(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--config", os.devnull])
    (disk,) = (line for line in capsys.readouterr().out.splitlines() if " disk " in line)
    assert str(state.parent / "state") in disk


def test_nothing_is_handed_over_through_a_link(state: Path) -> None:
    others = state.parent / "others"
    others.mkdir()
    (others / "file").touch()
    (state / "models").mkdir()
    (state / "models" / "folder").symlink_to(others)
    (state / "models" / "file").symlink_to(others / "file")
    (state / "prefixes").symlink_to(others)
    with state_of_service({}):
        pass
    assert owners(others) == {(0, 0)}
    assert owners(state / "models") == {(USER, GROUP)}


@pytest.mark.parametrize("told", [{"PAIGE_STATE_DIR": "/mine"}, {"XDG_STATE_HOME": "/mine"}], ids=str)
def test_who_names_a_folder_gets_it(state: Path, told: dict[str, str]) -> None:
    with state_of_service(told) as environ:
        assert environ == told


def test_without_a_service_root_has_a_state_of_its_own(state: Path) -> None:
    shutil.rmtree(state)
    with state_of_service({"HOME": "/root"}) as environ:
        assert environ == {"HOME": "/root"}
