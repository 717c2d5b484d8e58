"""The command as a person meets it: real processes, their words and their exit statuses."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from paige.audio.errors import AudioError, SourceUnreadable
from paige.device import cli
from paige.device.cli.command import Subcommand
from paige.device.errors import ConfigInvalid, DeviceError
from paige.iot.errors import IotError, LinkDown
from paige.models.errors import ModelError, ModelUnusable

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
}


def paige(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "paige.device.cli", *arguments],
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"]])
def test_help_lists_every_command_in_a_line_and_the_exit_statuses(arguments: list[str]) -> None:
    done = paige(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    for name in cli._names():
        assert any(line.split()[:1] == [name] for line in done.stdout.splitlines()), name
    assert "0 done, 1 not done, 2 used wrongly, 130 interrupted" in " ".join(done.stdout.split())
    assert "cannot be used" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_without_a_command_the_help_is_given_as_an_answer_to_wrong_use() -> None:
    done = paige()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == paige("--help").stdout


@pytest.mark.parametrize("name", cli._names())
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    done = paige(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: paige {name}" in done.stdout
    assert "example" in done.stdout.lower()
    assert paige("help", name).stdout == done.stdout


def test_the_version_is_said() -> None:
    done = paige("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("paige ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sya"], "paige: there is no command 'sya'; did you mean 'say'?"),
        (["--config", "x"], "paige: a command comes first, and --config is none;"),
        (["config"], "the following arguments are required: check|reference"),
        (["config", "check", "--jsn"], "unrecognized arguments: --jsn"),
        (["config", "check", "a", "b"], "unrecognized arguments: b"),
        (["doctor", "extra"], "unrecognized arguments: extra"),
        (["say", " "], "paige say: there is nothing to say; give a sentence"),
    ],
)
def test_wrong_use_is_said_with_status_2(arguments: list[str], words: str) -> None:
    done = paige(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_configuration_is_a_line_for_each_problem_and_status_1(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text("mqtt: {port: x, hots: y}\n")
    done = paige("config", "check", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert {line.split(": ")[2] for line in done.stderr.splitlines()} == {"mqtt.port", "mqtt.hots"}
    assert all(line.startswith("paige: ") for line in done.stderr.splitlines())


def test_the_password_is_in_no_output_of_config_check(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text("mqtt: {username: me, password: hunter2}\n")
    for options in ([], ["--json"]):
        for environment in (
            {},
            {"PAIGE_MQTT_PASSWORD": "hunter2"},
            {"PAIGE_DEBUG": "1", "PAIGE_MQTT_PORT": "x"},
        ):
            done = paige("config", "check", str(file), *options, **environment)
            assert "hunter2" not in done.stdout + done.stderr
            assert "***" in done.stdout or done.returncode == 1


def test_a_reader_that_goes_away_is_no_accident() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nowhere:
        done = subprocess.run(
            [sys.executable, "-m", "paige.device.cli", "config", "reference"],
            env=ENVIRONMENT,
            stdout=nowhere,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("name", sorted(cli._BUILT_IN))
def test_finding_a_command_imports_no_sound_library_and_no_engine(name: str) -> None:
    code = (
        f"import sys; from paige.device import cli; cli._find({name!r}); "
        "print(sys.modules.keys() & {'sounddevice', 'vosk', 'pocketsphinx', 'jinja2', 'numpy'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "set()"


def _command(error: BaseException) -> Subcommand:
    def run(_: object) -> int:
        raise error

    return Subcommand("broken", "", "", lambda _: None, run)


@pytest.mark.parametrize(
    "error",
    [
        AudioError("one"),
        SourceUnreadable("one"),
        ModelError("one"),
        ModelUnusable("one"),
        IotError("one"),
        LinkDown("one"),
        DeviceError("one"),
        ConfigInvalid("one\ntwo"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_of_ours_is_its_own_words_and_status_1(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_find", lambda _: _command(error))
    assert cli.main(["broken"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "".join(f"paige: {line}\n" for line in str(error).splitlines())


def test_what_nobody_foresaw_is_a_line_as_well_and_shows_its_place_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_find", lambda _: _command(ZeroDivisionError("by zero")))
    assert cli.main(["broken"]) == 1
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 1
    assert "ZeroDivisionError: by zero" in shown
    monkeypatch.setenv("PAIGE_DEBUG", "1")
    assert cli.main(["broken"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_library_that_only_the_demo_needs_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_find", lambda _: _command(ModuleNotFoundError("no", name="amqtt")))
    assert cli.main(["broken"]) == 1
    said = "paige: the library amqtt is missing; install it: pip install 'paige[demo]'\n"
    assert capsys.readouterr().err == said


def test_a_python_without_a_part_of_its_own_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['_ssl'] = None")
    without = os.pathsep.join((ENVIRONMENT["PYTHONPATH"], str(tmp_path)))
    done = paige("say", "hello", PYTHONPATH=without)
    assert done.returncode == 1
    assert done.stderr == (
        f"paige: {sys.executable} was built without ssl; use another Python, such as Debian's python3\n"
    )


def test_an_interruption_is_quiet_and_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_find", lambda _: _command(KeyboardInterrupt()))
    assert cli.main(["broken"]) == 130
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "closed", "status"),
    [
        (["--version"], "0", 0),
        (["--version"], "1", 0),
        (["nonsense"], "2", 2),
        (["parse", str(ROOT / "tools/demo/home.yaml")], "0", 0),
        (["listen", "--intents", "intents.yaml"], "0", 0),
    ],
)
def test_a_standard_stream_that_is_closed_is_one_that_is_empty(
    arguments: list[str], closed: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "intents.yaml").write_text("{language: en, intents: {Go: {data: [{sentences: [go]}]}}}")
    command = f'exec "$@" {closed}<&-' if closed == "0" else f'exec "$@" {closed}>&-'
    done = subprocess.run(
        ["/bin/sh", "-c", command, "sh", sys.executable, "-m", "paige.device.cli", *arguments],
        env=ENVIRONMENT,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (status, "")


def test_a_full_disk_is_said_and_no_fault_of_paige() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "paige.device.cli", "--version"],
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "paige: the system refused: [Errno 28] No space left on device"


@pytest.mark.parametrize(("arguments", "status"), [(["config", "check"], 0), (["say"], 2), (["run"], 1)])
def test_where_errors_cannot_be_written_the_status_says_it_all(
    arguments: list[str], status: int, tmp_path: Path
) -> None:
    environment = {**ENVIRONMENT, "PAIGE_STATE_DIR": str(tmp_path)}
    if status == 1:
        environment["PAIGE_CONFIG"] = str(tmp_path)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "paige.device.cli", *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=full,
            timeout=60,
            check=False,
        )
    assert done.returncode == status


def test_a_locale_that_lacks_a_character_gets_another_in_its_place() -> None:
    done = paige("help", "parse", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_at_a_prompt_ends_the_program_at_once() -> None:
    program = (
        "import asyncio, sys; from paige.device import cli; from paige.device.cli.command import Subcommand\n"
        "from paige.device.cli.typed import typed\n"
        "one = Subcommand('one', '', '', lambda _: None, lambda _: asyncio.run(typed('you: ')) and 0)\n"
        "cli._find = lambda _: one\n"
        "sys.exit(cli.main(['one']))"
    )
    here, there = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=there, stdout=there, stderr=there, env=ENVIRONMENT
    ) as running:
        os.close(there)
        assert os.read(here, 5) == b"you: "
        running.send_signal(signal.SIGINT)
        try:
            assert running.wait(20) == 130
        finally:
            running.kill()
            os.close(here)


def test_who_has_configured_no_broker_is_told_so_and_who_has_is_not() -> None:
    done = paige("say", "hello", PAIGE_MQTT_PORT="1")
    assert done.returncode == 1
    assert "No broker is configured: set mqtt.host" in done.stderr
    assert "configured" not in paige("say", "hello", PAIGE_MQTT_PORT="1", PAIGE_MQTT_HOST="127.0.0.1").stderr
