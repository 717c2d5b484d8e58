"""The units of updates, judged by systemd, and what is read of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paige.device.config.document import is_secret
from paige.device.config.key import leaves
from paige.device.config.load import load
from paige.device.config.schema import Config
from paige.device.errors import ConfigInvalid
from paige.device.updates.unit import State, SystemdUnit, program_of

FOLDER = Path(__file__).parents[3] / "firmware-configs" / "systemd"
UNITS = (
    "paige-fetch.service",
    "paige-update.service",
    "paige-update.timer",
    "paige-recover.service",
    "paige-rollback.service",
)

SYSTEMCTL = """\
#!/bin/sh
echo "$@" >>"$0.log"
case $1 in show) cat "$0.state" ;; esac
"""


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """With a program that exists here: systemd asks for that."""
    if not FOLDER.is_dir():
        pytest.skip("the units are not where a checkout has them")
    for name in (*UNITS, "paige.service"):
        (tmp_path / name).write_text((FOLDER / name).read_text().replace("/usr/bin/paige", "/bin/true"))
    return tmp_path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_every_line(units: Path, name: str) -> None:
    result = analyze("verify", str(units / name))
    assert name not in result.stderr + result.stdout
    (units / name).write_text((units / name).read_text() + "\n[Nothing]\nKnown=1\n")
    assert name in analyze("verify", str(units / name)).stderr, "so the verdict above means something"


def settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, _, value in (line.partition("=") for line in unit.read_text().splitlines()):
        found.setdefault(name, []).append(value)
    return found


def test_who_reaches_a_server_is_not_root_and_who_is_root_reaches_none(units: Path) -> None:
    fetch, use = settings(units / "paige-fetch.service"), settings(units / "paige-update.service")
    assert (fetch["DynamicUser"], fetch["CapabilityBoundingSet"]) == (["yes"], [""])
    assert (use["PrivateNetwork"], use["IPAddressDeny"]) == (["yes"], ["any"])
    assert use["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert "IPAddressAllow" not in use
    assert use["ExecStart"][0].split()[-1] == fetch["ExecStart"][0].split()[-1] == "%C/paige-fetch"
    assert (use["Wants"], fetch["CacheDirectory"]) == (["paige-fetch.service"], ["paige-fetch"])
    assert "paige-fetch.service" in use["After"][0].split()


def test_who_fetches_is_told_no_secret_and_reads_a_configuration_that_names_them(
    units: Path, tmp_path: Path
) -> None:
    given = dict(one.split("=", 1) for one in settings(units / "paige-fetch.service")["Environment"])
    for secret in [leaf for leaf in leaves(Config) if is_secret(leaf)]:
        assert given[secret.environment] == "not-for-the-one-who-fetches"
    file = tmp_path / "paige.yaml"
    file.write_text('mqtt: {password_file: unread}\npage: {listen: "0.0.0.0:10380", token: !secret unread}\n')
    with pytest.raises(ConfigInvalid):
        load(file, {})
    assert load(file, given).config.page.listen == "0.0.0.0:10380"


@pytest.mark.parametrize("service", ["paige.service", "paige-satellite.service"])
def test_a_trial_that_was_cut_off_is_ended_when_the_machine_starts(units: Path, service: str) -> None:
    recover = settings(units / "paige-recover.service")
    assert "paige-recover.service" in settings(FOLDER / service)["Wants"]
    assert service in recover["After"][0].split(), "it starts the service anew, which nobody waits for then"
    assert recover["OnFailure"] == ["paige-rollback.service"]
    assert "PAIGE_PROGRAM=installed" not in recover["Environment"]
    assert settings(units / "paige-update.service")["OnFailure"] == ["paige-recover.service"]


def test_the_way_back_is_gone_by_the_program_that_is_installed(units: Path) -> None:
    text = (units / "paige-rollback.service").read_text()
    assert "Environment=PAIGE_PROGRAM=installed\n" in text
    assert "OnFailure=paige-rollback.service\n" in (units / "paige.service").read_text()


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("ActiveState=active\nNRestarts=2\nMainPID=0\n", State(running=True, restarts=2)),
        ("ActiveState=activating\nNRestarts=0\nMainPID=0\n", State(running=False, starting=True)),
        ("ActiveState=failed\nNRestarts=9\nMainPID=0\n", State(running=False, restarts=9)),
        ("ActiveState=inactive\nMainPID=0\nNRestarts=0\n", State(running=False)),
        ("", State(running=False)),
    ],
)
def test_the_state_of_a_unit_is_what_systemctl_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, state: State
) -> None:
    program = tmp_path / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    (tmp_path / "systemctl.state").write_text(told)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    unit = SystemdUnit("some.service")
    assert unit.state() == state
    unit.restart()
    log = (tmp_path / "systemctl.log").read_text().splitlines()
    assert log[1:] == ["reset-failed some.service", "restart some.service"]


def test_where_there_is_no_systemd_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert SystemdUnit().state() == State(running=False)


def test_a_process_says_which_program_it_runs() -> None:
    words = [sys.executable, "-X", "program=/some/where", "-c", "input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        until_it_runs = Path(f"/proc/{process.pid}/cmdline")
        while b"input" not in until_it_runs.read_bytes():
            pass
        assert program_of(process.pid) == Path("/some/where")
        process.communicate(b"\n")
    assert program_of(process.pid) is None
    assert program_of(os.getpid()) is None
