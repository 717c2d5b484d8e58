"""Where a configuration comes from, which source counts, and what an error says."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.device.config.document import read
from paige.device.config.load import Loaded, find, load
from paige.device.config.schema import Config
from paige.device.errors import ConfigInvalid

SECRET = "correct horse battery staple"


def loaded(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> Loaded:
    file = tmp_path / "paige.yaml"
    file.write_text(text)
    return load(file, environ or {})


def errors(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        loaded(tmp_path, text, environ)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def source(settings: Loaded, key: str) -> str:
    return settings.source(key)


def test_without_any_file_the_defaults_apply(tmp_path: Path) -> None:
    assert find({"XDG_CONFIG_HOME": str(tmp_path)}) in (None, Path("/etc/paige/paige.yaml"))
    assert load(Path("/dev/null"), {}).config.mqtt == Config().mqtt


def test_an_empty_file_is_one_that_changes_nothing(tmp_path: Path) -> None:
    for text in ("", "# nothing\n", "mqtt:\n", "---\n"):
        assert loaded(tmp_path, text).config.mqtt == Config().mqtt


def test_the_file_is_searched_for_in_order(tmp_path: Path) -> None:
    own = tmp_path / "paige" / "paige.yaml"
    own.parent.mkdir()
    own.write_text("house: {name: Own}\n")
    named = tmp_path / "named.yaml"
    named.write_text("house: {name: Named}\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert load(None, environ).config.house.name == "Own"
    assert load(None, environ | {"PAIGE_CONFIG": str(named)}).config.house.name == "Named"
    assert load(own, environ | {"PAIGE_CONFIG": str(named)}).config.house.name == "Own"


def test_a_file_that_may_be_there_and_cannot_be_looked_at_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", closed)
    assert find({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "paige/paige.yaml"


def test_a_home_that_there_is_not_is_no_accident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigInvalid, match=r"house\.home: found '~nobody-of-that-name/x'; allowed: a path"):
        loaded(tmp_path, "house: {home: ~nobody-of-that-name/x}\n")
    with pytest.raises(ConfigInvalid, match=r"mqtt\.password_file: found no path"):
        loaded(tmp_path, "mqtt: {password_file: ~nobody-of-that-name/x}\n")

    def homeless(path: Path) -> Path:
        if str(path).startswith("~"):
            raise RuntimeError("Could not determine home directory.")
        return path

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert find({}) in (None, Path("/etc/paige/paige.yaml"))
    with pytest.raises(ConfigInvalid, match=r"state_dir: there is no home folder to keep it in; set it"):
        load(Path("/dev/null"), {})
    assert load(Path("/dev/null"), {"STATE_DIRECTORY": "/var/lib/paige"}).state_dir == Path("/var/lib/paige")


def test_values_reach_their_keys_with_the_line_they_came_from(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "house:\n  home: home.yaml\nmqtt:\n  host: broker\n  tls: {enabled: on}\n")
    assert settings.config.house.home == tmp_path / "home.yaml"
    assert settings.config.mqtt.host == "broker"
    assert settings.config.mqtt.effective_port == 8883
    assert source(settings, "mqtt.host") == f"{tmp_path}/paige.yaml:4"
    assert source(settings, "mqtt.username") == "default"


def test_texts_are_taken_as_written_not_as_yaml_guesses(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "house: {name: on}\nmqtt: {password: 0123, username: 1e3, host: 10.0}\n")
    assert settings.config.house.name == "on"
    assert settings.config.mqtt.username == "1e3"
    assert settings.config.mqtt.host == "10.0"
    assert settings.config.mqtt.password is not None
    assert settings.config.mqtt.password.reveal() == "0123"


def test_every_problem_is_told_at_once_with_file_line_key_what_was_found_and_what_is_allowed(
    tmp_path: Path,
) -> None:
    text = """\
house: {nam: X, id: a b}
mqtt:
  port: 99999
  tls: yes
  homie:
    prefix: [a]
