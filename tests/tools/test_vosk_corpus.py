"""Utterances to learn from are what they are said to be; what a model hears of others is told."""

from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from paige.models.recognizer.lexicon import Pronunciations
from paige.tools.vosk import judge
from paige.tools.vosk.corpus import Example, make, stored
from paige.tools.vosk.disturbing import disturb
from paige.tools.vosk.phones import SOUNDS
from paige.tools.vosk.sentences import Speaker, home_graph, known_words, unknown_words

MODEL = Path(__file__).parents[1] / "models" / "recognizer" / "vosk-synthetic"


@cache
def known() -> Pronunciations:
    return known_words(home_graph())


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [*make(known(), 5, seed=1)]


def test_each_frame_has_its_sound_and_the_phones_are_those_of_the_words(examples: list[Example]) -> None:
    assert len(examples) >= 3
    for example in examples:
        assert abs(len(example.heard) - len(example.samples) / 160) < 4
        heard = [SOUNDS[sound] for sound in example.heard]
        assert heard[0] == heard[-1] == "SIL"
        expected = {
            phone for word in example.words for way in known().get(word, ("SPN",)) for phone in way.split()
        }
        assert {*heard} - {"SIL"} <= expected


def test_utterances_are_kept_and_not_made_again(examples: list[Example], tmp_path: Path) -> None:
    file = tmp_path / "train-1.npz"
    made = stored(file, iter(examples), len(examples))
    again = stored(file, iter(()), 0)
    assert len(made) == len(again) == len(examples)
    for one, two, three in zip(examples, made, again, strict=True):
        assert one.words == two.words == three.words
        assert np.array_equal(one.samples, three.samples)
        assert np.array_equal(one.heard, three.heard)


def test_what_is_disturbed_stays_as_long_and_within_16_bits(examples: list[Example]) -> None:
    def heard(seed: int) -> NDArray[np.float32]:
        return disturb(examples[0].samples, examples[1].samples, np.random.default_rng(seed))

    for seed in range(8):
        sound = heard(seed)
        assert len(sound) == len(examples[0].samples)
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= 32768
        assert np.array_equal(sound, heard(seed))


def test_what_is_said_is_known_unknown_and_sentences() -> None:
    unknown = unknown_words(known())
    assert not known().keys() & {*unknown}
    speaker = Speaker(home_graph(), sorted(known()), unknown, Random(1))
    said = [speaker.draw() for _ in range(60)]
    assert all(said)
    assert {word for words in said for word in words} <= known().keys() | {*unknown}
    assert any({*words} & {*unknown} for words in said)


def test_what_a_model_hears_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert judge.main(["--model", str(MODEL), "--utterances", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("sentences of the home: ")
    assert lines[1] == "other words: 100% refused as they should be, 0% taken for a sentence"
    assert judge.main(["--model", str(tmp_path)]) == 1
    assert "no Vosk model" in capsys.readouterr().err
