"""The launcher as a shell runs it, with folders that stand for programs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).parents[3] / "firmware-configs" / "launcher" / "paige"
if not LAUNCHER.is_file():
    pytest.skip("the launcher is not where a checkout has it", allow_module_level=True)


class Machine:
    """Where programs lie, and the Pythons that are there: each says who was started."""

    def __init__(self, folder: Path) -> None:
        self.installed = folder / "installed"
        self.updates = folder / "updates" / "program"
        self.bin = folder / "bin"
        self.updates.mkdir(parents=True)
        self.bin.mkdir()
        for name in ("cat", "readlink", "sort", "tail", "sh"):
            found = shutil.which(name)
            assert found is not None
            (self.bin / name).symlink_to(found)
        self.launcher = folder / "paige"
        text = LAUNCHER.read_text()
        for path, ours in (
            ("/usr/lib/paige/program", self.installed),
            ("/var/lib/paige-updates/program", self.updates),
        ):
            assert path in text
            text = text.replace(path, str(ours))
        self.launcher.write_text(text)

    def python(self, version: str) -> None:
        program = self.bin / f"python{version}"
        program.write_text(
            f'#!/bin/sh\necho "{version}" "$PYTHONPATH" "$ORT_DISABLE_TELEMETRY" "$@"\n', encoding="utf-8"
        )
        program.chmod(0o755)

    def program(self, folder: Path, version: str, python: str = "3.11") -> None:
        (folder / f"paige-{version}.dist-info").mkdir(parents=True)
        (folder / "PYTHON").write_text(f"{python}\n")

    def slot(self, name: str, version: str, python: str = "3.11") -> None:
        self.program(self.updates / name, version, python)
        (self.updates / f"{name}.json").write_text("{}")
        current = self.updates / "current"
        current.unlink(missing_ok=True)
        current.symlink_to(name)

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(self.launcher), *words],
            env={"PATH": str(self.bin), **variables},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def started(self, **variables: str) -> Path:
        """The program that was started."""
        ended = self.run("run", **variables)
        assert ended.stderr == ""
        return Path(ended.stdout.split()[1])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    one = Machine(tmp_path)
    one.python("3.11")
    one.program(one.installed, "0.1.0")
    return one


def test_the_installed_program_is_started_with_its_python_and_all_arguments(machine: Machine) -> None:
    ended = machine.run("say", "turn on  the lamp", "it's on")
    options = f"-X program={machine.installed} -sP -m paige.device.cli"
    expected = f"3.11 {machine.installed} 1 {options} say turn on  the lamp it's on\n"
    assert ended.stdout == expected


@pytest.mark.parametrize("slot", ["a", "b"])
def test_a_newer_program_of_an_update_is_started_from_its_own_folder(machine: Machine, slot: str) -> None:
    machine.slot(slot, "0.2.0")
    assert machine.started() == machine.updates / slot, "and not from `current`, which may change under it"


@pytest.mark.parametrize(("version", "newer"), [("0.10.0", True), ("0.1.0", False), ("0.0.9", False)])
def test_what_is_installed_counts_where_the_update_is_not_newer(
    machine: Machine, version: str, newer: bool
) -> None:
    machine.slot("a", version)
    assert machine.started() == (machine.updates / "a" if newer else machine.installed)


def test_an_upgraded_package_is_newer_than_an_old_update(machine: Machine) -> None:
    machine.slot("a", "0.2.0")
    (machine.installed / "paige-0.1.0.dist-info").rename(machine.installed / "paige-0.3.0.dist-info")
    assert machine.started() == machine.installed


def test_the_installed_program_can_be_asked_for(machine: Machine) -> None:
    machine.slot("a", "0.2.0")
    assert machine.started(PAIGE_PROGRAM="installed") == machine.installed


def test_a_program_for_a_python_that_is_gone_is_passed_over(machine: Machine) -> None:
    machine.slot("a", "0.2.0", python="3.10")
    assert machine.started() == machine.installed
    machine.python("3.10")
    assert machine.started() == machine.updates / "a"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda updates: shutil.rmtree(updates / "a"),
        lambda updates: (updates / "a.json").unlink(),
        lambda updates: (updates / "a.failed").touch(),
        lambda updates: (updates / "a" / "PYTHON").unlink(),
        lambda updates: (updates / "a" / "paige-0.2.0.dist-info").rmdir(),
        lambda updates: (updates / "current").unlink(),
        lambda updates: [(updates / "current").unlink(), (updates / "current").symlink_to("../../a")],
        lambda updates: [(updates / "current").unlink(), (updates / "current").mkdir()],
        lambda updates: shutil.rmtree(updates),
    ],
    ids=[
        "no folder",
        "not whole",
        "failed",
        "no PYTHON",
        "no version",
        "no link",
        "link out",
        "no link at all",
        "nothing",
    ],
)
def test_a_broken_update_is_passed_over(machine: Machine, spoil: object) -> None:
    machine.slot("a", "0.2.0")
    assert machine.started() == machine.updates / "a"
    assert callable(spoil)
    spoil(machine.updates)
    assert machine.started() == machine.installed


def test_a_machine_without_the_python_says_so_in_a_line(machine: Machine) -> None:
    (machine.bin / "python3.11").unlink()
    ended = machine.run("run")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert str(machine.installed) in ended.stderr


def test_shellcheck_finds_nothing() -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("needs shellcheck")
    ended = subprocess.run([program, str(LAUNCHER)], capture_output=True, text=True, check=False)
    assert ended.stdout == ""
    assert ended.returncode == 0
    assert os.access(LAUNCHER, os.R_OK)
