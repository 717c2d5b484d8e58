"""What an owner says, and what becomes of it in the files that are there."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from paige.audio.wake import READY
from paige.device.config.load import load
from paige.device.errors import ConfigInvalid, ProvisionFailed
from paige.device.install.provision import Provision, answers_of, kept, provision, shown
from paige.device.install.provision_files import read_if_there, remove, write
from paige.device.install.provision_machine import hosts_announced
from paige.device.install.provision_questions import READY_WAKE_WORDS, short

Taken = Callable[[str], Provision]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "paige.yaml"


@pytest.fixture
def take(config: Path) -> Taken:
    """Take over what an owner wrote."""

    def take(text: str) -> Provision:
        before = kept(config, read_if_there(config))
        result = provision(before, answers_of(text.encode(), "card.yaml", config.parent))
        write(result)
        return result

    return take


def password(config: Path) -> str | None:
    secret = load(config, {}).config.mqtt.password
    return None if secret is None else secret.reveal()


def test_all_that_is_said_is_in_effect_and_the_password_is_its_owners_alone(
    config: Path, take: Taken
) -> None:
    take(
        "house: {name: Casa, area: Kitchen}\nspeech: {microphone: USB}\nvoice: {speaker: USB}\n"
        "wake: {words: [hey jarvis, hey paige 0.6]}\n"
        "mqtt: {host: broker.lan, port: 1884, username: me, password: sesame, tls: {enabled: true}}\n"
    )
    said = load(config, {}).config
    assert (said.house.name, said.house.area) == ("Casa", "Kitchen")
    assert (said.speech.microphone, said.voice.speaker) == ("USB", "USB")
    assert said.wake.words == ("hey jarvis", "hey paige 0.6")
    assert (said.mqtt.host, said.mqtt.port, said.mqtt.username) == ("broker.lan", 1884, "me")
    assert said.mqtt.tls.enabled
    assert password(config) == "sesame"
    assert "sesame" not in config.read_text()
    modes = {path.name: stat.filemode(path.stat().st_mode) for path in config.parent.iterdir()}
    assert modes == {"paige.yaml": "-rw-r--r--", "mqtt_password": "-rw-------"}


def test_the_credential_that_systemd_hands_over_needs_no_file_of_secrets(config: Path, take: Taken) -> None:
    take("mqtt: {password: sesame}")
    credentials = config.parent.with_name("credentials")
    credentials.mkdir()
    (config.parent / "mqtt_password").rename(credentials / "mqtt_password")
    loaded = load(config, {"CREDENTIALS_DIRECTORY": str(credentials)})
    assert loaded.config.mqtt.password is not None
    assert loaded.config.mqtt.password.reveal() == "sesame"


def test_what_is_said_twice_changes_nothing(config: Path, take: Taken) -> None:
    text = "house: {area: Kitchen}\nmqtt: {password: sesame, port: 1883}\n"
    take(text)
    before = {path: (path.read_bytes(), path.stat().st_ino) for path in config.parent.iterdir()}
    assert take(text).nothing
    assert {path: (path.read_bytes(), path.stat().st_ino) for path in config.parent.iterdir()} == before


@pytest.mark.parametrize("own", ["password: old", "password: !secret broker", "password_file: old"])
def test_a_password_takes_the_place_of_one_however_that_was_written(
    config: Path, take: Taken, own: str
) -> None:
    config.parent.mkdir()
    (config.parent / "secrets.yaml").write_text("broker: old\n")
    (config.parent / "old").write_text("old\n")
    config.write_text(f"mqtt:\n  # the broker's\n  {own}\n")
    take("mqtt: {password: old}")
    assert config.read_text() == f"mqtt:\n  # the broker's\n  {own}\n", "it is the same one"
    take("mqtt: {password: new}")
    assert config.read_text() == "mqtt:\n  # the broker's\n  password_file: mqtt_password\n"
    assert password(config) == "new"
    take("mqtt: {password: null}")
    assert config.read_text() == "mqtt:\n  # the broker's\n  password: null\n"
    assert password(config) is None
    assert not (config.parent / "mqtt_password").exists()


def test_every_mistake_is_named_with_its_line_and_what_is_allowed() -> None:
    text = (
        "house: {rooom: Kitchen}\nmqtt:\n  port: many\n  hots: x\n  password: [a]\n"
        "  password_file: /boot/x\nwake: {words: ['?']}\nvoice: {volume: !secret v}\n"
    )
    with pytest.raises(ConfigInvalid) as raised:
        answers_of(text.encode(), "card.yaml", Path("/etc/paige"))
    lines = str(raised.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [f"card.yaml:{n}" for n in (1, 3, 4, 5, 6, 7, 8)]
    assert "there is no such key" in lines[0]
    assert "found 'many'; allowed: a whole number from 1 to 65535 or null" in lines[1]
    assert "did you mean mqtt.host" in lines[2] or "host" in lines[2]
    assert "write password with the secret itself" in lines[4]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("page: {listen: '0.0.0.0:10380'}", "page.listen"),
        ("wake: {words: [hey 你好]}", "wake.words"),
        ("\tmqtt:", "card.yaml:1:1: this is not YAML"),
        ("mqtt", "found a single value; allowed: a section"),
    ],
)
def test_what_cannot_be_used_leaves_everything_as_it_was(
    config: Path, take: Taken, text: str, words: str
) -> None:
    with pytest.raises(ConfigInvalid, match=words.replace(".", r"\.")):
        take(text)
    assert not config.parent.exists()


def test_a_file_that_is_broken_already_is_for_its_owner_to_correct(config: Path, take: Taken) -> None:
    config.parent.mkdir()
    config.write_text("mqtt: {prot: 1}\n")
    with pytest.raises(ConfigInvalid, match=r"paige\.yaml:1: mqtt\.prot"):
        take("house: {area: Kitchen}")


def test_what_a_disk_does_not_take_changes_nothing(config: Path, take: Taken) -> None:
    take("mqtt: {password: old}")
    before = config.read_text()
    result = provision(
        kept(config, config.read_bytes()), {("mqtt", "password"): "new", ("house", "name"): "X"}
    )
    (config.parent / ".paige.yaml.new").mkdir()  # where the second of the two files would be written
    with pytest.raises(ProvisionFailed, match="nothing was changed"):
        write(result)
    (config.parent / ".paige.yaml.new").rmdir()
    assert (config.read_text(), password(config)) == (before, "old")
    assert sorted(path.name for path in config.parent.iterdir()) == ["mqtt_password", "paige.yaml"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EROFS, "writable first"), (errno.ENOSPC, "make room"), (errno.EACCES, "run this as root")],
)
def test_what_stands_in_the_way_is_told_with_its_remedy(
    config: Path, take: Taken, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def refuses(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuses)  # no test may fill a disk, or make one read-only
    with pytest.raises(ProvisionFailed, match=remedy) as raised:
        take("mqtt: {password: sesame}")
    assert os.strerror(number) in str(raised.value)
    assert [*config.parent.iterdir()] == []


def test_a_link_to_where_its_owner_keeps_the_file_stays_one(config: Path, take: Taken) -> None:
    config.parent.mkdir()
    elsewhere = config.parent.with_name("mine.yaml")
    elsewhere.write_text("house: {name: Casa}\n")
    elsewhere.chmod(0o640)
    config.symlink_to(elsewhere)
    take("house: {name: Villa}")
    assert config.is_symlink()
    assert elsewhere.read_text() == "house: {name: Villa}\n"
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes files of other users")
def test_who_owned_the_files_owns_them(config: Path, take: Taken) -> None:
    config.parent.mkdir()
    os.chown(config.parent, 1234, 1234)
    take("mqtt: {password: sesame}")
    assert {(path.stat().st_uid, path.stat().st_gid) for path in config.parent.iterdir()} == {(1234, 1234)}


def test_a_password_that_the_file_holds_is_shown_to_nobody(config: Path) -> None:
    before = kept(config, b"mqtt: {password: hunter2}\n")
    text = shown(provision(before, {("house", "name"): "Casa"}), before)
    assert "hunter2" not in text
    assert "name: Casa" in text


def test_a_file_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProvisionFailed, match="was taken over, and cannot be removed"):
        remove(tmp_path)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["usbmic"], ["usbmic"]),
        (["USB PnP: Audio (hw:1,0)", "default"], ["USB PnP: Audio", "default"]),
        (["USB: Audio (hw:1,0)", "USB: Audio (hw:2,0)"], ["USB: Audio (hw:1,0)", "USB: Audio (hw:2,0)"]),
        (["USB (hw:1,0)", "Better USB (hw:2,0)"], ["USB (hw:1,0)", "Better USB"]),
    ],
)
def test_a_device_is_named_without_its_number_where_that_tells_it_apart(
    names: list[str], shown: list[str]
) -> None:
    assert [short(name, names) for name in names] == shown


def test_the_ready_wake_words_are_those_that_there_are() -> None:
    assert set(READY_WAKE_WORDS) == set(READY)


def test_brokers_that_announce_themselves_are_found_in_what_avahi_prints() -> None:
    printed = (
        "+;eth0;IPv4;Mosquitto;_mqtt._tcp;local\n"
        '=;eth0;IPv4;Mosquitto\\032MQTT;_mqtt._tcp;local;hub.local;192.168.1.2;1883;"a=b"\n'
        "=;eth0;IPv6\n"
    )
    assert [*hosts_announced(printed)] == ["hub.local"]
