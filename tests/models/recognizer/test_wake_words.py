"""Any phrase can be listened for, whether a dictionary has its words or not."""

from pathlib import Path

import pytest

from paige.audio.errors import PhraseUnusable
from paige.audio.wake import Phrase, open_wake_detector
from paige.models.made_before import MadeBefore
from paige.models.recognizer import wake_words
from paige.models.recognizer.wake_words import say


def test_words_that_no_dictionary_has_are_said_by_their_letters() -> None:
    phrase = Phrase("hey Anaïs, my zigbee")
    with pytest.raises(PhraseUnusable, match="anaïs"):
        open_wake_detector([phrase])
    open_wake_detector([phrase], say)
    assert say(["anaïs"])["anaïs"]


def test_what_has_no_letters_cannot_be_said() -> None:
    with pytest.raises(PhraseUnusable, match="'12' is said"):
        open_wake_detector([Phrase("hey 12")], say)


def test_the_next_start_need_not_look_them_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake_words, "_said", {})
    said = say(["stop", "anaïs"], MadeBefore(tmp_path / "made"))
    assert said == say(["anaïs", "stop"])
    monkeypatch.setattr(wake_words, "_said", {})  # as a start finds it
    monkeypatch.setattr(wake_words, "pronounce", lambda *_: pytest.fail("they were looked up again"))
    assert say(["stop", "anaïs"], MadeBefore(tmp_path / "made")) == said
