"""What stands in the way of an installation, in plain words and before anything is changed."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest

from paige.device.install.place import of_machine, of_user
from paige.device.install.plan import hindrance
from paige.device.install.program import Member, Program
from paige.device.install.services import session_runs

PROGRAM = Program("1.0", "3.11", (Member(PurePosixPath("large"), b"#" * 1_000_000),), {})


def words(refusal: object) -> str:
    return getattr(refusal, "text", "")


@contextmanager
def nobody() -> Iterator[None]:
    """As a user without rights, where the tests run as root."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


@contextmanager
def small(folder: Path, options: str) -> Iterator[Path]:
    """A file system of its own."""
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=False).returncode:
        pytest.skip("mounting a file system needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_only_root_may_install_for_the_machine() -> None:
    with nobody():
        assert "put sudo before the command" in words(hindrance(of_machine(Path("/")), None))


@pytest.mark.skipif(os.geteuid() != 0, reason="is about root")
def test_root_has_no_session(tmp_path: Path) -> None:
    assert "without sudo" in words(hindrance(of_user(tmp_path), None))


def test_a_full_disk_is_noticed_before_anything_is_copied(tmp_path: Path) -> None:
    with small(tmp_path / "card", "size=1M") as root:
        assert "1 MB of room, and 1 MB are needed" in words(hindrance(of_machine(root), PROGRAM))
        assert list(root.iterdir()) == []


def test_a_read_only_root_is_named_with_its_remedy(tmp_path: Path) -> None:
    with small(tmp_path / "card", "ro") as root:
        assert "mount -o remount,rw /" in words(hindrance(of_machine(root), PROGRAM))


def test_nothing_stands_in_the_way_of_an_empty_folder(tmp_path: Path) -> None:
    assert hindrance(of_machine(tmp_path), PROGRAM) is None


def test_a_python_that_services_do_not_find_is_named() -> None:
    old = Program("1.0", "3.2", PROGRAM.members, {})
    refusal = words(hindrance(of_machine(Path("/")), old))
    if os.geteuid() == 0 and os.access("/opt", os.W_OK):
        assert "Python 3.2, and there is none in /usr/bin" in refusal


def test_a_session_is_one_that_systemd_runs(tmp_path: Path) -> None:
    assert not session_runs({})
    assert not session_runs({"XDG_RUNTIME_DIR": str(tmp_path)})
    (tmp_path / "systemd").mkdir()
    (tmp_path / "systemd/private").touch()
    assert session_runs({"XDG_RUNTIME_DIR": str(tmp_path)})