speech: {recognizer: whisper, confidence: high}
host: broker
mqtt: {}
log: {level: !include x}
"""
    assert errors(tmp_path, text) == [
        "paige.yaml:1: house.nam: there is no such key; did you mean name? (allowed here: name, id, area, "
        "language, temperature_unit, home, sentences)",
        "paige.yaml:1: house.id: found 'a b'; allowed: letters, digits, _ and -",
        "paige.yaml:3: mqtt.port: found '99999'; allowed: a whole number from 1 to 65535 or null",
        "paige.yaml:4: mqtt.tls: found a single value; allowed: a section with any of enabled, ca, "
        "certificate, private_key, check_hostname",
        "paige.yaml:6: mqtt.homie.prefix: found a list; allowed: a topic without +, # and outer /",
        "paige.yaml:7: speech.recognizer: found 'whisper'; allowed: one of pocketsphinx, vosk",
        "paige.yaml:7: speech.confidence: found 'high'; allowed: a number from 0 to 1",
        "paige.yaml:8: host: there is no such key; did you mean mqtt.host? (allowed here: house, mqtt, "
        "speech, wake, voice, satellites, page, policy, memory, language_model, updates, log, board, "
        "execution, state_dir)",
        "paige.yaml:9: mqtt: found it twice; keep one",
        "paige.yaml:10: log.level: found the tag !include; !secret is the only one that is known",
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            b"mqtt:\n  host: [a\n",
            "paige.yaml:3:1: this is not YAML: while parsing a flow sequence; expected ',' or ']', but got "
            "'<stream end>'",
        ),
        (
            b"mqtt:\n host: a\n\tport: 1\n",
            "paige.yaml:3:1: this is not YAML: a tab stands where only blanks may; write blanks in its place",
        ),
        (b"mqtt:\tlocalhost\n", "paige.yaml:1:6: this is not YAML: a tab stands"),
        (b"mqtt: {host: caf\xe9}\n", "paige.yaml:1: found a byte that is no UTF-8 (0xe9)"),
        (b"mqtt: \x00\n", "paige.yaml: this is not YAML: it holds a character that YAML forbids"),
        (b"- a\n- b\n", "paige.yaml:1: found a list; allowed: a section with any of house, mqtt"),
        (b"hello\n", "paige.yaml:1: found a single value; allowed: a section with any of house, mqtt"),
        (b"a: 1\n---\nb: 2\n", "paige.yaml:2:1: this is not YAML: expected a single document"),
        (b"? [a]\n: b\n", "paige.yaml:1: found a key that is no text"),
        (b"house: {name: {a: b}}\n", "paige.yaml:1: house.name: found a section; allowed: text"),
        (b"&a [*a]\n", "paige.yaml:1: found a list; allowed: a section"),
    ],
)
def test_what_is_broken_is_said_with_its_place(data: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "paige.yaml").write_bytes(data)
    with pytest.raises(ConfigInvalid) as caught:
        load(tmp_path / "paige.yaml", {})
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(expected)


def test_a_deeply_nested_file_is_an_error_not_a_crash(tmp_path: Path) -> None:
    assert "nested too deeply" in errors(tmp_path, "[" * 50_000)[0]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_at_all_are_read_or_refused(data: bytes) -> None:
    document = read(data, "paige.yaml", Config)
    assert all(problem.text for problem in document.problems)


@pytest.mark.parametrize("content", ["# nothing\n", "wake: {words: [alexa]}\n", "\0"])
def test_a_file_that_is_far_too_long_is_not_read_to_its_end(content: str, tmp_path: Path) -> None:
    text = content * (10_000_000 // len(content))
    (said,) = errors(tmp_path, text)
    assert said.endswith("paige.yaml: holds more than 256 KiB, which is no configuration; name another file")
    assert read(text.encode(), "paige.yaml", Config).problems[0].text in said
    (said,) = errors(tmp_path, "mqtt: {password_file: /dev/zero}\n")
    assert said.endswith("/dev/zero holds more than 256 KiB, which is no configuration; name another file")


def test_a_file_as_windows_writes_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "paige.yaml").write_bytes(b"\xef\xbb\xbfhouse:\r\n  name: Casa\r\n")
    assert load(tmp_path / "paige.yaml", {}).config.house.name == "Casa"


def test_a_file_that_is_not_there_or_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"nowhere\.yaml: cannot be read: No such file"):
        load(tmp_path / "nowhere.yaml", {})
    with pytest.raises(ConfigInvalid, match="cannot be read: Is a directory; name the file in it"):
        load(tmp_path, {})


class TestSecrets:
    def password(self, settings: Loaded) -> str:
        assert settings.config.mqtt.password is not None
        return settings.config.mqtt.password.reveal()

    def test_the_environment_counts_before_the_credential_before_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "mqtt_password").write_text("from systemd\n")
        text = "mqtt: {password: from the file}\n"
        credentials = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
        everything = credentials | {"PAIGE_MQTT_PASSWORD": "from the environment"}
        assert self.password(loaded(tmp_path, text, everything)) == "from the environment"
        assert self.password(loaded(tmp_path, text, credentials)) == "from systemd"
        assert self.password(loaded(tmp_path, text)) == "from the file"

    def test_an_empty_credential_is_as_good_as_none(self, tmp_path: Path) -> None:
        (tmp_path / "mqtt_password").write_text("\n")
        credentials = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
        assert self.password(loaded(tmp_path, "mqtt: {password: kept}\n", credentials)) == "kept"

    def test_an_empty_variable_is_as_good_as_none(self, tmp_path: Path) -> None:
        settings = loaded(tmp_path, "mqtt: {password: kept}\n", {"PAIGE_MQTT_PASSWORD": ""})
        assert self.password(settings) == "kept"

    def test_it_may_stand_in_the_secrets_file(self, tmp_path: Path) -> None:
        (tmp_path / "secrets.yaml").write_text(f"broker: {SECRET}\n")
        settings = loaded(tmp_path, "mqtt: {password: !secret broker}\n")
        assert self.password(settings) == SECRET
        assert source(settings, "mqtt.password") == f"{tmp_path}/secrets.yaml:1"

    def test_it_may_stand_in_a_file_of_its_own(self, tmp_path: Path) -> None:
        (tmp_path / "broker.txt").write_text(f"{SECRET}\n")
        assert self.password(loaded(tmp_path, "mqtt: {password_file: broker.txt}\n")) == SECRET

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "mqtt: {password: !secret brokr}\n",
                "paige.yaml:1: mqtt.password: secrets.yaml has no secret called brokr; did you mean broker?",
            ),
            (
                "mqtt: {password: a, password_file: b}\n",
                "paige.yaml:1: mqtt.password_file: found beside password; keep one of the two",
            ),
            (
                "mqtt: {password_file: nowhere}\n",
                "paige.yaml:1: mqtt.password: nowhere cannot be read: No such file or directory; "
                "see whether it is called so",
            ),
            (
                "mqtt: {password_file: }\n",
                "paige.yaml:1: mqtt.password_file: found no path; allowed: a path",
            ),
            (
                "mqtt: {port: !secret broker}\n",
                "secrets.yaml:1: mqtt.port: found a secret that is none of it; allowed: a whole number from "
                "1 to 65535 or null",
            ),
        ],
    )
    def test_what_is_wrong_with_one_is_said_without_it(
        self, text: str, expected: str, tmp_path: Path
    ) -> None:
        (tmp_path / "secrets.yaml").write_text(f"broker: {SECRET}\n")
        lines = errors(tmp_path, text)
        assert expected in lines
        assert SECRET not in "".join(lines)

    @pytest.mark.parametrize(
        "text",
        [
            "mqtt: {password: *hunter2}",
            "mqtt:\n  password: &hunter2 &hunter2 x\n",
            'mqtt:\n  password: "hunter2\n',
            "mqtt:\n  password: hunter2: hunter2\n",
            "mqtt:\n  password: %hunter2\n",
            "mqtt:\n  password: {hunter2: 1}\n",
            "mqtt:\n  pasword: hunter2\n",
            "mqtt: hunter2\n",
            "mqtt:\n  host: mqtt://me:hunter2@broker\n",
            "mqtt:\n  password: !hunter2!x y\n",
        ],
    )
    def test_a_file_that_is_broken_around_one_does_not_show_it(self, text: str, tmp_path: Path) -> None:
        assert "hunter2" not in "\n".join(errors(tmp_path, text))


def test_a_variable_that_names_no_key_is_a_slip_and_said(tmp_path: Path) -> None:
    assert errors(tmp_path, "", {"PAIGE_MQTT_PASWORD": "x"}) == [
        "environment variable PAIGE_MQTT_PASWORD: there is no such key; did you mean PAIGE_MQTT_PASSWORD?"
    ]
    assert loaded(tmp_path, "", {"PAIGE_DEBUG": "1", "PAIGES": "x"}).config.mqtt == Config().mqtt


def test_a_variable_sets_any_key(tmp_path: Path) -> None:
    environ = {
        "PAIGE_MQTT_TLS_ENABLED": "true",
        "PAIGE_POLICY_FORBID": "lock, cover:garage open_cover",
        "PAIGE_STATE_DIR": "/srv/state",
    }
    settings = loaded(tmp_path, "mqtt: {tls: {enabled: false}}\n", environ)
    assert settings.config.mqtt.tls.enabled
    assert settings.config.policy.forbid == ("lock", "cover:garage open_cover")
    assert settings.state_dir == Path("/srv/state")
    assert source(settings, "mqtt.tls.enabled") == "environment variable PAIGE_MQTT_TLS_ENABLED"


def test_the_state_folder_follows_systemd_then_the_desktop_then_home(tmp_path: Path) -> None:
    desktop = {"XDG_STATE_HOME": "/home/me/state"}
    assert loaded(tmp_path, "", desktop | {"STATE_DIRECTORY": "/var/lib/paige:/x"}).state_dir == Path(
        "/var/lib/paige"
    )
    assert loaded(tmp_path, "", desktop).state_dir == Path("/home/me/state/paige")
    assert loaded(tmp_path, "", {}).state_dir == Path("~/.local/state/paige").expanduser()
    assert loaded(tmp_path, "state_dir: here\n", desktop).state_dir == tmp_path / "here"
