"""`paige install` and `paige uninstall` as processes, into a folder that stands for the machine."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from paige.device.install.plan import FIRMWARE

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/proc/nobody",  # where nothing can be made, not even by root: a sound library would
    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
}
CLI = [sys.executable, "-m", "paige.device.cli"]


def run(words: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        umask=0o077,
        stdin=subprocess.DEVNULL,
    )


def install(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run([*CLI, "install", "--root", str(root), *options])


def uninstall(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run([*CLI, "uninstall", "--root", str(root), *options])


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_symlink() or not path.is_dir()}


def installed_program(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The program there, as the command `paige` starts it: nothing of this environment reaches it."""
    program = root / "opt/paige/program"
    return run([sys.executable, "-sPS", "-m", "paige.device.cli", *words], PYTHONPATH=str(program))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands for a machine with Paige on it."""
    folder = tmp_path_factory.mktemp("machine")
    done = install(folder, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_a_dry_run_says_all_and_does_nothing(tmp_path: Path) -> None:
    done = install(tmp_path, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    for part in (
        "/opt/paige/program (",
        "/usr/local/bin/paige",
        "system/paige.service",
        "/etc/paige/paige.yaml",
    ):
        assert any(line.startswith("to do  ") and part in line for line in done.stdout.splitlines()), part
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_nothing_is_done_unless_told(tmp_path: Path) -> None:
    done = install(tmp_path)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_program_runs_from_its_folder_alone(root: Path) -> None:
    version = run([*CLI, "--version"]).stdout
    assert installed_program(root, "--version").stdout == version
    doctor = json.loads(installed_program(root, "doctor", "--json").stdout)
    verdicts = {one["check"]: one["verdict"] for one in doctor["findings"]}
    assert {verdicts[check] for check in ("home", "models", "wake words", "voice")} == {"ok"}, doctor


def test_everybody_may_read_it_whatever_the_umask_was(root: Path) -> None:
    for folder in ("opt/paige", "etc/systemd/system", "usr/local/bin"):
        for path in (root / folder).rglob("*"):
            assert path.stat().st_mode & 0o044 == 0o044, path
            assert path.stat().st_mode & 0o022 == 0, path
    assert (root / "usr/local/bin/paige").stat().st_mode & 0o777 == 0o755


def test_units_start_the_command_and_the_command_starts_the_program(root: Path) -> None:
    unit = (root / "etc/systemd/system/paige.service").read_text()
    assert "\nExecStart=/usr/local/bin/paige run\n" in unit
    assert "/usr/bin/paige" not in unit
    command = (root / "usr/local/bin/paige").read_text()
    assert "/opt/paige/program" in command
    assert "/usr/lib/paige" not in command


def test_a_second_run_has_nothing_to_do(root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    done = install(root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing is to be done" in done.stdout
    assert "to do" not in done.stdout
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_what_is_missing_or_changed_is_put_right_and_the_configuration_is_its_owners(root: Path) -> None:
    unit, configuration = root / "etc/systemd/system/paige.service", root / "etc/paige/paige.yaml"
    wanted = unit.read_text()
    unit.write_text("changed")
    (root / "usr/local/bin/paige").unlink()
    configuration.write_text("house:\n  area: Kitchen\n")
    done = install(root, "--yes")
    assert done.returncode == 0, done.stderr
    plan = [line for line in done.stdout.splitlines() if line.startswith(("to do", "there"))]
    marks = {line.rsplit("/", 1)[-1]: line.split(" ")[0] for line in plan}
    assert (marks["paige.service"], marks["paige-update.timer"]) == ("to", "there")
    assert (marks["paige"], marks["paige.yaml"]) == ("to", "there")
    assert unit.read_text() == wanted
    assert (root / "usr/local/bin/paige").exists()
    assert configuration.read_text() == "house:\n  area: Kitchen\n"
    assert not (root / "opt/paige/unfinished").exists()


def test_the_example_of_a_configuration_is_one(tmp_path: Path) -> None:
    example = (FIRMWARE / "paige.yaml").read_text()
    assert run([*CLI, "config", "check", str(FIRMWARE / "paige.yaml")]).returncode == 0
    (tmp_path / "mqtt_password").write_text("x\n")
    lines = [line if re.match(r"# \S", line) else line.removeprefix("#") for line in example.splitlines()]
    (tmp_path / "paige.yaml").write_text("\n".join(lines))
    checked = run([*CLI, "config", "check", str(tmp_path / "paige.yaml")])
    assert checked.returncode == 0, checked.stderr
    assert "Kitchen" in checked.stdout


def test_uninstall_leaves_what_is_the_owners_and_purge_leaves_nothing(tmp_path: Path) -> None:
    for path in ("opt/paige/program/PYTHON", "usr/local/bin/paige", "etc/systemd/system/paige.service"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    private = tmp_path / "var/lib/private/paige"
    private.mkdir(parents=True)
    (private / "timers.json").write_text("{}")
    (tmp_path / "var/lib/paige").symlink_to("private/paige")
    fetched = tmp_path / "var/cache/private/paige-fetch"
    fetched.mkdir(parents=True)
    (fetched / "paige-skills.update").write_text("")
    (tmp_path / "var/cache/paige-fetch").symlink_to("private/paige-fetch")
    (tmp_path / "etc/paige").mkdir()
    (tmp_path / "etc/paige/paige.yaml").write_text("")
    (tmp_path / "etc/hostname").write_text("board")

    assert uninstall(tmp_path, "--dry-run").returncode == 0
    assert (tmp_path / "opt/paige/program/PYTHON").exists()

    done = uninstall(tmp_path, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--purge" in done.stdout
    owners = {
        *("etc/paige/paige.yaml", "var/lib/private/paige/timers.json", "var/lib/paige"),
        *("var/cache/private/paige-fetch/paige-skills.update", "var/cache/paige-fetch"),
    }
    assert files(tmp_path) == {"etc/hostname"} | owners
    assert "nothing is to be done" in uninstall(tmp_path, "--yes").stdout

    assert uninstall(tmp_path, "--purge", "--yes").returncode == 0
    assert files(tmp_path) == {"etc/hostname"}
    assert not private.exists()
    assert not fetched.exists()
    assert "Nothing is there" in uninstall(tmp_path, "--purge").stdout


def test_where_debians_package_is_nothing_is_changed(tmp_path: Path) -> None:
    (tmp_path / "usr/lib/paige/program").mkdir(parents=True)
    done = install(tmp_path, "--yes")
    assert done.returncode == 1
    assert "Debian package" in done.stderr
    assert not (tmp_path / "opt").exists()
