"""`paige update` and `paige selftest` as processes, with real bundles of skills and of models."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minisign import KeyPair
from tests.device.updates.scene import bundle_of, program_files, trust
from tests.models.store.server import Served, serving

from paige.device.updated import updated_model, updated_skills
from paige.device.updates.manifest import Component

SENTENCES = """\
language: en
intents:
  HassTurnOn:
    data:
      - sentences: ["let there be light in the {area}"]
        slots: {domain: light}
        response: light_default
"""
BROKEN = SENTENCES.replace("{area}", "{nothing}")


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
        "PAIGE_UPDATES_FOLDER": str(folder / "updates"),
        "PAIGE_UPDATES_KEYS": str(folder / "keys"),
        **more,
    }


def paige(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "paige.device.cli", *words],
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_skills_from_a_stick_are_tried_used_and_taken_back(tmp_path: Path) -> None:
    trust(tmp_path / "keys")
    stick = tmp_path / "stick"
    stick.mkdir()
    bundle_of(tmp_path, "2026.11", {"light.yaml": SENTENCES}, Component.SKILLS).rename(stick / "a.update")
    taken = paige(tmp_path, "update", str(stick))
    assert (taken.returncode, taken.stdout) == (0, "skills 2026.11 is in use\n"), taken.stderr
    (skills,) = updated_skills(tmp_path / "updates")
    assert (skills / "light.yaml").read_text() == SENTENCES

    again = paige(tmp_path, "update", str(stick))
    assert again.returncode == 1
    assert "not taken: skills 2026.11 is not newer than 2026.11" in again.stdout

    broken = bundle_of(tmp_path, "2026.12", {"light.yaml": BROKEN}, Component.SKILLS)
    failed = paige(tmp_path, "update", str(broken), "--json")
    assert failed.returncode == 1
    (result,) = json.loads(failed.stdout)["results"]
    assert result["end"] == "failed"
    assert "light.yaml" in result["why"]
    assert updated_skills(tmp_path / "updates") == (skills,)

    status = json.loads(paige(tmp_path, "update", "status", "--json").stdout)
    _, _, told = status["components"]
    assert (told["used"], told["kept"], told["trial"]) == ("2026.11", ["2026.12"], None)
    assert told["failed"][0]["version"] == "2026.12"
    assert "2026.12 failed on " in paige(tmp_path, "update", "status").stdout


def test_what_was_fetched_by_one_is_brought_into_use_by_another(tmp_path: Path) -> None:
    keys, cache = trust(tmp_path / "keys"), tmp_path / "cache"
    made = datetime.now(UTC).date() - timedelta(days=9)
    bundle = bundle_of(tmp_path, "3", {"light.yaml": SENTENCES}, Component.SKILLS, dated=made)
    files = {f"/{one.name}": one.read_bytes() for one in (bundle, bundle.with_suffix(".minisig"))}
    assert keys.keys
    with serving(Served(files)) as served:
        fetched = paige(tmp_path, "update", "fetch", str(cache), PAIGE_UPDATES_URL=served.url)
        assert (fetched.returncode, fetched.stdout) == (0, "skills 3 was fetched\n"), fetched.stderr
        assert not (tmp_path / "updates").exists(), "whoever fetches writes nowhere else"
        taken = paige(tmp_path, "update", "fetched", str(cache))
        assert (taken.returncode, taken.stdout) == (0, "skills 3 is in use\n"), taken.stderr
        assert (cache / "paige-skills.update").exists(), "it is another user's"

        again = paige(tmp_path, "update", "fetched", str(cache))
        assert again.returncode == 0
        assert "not taken: skills 3 is not newer than 3" in again.stdout
        fetched = paige(tmp_path, "update", "fetch", str(cache), PAIGE_UPDATES_URL=served.url)
        age = f"the newest here is skills 3 of {made}, 9 days old"
        assert (fetched.returncode, fetched.stdout) == (0, f"nothing newer is there; {age}\n")
        assert f"skills    3 of {made} is in use" in paige(tmp_path, "update", "status").stdout
    assert not (cache / "paige-skills.update").exists()
    nothing = paige(tmp_path, "update", "fetched", str(cache))
    assert (nothing.returncode, nothing.stdout) == (0, "nothing newer was fetched\n")


def test_what_was_fetched_and_is_signed_by_nobody_who_counts_is_told_and_not_taken(tmp_path: Path) -> None:
    trust(tmp_path / "keys", KeyPair.generate())
    cache = tmp_path / "cache"
    cache.mkdir()
    bundle = bundle_of(tmp_path, "3", {"light.yaml": SENTENCES}, Component.SKILLS)
    bundle.rename(cache / "paige-skills.update")
    refused = paige(tmp_path, "update", "fetched", str(cache))
    assert refused.returncode == 1
    assert "it is not signed by anybody who is trusted here" in refused.stdout
    assert updated_skills(tmp_path / "updates") == ()


def test_a_program_that_cannot_be_started_is_not_brought_into_use(tmp_path: Path) -> None:
    trust(tmp_path / "keys")
    bundle = bundle_of(tmp_path, "99", program_files("99", "deaf"))
    failed = paige(tmp_path, "update", str(bundle))
    assert failed.returncode == 1
    assert (
        "program 99 failed, and what ran before runs on: its self-test failed: this version cannot hear"
        in (failed.stdout)
    )
    assert not (tmp_path / "updates" / "program" / "current").exists()
    recovered = paige(tmp_path, "update", "recover", "--failed", "it did not come up")
    assert (recovered.returncode, recovered.stdout) == (0, "nothing is on trial\n")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["update"], 0, "no address is configured (updates.url), so nothing was asked for"),
        (["update", "rollback", "everything"], 2, "'everything' is no component"),
        (["update", "/nowhere", "skills"], 2, "only a rollback takes a component"),
        (["update", "fetch"], 2, "which folder? paige update fetch FOLDER"),
        (["update", "fetch", "/proc/nowhere"], 0, "no address is configured (updates.url)"),
        (["update", "rollback"], 1, "program: nothing but what is installed was ever in use here"),
        (["update", "/nowhere"], 1, "/nowhere: there is no such file or folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    tmp_path: Path, words: list[str], status: int, said: str
) -> None:
    ended = paige(tmp_path, *words)
    assert ended.returncode == status
    assert said in ended.stdout + ended.stderr
    assert len((ended.stdout + ended.stderr).splitlines()) == 1


def test_an_address_outside_without_encryption_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    ended = paige(tmp_path, "update", PAIGE_UPDATES_URL="http://example.org/")
    assert ended.returncode == 1
    assert "http:// only for one in the house" in ended.stderr


def test_the_self_test_hears_switches_and_speaks_and_touches_no_network(tmp_path: Path) -> None:
    words = ["selftest", "--json"]
    ended = paige(tmp_path, *words, PAIGE_MQTT_HOST="broker.invalid", PAIGE_HOUSE_AREA="Nowhere")
    assert ended.returncode == 0, ended.stderr
    turn = json.loads(ended.stdout)
    assert turn["text"] == "turn on the kitchen lamp"
    (outcome,) = turn["outcomes"]
    assert (outcome["status"], outcome["state"]) == ("done", "on")
    strace = shutil.which("strace")
    if strace is not None:
        traced = subprocess.run(
            [strace, "-f", "-e", "trace=connect,sendto", sys.executable, "-m", "paige.device.cli", *words],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if traced.returncode == 0:
            assert "AF_INET" not in traced.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"PAIGE_VOICE_NAME": "nobody"}, "nobody"),
        ({"PAIGE_SPEECH_RECOGNIZER": "vosk"}, "Vosk needs a model"),
        ({"PAIGE_HOUSE_HOME": "/nowhere.yaml"}, "/nowhere.yaml"),
    ],
)
def test_a_self_test_that_cannot_be_passed_says_why(tmp_path: Path, more: dict[str, str], said: str) -> None:
    ended = paige(tmp_path, "selftest", **more)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_model_of_an_update_is_found_by_its_name(tmp_path: Path) -> None:
    root = tmp_path / "updates"
    for slot in "ab":
        (root / "models" / slot / "english").mkdir(parents=True)
        (root / "models" / f"{slot}.json").touch()
    assert updated_model(root, "english") is None, "nothing is in use"
    (root / "models" / "current").symlink_to("b")
    assert updated_model(root, "english") == root / "models" / "b" / "english"
    assert updated_model(root, "german") is None
    (root / "models" / "b.json").unlink()
    assert updated_model(root, "english") is None, "it is not whole"
