"""How one program takes the place of another, whatever happens meanwhile."""

import os
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from paige.device.errors import InstallFailed
from paige.device.install.carry import carry_out
from paige.device.install.folder import Copy
from paige.device.install.program import Member, Program
from paige.device.install.step import Plan


def copy(home: Path, source: Path, version: str) -> Copy:
    """A step that puts a program of one module there."""
    source.mkdir(parents=True, exist_ok=True)
    (source / "one.py").write_text(f"VERSION = {version!r}\n")
    members = (
        Member(PurePosixPath("PYTHON"), b"3.11\n"),
        Member(PurePosixPath("one.py"), source / "one.py"),
    )
    return Copy(home / "program", Path("/opt/paige/program"), Program(version, "3.11", members, {}))


def test_a_newer_program_takes_the_place_and_nothing_else_is_left(tmp_path: Path) -> None:
    home = tmp_path / "paige"
    old, new = copy(home, tmp_path / "old", "1"), copy(home, tmp_path / "new", "22")
    old.do()
    assert old.done()
    assert not new.done()
    new.do()
    assert new.done()
    assert not old.done()
    assert [path.name for path in home.iterdir()] == ["program"]


def test_what_a_cut_off_run_left_is_no_hindrance(tmp_path: Path) -> None:
    home = tmp_path / "paige"
    step = copy(home, tmp_path / "source", "1")
    (home / "program.new").mkdir(parents=True)
    (home / "program.new" / "rest.py").write_text("")
    (home / "unfinished").touch()
    assert not step.done()
    carry_out(Plan((step,)), home / "unfinished", lambda _: None)
    assert step.done()
    assert [path.name for path in home.iterdir()] == ["program"]


def test_a_file_too_many_or_changed_is_noticed(tmp_path: Path) -> None:
    home = tmp_path / "paige"
    step = copy(home, tmp_path / "source", "1")
    step.do()
    (home / "program" / "more.py").write_text("")
    assert not step.done()
    step.do()
    assert step.done()
    os.utime(home / "program" / "one.py", (1, 1))
    assert not step.done()
    step.undo()
    assert step.undone()


def test_what_is_compiled_names_the_place_on_the_machine(tmp_path: Path) -> None:
    home = tmp_path / "paige"
    copy(home, tmp_path / "source", "1").do()
    [compiled] = (home / "program" / "__pycache__").iterdir()
    assert b"/opt/paige/program/one.py" in compiled.read_bytes()
    assert str(tmp_path).encode() not in compiled.read_bytes()


def test_a_full_disk_is_named_and_the_program_before_stays(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", small], check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        home = small / "paige"
        old = copy(home, tmp_path / "old", "1")
        old.do()
        new = copy(home, tmp_path / "new", "2")
        (tmp_path / "new" / "one.py").write_bytes(b"#" * 400_000)
        with pytest.raises(InstallFailed, match="the disk is full: make room"):
            carry_out(Plan((new,)), home / "unfinished", lambda _: None)
        assert old.done()
        assert (home / "unfinished").exists()
    finally:
        subprocess.run(["umount", small], check=True)
    shutil.rmtree(small)
