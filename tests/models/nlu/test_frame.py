"""Scores become the likeliest frame that can be."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from paige.models.errors import ModelUnusable
from paige.models.nlu.frame import best_tags, frame
from paige.models.nlu.labels import Labels
from paige.models.nlu.model import Scores

TAGS = ("O", "B-name", "I-name", "B-area", "I-area")
LABELS = Labels(("HassTurnOff", "HassTurnOn", "other:music"), TAGS, {"domain": ("", "light")})


def possible(tags: tuple[str, ...]) -> bool:
    """Whether every `I-` goes on what stands before it."""
    return all(
        not tag.startswith("I-") or (at > 0 and tags[at - 1][1:] == tag[1:]) for at, tag in enumerate(tags)
    )


@given(arrays.arrays(np.float32, (4, len(TAGS)), elements=st.floats(-9, 9, width=32)))
def test_no_possible_sequence_of_tags_is_likelier_than_the_one_found(scores: np.ndarray) -> None:
    found = tuple(best_tags(scores, TAGS))
    assert possible(found)
    log = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)

    def likelihood(tags: tuple[str, ...]) -> float:
        return float(sum(log[at, TAGS.index(tag)] for at, tag in enumerate(tags)))

    best = max(likelihood(tags) for tags in product(TAGS, repeat=4) if possible(tags))
    assert likelihood(found) == pytest.approx(best, abs=1e-3)


def scores(intents: list[float], domain: list[float], tags: np.ndarray) -> Scores:
    return Scores(
        np.array(intents, np.float32),
        tags.astype(np.float32),
        {"domain": np.array(domain, np.float32)},
        np.zeros(2, np.float32),
    )


def test_a_frame_has_the_intent_its_traits_and_its_words() -> None:
    tags = np.full((4, len(TAGS)), -5.0)
    for at, tag in enumerate(("O", "O", "B-name", "I-name")):
        tags[at, TAGS.index(tag)] = 5.0
    found = frame(("turn", "on", "reading", "lamp"), scores([0, 4, 1], [0, 2], tags), LABELS)
    assert found.intent == "HassTurnOn"
    assert found.confidence == pytest.approx(np.exp(4) / (np.exp(0) + np.exp(4) + np.exp(1)))
    assert found.traits == {"domain": "light"}
    assert found.said("name") == ("reading", "lamp")
    assert found.said("area") == ()
    assert [name for name, _ in found.runners_up] == ["other:music", "HassTurnOff"]


def test_a_step_that_belongs_to_another_intent_is_no_trait() -> None:
    labels = Labels(
        ("HassLightSet", "HassSetVolumeRelative"),
        TAGS,
        {"brightness_step": ("", "up"), "volume_step": ("", "up")},
    )
    both = {name: np.array([0, 3], np.float32) for name in labels.traits}
    for at, own in enumerate(("brightness_step", "volume_step")):
        intents = np.array([4 * (at == 0), 4 * (at == 1)], np.float32)
        read = Scores(intents, np.zeros((0, len(TAGS)), np.float32), both, np.zeros(2, np.float32))
        assert frame((), read, labels).traits == {own: "up"}


def test_what_is_not_for_a_home_is_no_intent_however_likely() -> None:
    found = frame((), scores([0, 1, 9], [1, 0], np.zeros((0, len(TAGS)))), LABELS)
    assert found.intent == "HassTurnOn"
    assert found.confidence < 0.01
    likeliest, probability = found.runners_up[0]
    assert likeliest == "other:music"
    assert probability > 0.99
    assert found.traits == {}
    assert found.spans == ()


def test_labels_come_back_from_their_file(tmp_path: Path) -> None:
    LABELS.save(tmp_path / "labels.json")
    assert Labels.load(tmp_path / "labels.json") == LABELS


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"intents": 1, "tags": [], "traits": {}}', "\xff"])
def test_a_file_that_holds_no_labels_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "labels.json"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(ModelUnusable, match=r"labels\.json: these are no labels"):
        Labels.load(file)
