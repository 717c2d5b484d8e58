"""Voice and wake words, looked at for real."""

from dataclasses import replace
from pathlib import Path

import pytest

from paige.device.config.load import Loaded, load
from paige.device.config.schema import Voice, Wake
from paige.device.doctor.finding import Verdict
from paige.device.doctor.sound import speaker, voice, wake_words


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return load(None, {"PAIGE_STATE_DIR": str(tmp_path), "HOME": str(tmp_path)})


def with_(loaded: Loaded, *, voice: Voice | None = None, wake: Wake | None = None) -> Loaded:
    config = loaded.config
    return replace(loaded, config=replace(config, voice=voice or config.voice, wake=wake or config.wake))


def test_the_default_voice_speaks_and_one_that_is_not_there_is_named(loaded: Loaded, tmp_path: Path) -> None:
    assert voice(loaded).verdict is Verdict.OK
    missing = voice(with_(loaded, voice=Voice(name=str(tmp_path / "amy.onnx"))))
    assert missing.verdict is Verdict.WRONG
    assert "amy.onnx" in missing.text


def test_the_default_wake_word_can_be_listened_for_and_what_nobody_can_say_is_named(loaded: Loaded) -> None:
    assert "okay nabu" in wake_words(loaded).text
    unsaid = wake_words(with_(loaded, wake=Wake(words=("hey 你好",))))
    assert unsaid.verdict is Verdict.WRONG
    assert "你好" in unsaid.text
    assert "button" in wake_words(with_(loaded, wake=Wake(mode="push"))).text


def test_who_wants_no_voice_needs_no_loudspeaker(loaded: Loaded) -> None:
    assert speaker(with_(loaded, voice=Voice(aloud=False))).verdict is Verdict.OK
