"""`paige bench wake` counts what was heard where nothing was said, what was missed, and who was cut off."""

from pathlib import Path

import numpy as np
import pytest

from paige.audio.chunk import CHUNK_SAMPLES, RATE
from paige.audio.voice_activity import VoiceDetector
from paige.tools.bench.wake import endpoints, following, own, ready
from paige.tools.bench.wake.following import Followed, following_table
from paige.tools.bench.wake.own import phrases
from paige.tools.bench.wake.people import Talker, left_out, people, say_as
from paige.tools.bench.wake.scenes import SCENE_SECONDS, Scenes

RECORDINGS = sorted((Path(__file__).parents[2] / "tools" / "demo" / "recordings").glob("*.wav"))


def test_scenes_are_of_every_kind_and_a_minute_long() -> None:
    made = [*Scenes(3, frozenset({"alexa"})).scenes(7)]
    assert {scene.kind for scene in made} >= {"speech", "speech in noise", "babble", "music"}
    for one in made:
        assert len(one.samples) == SCENE_SECONDS * RATE
        assert 300 < one.samples.std() < 8000


def test_a_phrase_is_counted_once_for_each_time_it_becomes_probable() -> None:
    peak = ready.Peak("alexa", 0.95, "music")
    weak = ready.Peak("alexa", 0.5, "music")
    heard = ready.Listened((peak, weak), {"music": 1800.0}, 1.0)
    assert heard.per_hour("alexa", 0.5) == pytest.approx(2.0)
    assert heard.per_hour("alexa", 1.0) == pytest.approx(4.0)
    assert heard.per_hour("okay nabu", 1.0) == 0
    both = ready.Listened.together([heard, heard])
    assert both.per_hour("alexa", 0.5) == pytest.approx(2.0)
    assert both.hours == pytest.approx(1.0)


def test_what_is_missed_is_a_share_of_the_voices_under_a_condition() -> None:
    said = [
        ready.Said("alexa", ready.ESPEAK, "m1", None, probability, 0.2) for probability in (0.2, 0.5, 0.95)
    ]
    said += [ready.Said("alexa", ready.ESPEAK, "f1", 6.0, 0.1, float("nan"))]
    assert ready.missed(said, "alexa", None, 0.5) == pytest.approx(2 / 3)
    assert ready.missed(said, "alexa", None, 1.0) == pytest.approx(1 / 3)
    assert ready.missed(said, "alexa", 6.0, 1.0) == 1
    assert ready.unheard(said, "alexa") == ["m1"]


def test_names_are_missed_by_name_and_by_who_made_the_voice() -> None:
    heard = [own.Called(name, ready.ESPEAK, None, heard=False) for name in own.NAMES]
    heard += [own.Called("computer", "flite rms", None, heard=answer) for answer in (True, True, False, True)]
    rows = {row[0]: row[1] for row in own.called_table(heard, {None: "quiet"}).rows}
    assert rows == {"computer, voices of people": "25%", "all, eSpeak NG": "100%", "all, flite rms": "25%"}


@pytest.mark.skipif(not people(), reason="neither flite nor festival is installed")
def test_a_person_of_another_size_speaks_at_the_same_tempo() -> None:
    person = people()[0]
    plain = len(say_as("okay nabu", Talker(person)))
    assert len(say_as("okay nabu", Talker(person, size=1.1))) == pytest.approx(plain, rel=0.06)
    assert len(say_as("okay nabu", Talker(person, tempo=0.87))) == pytest.approx(plain / 0.87, rel=0.06)
    echoed = say_as("okay nabu", Talker(person, echo=0.4))
    assert len(echoed) == pytest.approx(plain + 0.4 * RATE, abs=1)
    assert np.abs(echoed[plain : plain + RATE // 10]).max() > 100 > np.abs(echoed[-10:]).max()


@pytest.mark.skipif(not people(), reason="neither flite nor festival is installed")
@pytest.mark.parametrize("what", following.FOLLOWING)
def test_after_a_wake_word_is_heard_what_was_said_and_nothing_else(what: str) -> None:
    found = following.said_by(Talker(people()[0]), what, 0)
    assert found == Followed(what, woken=True, heard=int(what != "nothing"), whole=what != "nothing")
    [row] = [row for row in following_table([found]).rows if row[0] == what]
    assert row[1:] == ("1", *(("0%", "0%", "100%") if found.heard else ("100%", "0%", "0%")))


def test_voices_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    people.cache_clear()
    try:
        assert people() == ()
        assert "flite rms" in left_out()
    finally:
        people.cache_clear()


def test_who_stops_to_think_is_cut_off_by_a_short_pause_alone() -> None:
    [one, *_] = endpoints.recordings(RECORDINGS[:1])
    halves = [one.samples[: len(one.samples) // 2], one.samples[len(one.samples) // 2 :]]
    gap = np.zeros(RATE // 2, np.int16)
    thinks = endpoints.recording(np.concatenate((halves[0], gap, halves[1])))
    judged = endpoints.judge([one, thinks], VoiceDetector, None, None)
    assert [judged.cut(pause) for pause in endpoints.PAUSES] == [0.5, 0.5, 0.0]
    assert judged.lost(0.7) == 0
    assert 0.65 <= judged.delays(0.7).median <= 0.95
    assert judged.heard > 0.8
    assert judged.false < 0.02


def test_speech_that_never_ends_is_lost() -> None:
    one = endpoints.Recording(np.zeros(RATE, np.int16), 0.2, 0.8)
    always = [True] * (7 * RATE // CHUNK_SAMPLES)
    assert endpoints._ending(always, one, 0.7).open
    assert endpoints._ending([False] * len(always), one, 0.7).missed


def test_phrases_are_said_often_and_long_enough() -> None:
    slots = {"size": "big", "drink": "cappuccino"}
    labels = {str(number): {"slots": slots} for number in range(12)}
    assert phrases(labels) == [["cappuccino"]]
