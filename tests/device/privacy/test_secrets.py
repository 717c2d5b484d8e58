"""What is secret stands in no output, whatever the household wrote, and whatever breaks."""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from unittest.mock import patch

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from paige.device.cli import main
from paige.device.config.secret import _revealed

MARK = "Zq7x"
"""In every secret; no message has it of itself."""
MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
PATIENCE = 30.0


def output_of(*arguments: str, **environment: str) -> str:
    out = io.StringIO()
    with patch.dict(os.environ, environment), redirect_stdout(out), redirect_stderr(out):
        main(arguments)
    return out.getvalue()


SECRETS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=2, max_size=40
).map(lambda text: text[:1] + MARK + text[1:])


@settings(max_examples=50)
@given(
    secret=SECRETS,
    flow=st.booleans(),
    cut=st.integers(0, 300),
    put=st.sampled_from(["", ":", "\t", "'", '"', "[", "}", "- ", "!", "!x ", "&a ", "*", "\0", "\n", "#"]),
)
def test_no_configuration_however_broken_is_told_with_its_secrets(
    secret: str, flow: bool, cut: int, put: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("config")
    given = {
        "mqtt": {"host": "broker", "username": "paige", "password": secret, "pasword": secret},
        "page": {"listen": "0.0.0.0:10380", "token": secret},
    }
    text = yaml.safe_dump(given, allow_unicode=True, default_flow_style=flow, width=1000)
    at = min(cut, len(text))
    for broken in (text[:at] + put + text[at:], text[:at] + put, text[:at] + text[at + 1 :]):
        _revealed.clear()  # nothing is masked because it was used before
        (folder / "paige.yaml").write_text(broken, encoding="utf-8")
        (folder / "secrets.yaml").write_text(broken, encoding="utf-8")
        output = output_of("config", "check", str(folder / "paige.yaml"), PAIGE_DEBUG="1")
        assert MARK not in output, broken
    (folder / "paige.yaml").write_text("mqtt: {port: !secret mqtt, password: !secret page}")
    assert MARK not in output_of("config", "check", str(folder / "paige.yaml"))


@pytest.mark.parametrize(
    "key", ["MQTT_HOST", "SPEECH_SERVER", "VOICE_SERVER", "SATELLITES_WYOMING", "PAGE_LISTEN", "PAGE_NAMES"]
)
@pytest.mark.parametrize("scheme", ["", "mqtt://", "https://"])
def test_a_password_in_an_address_is_not_told(key: str, scheme: str) -> None:
    output = output_of("config", "check", **{f"PAIGE_{key}": f"{scheme}me:open://{MARK}@broker:1883"})
    assert "found" in output
    assert MARK not in output


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def strict_broker(tmp_path: Path) -> Iterator[int]:
    """Mosquitto, which lets nobody in."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    port = free_port()
    (tmp_path / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous false\n")
    process = subprocess.Popen([MOSQUITTO, "-c", str(tmp_path / "mosquitto.conf")], stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            break
    yield port
    process.terminate()
    process.wait()


def test_no_command_tells_secrets_where_the_broker_refuses_them(strict_broker: int, tmp_path: Path) -> None:
    password, token = f'b*{MARK} $(x) "&\\n ü', f"p{MARK}/7:@%20\"'\\#,{{"
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials/mqtt_password").write_text(password)
    (tmp_path / "secrets.yaml").write_text(yaml.safe_dump({"token": token}, allow_unicode=True))
    (tmp_path / "paige.yaml").write_text(
        f"mqtt: {{host: 127.0.0.1, port: {strict_broker}, username: me}}\n"
        f'page: {{listen: "127.0.0.1:{free_port()}", token: !secret token}}\n'
        "log: {level: debug}\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
        "PAIGE_CONFIG": str(tmp_path / "paige.yaml"),
        "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
        "PAIGE_DEBUG": "1",
    }
    commands = {name: name.split() for name in ("run", "doctor", "say hello", "config check")}
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", "paige.device.cli", *command],
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for name, command in commands.items()
    }
    service = started.pop("run")
    assert service.stdout is not None
    written = ""
    while "Trying again" not in written:
        line = service.stdout.readline()
        assert line, written
        written += line
    service.terminate()
    told = {name: process.communicate(timeout=PATIENCE)[0] for name, process in started.items()}
    told["run"] = written + service.communicate(timeout=PATIENCE)[0]
    for name, output in told.items():
        assert MARK not in output, name
    for name in ("run", "doctor", "say hello"):
        assert "refuses the user name “me” or its password" in told[name] or "let “me” in" in told[name]
    assert "Traceback" in told["say hello"]
    assert "***" in told["config check"]
