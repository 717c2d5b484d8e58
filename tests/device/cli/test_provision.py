"""The questions as an owner meets them: a real terminal, a real broker, real files."""

import asyncio
import codecs
import ctypes.util
import os
import pty
import re
import select
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.iot.conftest import MOSQUITTO, NO_MOSQUITTO, Mosquitto

from paige.device.config.load import load
from paige.tools.broker import EmbeddedBroker

PATIENCE = 60.0
_PROMPT = re.compile(r"(?:^|\n)([^\n]*)\]: $")
Seen = Callable[[str], str]
COMMAND = [sys.executable, "-m", "paige.device.cli", "provision"]


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PAIGE_CONFIG": str(home / "etc/paige.yaml"),  # root would write to /etc
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
        "TERM": "dumb",
    }


@dataclass
class Session:
    """What was seen in a terminal, and how it ended."""

    text: str
    status: int


def at_terminal(home: Path, *options: str, replies: Mapping[str, list[str | Seen]]) -> Session:
    """Answer each question that begins so, one reply after the other; an empty line to every other.

    The reply `^C` is the key; one may be made of what was seen. A machine without sound is taken as it is.
    """
    left = {prompt: [*answers] for prompt, answers in replies.items()}
    usual = {"Answer anew, for the microphone": "n", "Answer anew, for the speaker": "n"}
    terminal, inside = pty.openpty()
    # Not pty.fork: what else runs in this process must not be copied.
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *COMMAND, *options],
        env=environment(home),
        stdin=inside,
        stdout=inside,
        stderr=inside,
    )
    os.close(inside)
    decoder = codecs.getincrementaldecoder("utf-8")()
    seen, new, typed = "", "", ""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 2)[0]:
            if typed == "^C":  # Python does not notice one that comes just before it begins to wait
                os.write(terminal, b"\x03")
            continue
        try:
            read = decoder.decode(os.read(terminal, 4096))
        except OSError:  # Linux says so when the other end is closed
            break
        seen, new = seen + read, (new + read).replace("\r", "")
        if (asked := _PROMPT.search(new)) is not None:
            answers = next((left[prompt] for prompt in left if asked[1].startswith(prompt)), [])
            reply = answers.pop(0) if answers else usual.get(asked[1].partition("?")[0], "")
            typed = reply if isinstance(reply, str) else reply(seen)
            os.write(terminal, b"\x03" if typed == "^C" else f"{typed}\n".encode())
            new = ""
    else:
        process.kill()
        pytest.fail(f"it waits: {seen}")
    os.close(terminal)
    status = process.wait(PATIENCE)
    assert not any(left.values()), f"never asked: {left} in {seen}"
    return Session(seen.replace("\r", ""), status)


def without_terminal(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def let_in(users: Path, name: str, password: str) -> None:
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), name, password], check=True)
    users.chmod(0o600)


@pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO)
async def test_who_answers_all_questions_has_a_configuration_that_the_broker_accepts(tmp_path: Path) -> None:
    users = tmp_path / "users"
    let_in(users, "me", "sesame")
    broker = Mosquitto(tmp_path, (f"password_file {users}", "allow_anonymous false"))
    await broker.start()
    try:
        session = await asyncio.to_thread(
            at_terminal,
            tmp_path,
            replies={
                "Its name": ["Casa"],
                "The room": ["Kitchen"],
                "Its number": ["99", ""],  # there is no such microphone
                "Numbers or words": ["2, hey computer"],
                "Its host": ["127.0.0.1", ""],
                "Encrypted": ["perhaps", "no"],
                "Its port": [str(broker.port)],
                "User name": ["me"],
                "Password": ["barley", "sesame"],
            },
        )
    finally:
        await broker.stop()
    assert session.status == 0, session.text
    assert "'99' cannot be; allowed: 0 to" in session.text
    assert "'perhaps' cannot be; allowed: yes or no" in session.text
    refused, accepted = session.text.split("Trying …")[1:]
    assert "wrong" in refused
    assert "password" in refused
    assert f"127.0.0.1:{broker.port} accepts us, not encrypted" in accepted
    assert "sesame" not in session.text
    assert "barley" not in session.text
    said = load(tmp_path / "etc/paige.yaml", {}).config
    assert (said.house.name, said.house.area) == ("Casa", "Kitchen")
    assert said.wake.words == ("hey jarvis", "hey computer")
    assert (said.mqtt.host, said.mqtt.port, said.mqtt.username) == ("127.0.0.1", broker.port, "me")
    assert said.mqtt.password is not None
    assert said.mqtt.password.reveal() == "sesame"


