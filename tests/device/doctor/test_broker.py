"""The broker check against a real broker: mosquitto with a password, and things that are none."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from paige.device.config.load import Loaded, load
from paige.device.doctor.finding import Verdict
from paige.device.doctor.home import broker

MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a mosquitto listens that lets in `me` with the password `sesame`."""
    assert MOSQUITTO is not None
    folder, number = tmp_path_factory.mktemp("mosquitto"), free_port()
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(folder / "users"), "me", "sesame"], check=True)
    (folder / "users").chmod(0o644)
    folder.chmod(0o755)
    configuration = folder / "mosquitto.conf"
    configuration.write_text(f"listener {number} 127.0.0.1\npassword_file {folder / 'users'}\nuser root\n")
    process = subprocess.Popen([MOSQUITTO, "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", number)) == 0:
                    break
            time.sleep(0.05)
        else:
            pytest.fail("mosquitto did not start")
        yield number
    finally:
        process.terminate()
        process.wait(10)


def configured(number: int, **environ: str) -> Loaded:
    given = {"PAIGE_MQTT_HOST": "127.0.0.1", "PAIGE_MQTT_PORT": str(number)}
    return load(Path(os.devnull), given | {f"PAIGE_MQTT_{name}": value for name, value in environ.items()})


def test_a_broker_that_lets_us_in_is_well(port: int) -> None:
    finding = broker(configured(port, USERNAME="me", PASSWORD="sesame"))
    assert finding.verdict is Verdict.OK, finding


def test_one_that_wants_a_password_or_another_is_told_apart_from_one_that_is_not_there(port: int) -> None:
    nobody = broker(configured(port))
    stranger = broker(configured(port, USERNAME="me", PASSWORD="barley"))
    absent = broker(configured(free_port()))
    assert {one.verdict for one in (nobody, stranger, absent)} == {Verdict.WRONG}
    assert len({one.text.replace(str(port), "") for one in (nobody, stranger, absent)}) == 3
    assert "barley" not in stranger.text + stranger.remedy
    assert all(one.remedy for one in (nobody, stranger, absent))


def test_an_encrypted_connection_to_one_that_is_not_says_so(port: int) -> None:
    finding = broker(configured(port, TLS_ENABLED="true"))
    assert finding.verdict is Verdict.WRONG
    assert "TLS" in finding.text + finding.remedy