@pytest.mark.skipif(
    not Path("/usr/share/alsa/alsa.conf").exists() or ctypes.util.find_library("portaudio") is None,
    reason="ALSA and PortAudio are not installed",
)
async def test_a_microphone_is_chosen_by_its_number_and_listened_to(tmp_path: Path) -> None:
    tone = array("f", [0.125] * 100 + [-0.125] * 100).tobytes()
    with (tmp_path / ".asoundrc").open("w") as asoundrc:
        for name, sound in {"muted": bytes(400_000), "spoken": tone * 500}.items():
            (tmp_path / name).write_bytes(sound)
            file = f'file "/dev/null" infile "{tmp_path / name}" format "raw"'
            asoundrc.write(f'pcm.{name} {{ type file slave.pcm "null" {file} }}\n')

    def number(name: str) -> Seen:
        return lambda seen: re.findall(rf"(?m)^  (\d+)  {name}\r?$", seen)[0]

    async with EmbeddedBroker() as broker:
        session = await asyncio.to_thread(
            at_terminal,
            tmp_path,
            replies={
                "Its number": [number("muted"), number("spoken")],
                "Answer anew, for the microphone": ["yes"],
                "Its port": [str(broker.port)],
            },
        )
    assert session.status == 0, session.text
    assert "muted delivers nothing but silence" in session.text
    assert re.search(r"spoken, peak -\d+ dB of full scale", session.text)
    assert load(tmp_path / "etc/paige.yaml", {}).config.speech.microphone == "spoken"


def test_a_satellite_is_asked_neither_for_the_house_nor_for_a_broker(tmp_path: Path) -> None:
    session = at_terminal(
        tmp_path, "--satellite", replies={"The room": ["Hall"], "Numbers or words": ["alexa"]}
    )
    assert session.status == 0, session.text
    for words in ("Its name", "Its host", "User name", "Password"):
        assert words not in session.text
    assert re.search(r'satellites\.wyoming: \["\S+:10700"\]', session.text)
    said = load(tmp_path / "etc/paige.yaml", {}).config
    assert (said.house.area, said.wake.words) == ("Hall", ("alexa",))


def test_a_satellite_takes_its_answers_from_the_card_without_a_broker(tmp_path: Path) -> None:
    card, config = tmp_path / "card.yaml", tmp_path / "etc/paige.yaml"
    card.write_text("house: {area: Hall}\nspeech: {microphone: USB}\n")
    done = without_terminal(tmp_path, "--satellite", "--from", str(card), "--config", str(config))
    assert done.returncode == 0, done.stderr
    assert "mqtt" not in config.read_text()
    assert load(config, {}).config.speech.microphone == "USB"


async def test_what_is_there_is_kept_by_empty_lines(tmp_path: Path) -> None:
    async with EmbeddedBroker() as broker:
        config = tmp_path / "paige.yaml"
        text = (
            "# ours\nhouse: {name: Casa}\nwake: {words: [alexa]}\n"
            f"mqtt: {{host: 127.0.0.1, port: {broker.port}, password: old}}\n"
        )
        config.write_text(text)
        session = await asyncio.to_thread(at_terminal, tmp_path, "--config", str(config), replies={})
    assert session.status == 0, session.text
    assert f"{config} says all this already" in session.text
    assert "[Casa]" in session.text
    assert "[alexa]" in session.text
    assert "[the one that is kept]" in session.text
    assert config.read_text() == text
    assert [*config.parent.glob("*.yaml")] == [config]


async def test_a_broker_is_looked_for_only_when_that_is_asked_for(tmp_path: Path) -> None:
    async with EmbeddedBroker() as broker:
        session = await asyncio.to_thread(
            at_terminal,
            tmp_path,
            replies={"Its host": ["?", "127.0.0.1"], "Its port": [str(broker.port)]},
        )
    assert session.status == 0, session.text
    assert session.text.count("Found: ") == 1


@pytest.mark.parametrize("where", ["Its name", "Its host", "Password", "Write this?"])
async def test_an_interrupt_changes_nothing(tmp_path: Path, where: str) -> None:
    async with EmbeddedBroker() as broker:
        replies: dict[str, list[str | Seen]] = {
            "Its port": [str(broker.port)],
            "The room": ["Kitchen"],
            where: ["^C"],
        }
        if where in ("Its name", "Its host"):
            del replies["Its port"]
        if where == "Its name":
            del replies["The room"]
        session = await asyncio.to_thread(at_terminal, tmp_path, replies=replies)
    assert session.status == 130, session.text
    assert "Traceback" not in session.text
    assert not (tmp_path / "etc").exists()


async def test_who_does_not_want_the_result_has_none(tmp_path: Path) -> None:
    async with EmbeddedBroker() as broker:
        session = await asyncio.to_thread(
            at_terminal, tmp_path, replies={"Its port": [str(broker.port)], "Write this?": ["no"]}
        )
    assert session.status == 1
    assert "Nothing was changed" in session.text
    assert not (tmp_path / "etc").exists()


def test_without_a_terminal_it_says_how(tmp_path: Path) -> None:
    done = without_terminal(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "paige provision --from FILE" in done.stderr


def test_a_file_on_the_card_is_taken_over_and_gone(tmp_path: Path) -> None:
    card, config = tmp_path / "card.yaml", tmp_path / "etc/paige.yaml"
    text = "house: {area: Kitchen}\r\nmqtt:\r\n  password: sesame\r\n"
    card.write_bytes(b"\xef\xbb\xbf" + text.encode())  # as an editor on Windows saves it
    options = ("--from", str(card), "--config", str(config))
    dry = without_terminal(tmp_path, *options, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "area: Kitchen" in dry.stdout
    assert "sesame" not in dry.stdout
    assert card.exists()
    assert not config.exists()
    done = without_terminal(tmp_path, *options)
    assert done.returncode == 0, done.stderr
    assert f"{card} was taken over and removed" in done.stdout
    assert "sesame" not in done.stdout
    assert not card.exists()
    secret = load(config, {}).config.mqtt.password
    assert secret is not None
    assert secret.reveal() == "sesame"


def test_a_file_stays_where_that_is_wanted_or_where_it_is_wrong(tmp_path: Path) -> None:
    card, config = tmp_path / "card.yaml", tmp_path / "paige.yaml"
    card.write_text("house: {area: Kitchen}\n")
    assert without_terminal(tmp_path, "--from", str(card), "--config", str(config), "--keep").returncode == 0
    assert card.exists()
    before = config.read_text()
    card.write_text("house:\n  rooom: Bath\nmqtt: {port: x, password: hunter2}\n")
    done = without_terminal(tmp_path, "--from", str(card), "--config", str(config))
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [f"{card}:2", f"{card}:3"]
    assert "hunter2" not in done.stderr
    assert (card.exists(), config.read_text()) == (True, before)


@pytest.mark.parametrize(
    ("source", "words"), [("nothing.yaml", "is not there"), ("paige.yaml", "is the configuration itself")]
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, source: str, words: str) -> None:
    done = without_terminal(
        tmp_path, "--from", str(tmp_path / source), "--config", str(tmp_path / "paige.yaml")
    )
    assert done.returncode == 1
    assert words in done.stderr
