"""Slots are counted as whole spans, and frames as publications count them."""

import pytest

from paige.tools.training.spans_score import Score, score

PLAY = ("Play", ("O", "B-artist", "I-artist", "O", "B-year"))


def test_what_is_the_same_is_all_right() -> None:
    assert score([(PLAY, PLAY)]) == Score(1, 1.0, 1.0, 1.0)


def test_half_of_a_span_is_a_wrong_one_and_a_missing_one() -> None:
    half = ("Play", ("O", "B-artist", "O", "O", "B-year"))
    # Two of each; one is right: precision and recall are a half.
    assert score([(PLAY, half)]) == Score(1, 1.0, 0.5, 0.0)


def test_a_slot_too_many_costs_precision_alone() -> None:
    more = ("Play", ("B-album", "B-artist", "I-artist", "O", "B-year"))
    found = score([(PLAY, more)])
    assert found.slots == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))
    assert found.frame == 0


def test_slots_are_counted_over_all_sentences_and_frames_by_sentence() -> None:
    nothing = ("Stop", ("O",))
    wrong_intent = ("Play", ("O",))
    found = score([(PLAY, PLAY), (nothing, nothing), (nothing, wrong_intent)])
    assert found == Score(3, 2 / 3, 1.0, 2 / 3)
    assert str(found) == "66.7 / 100.0 / 66.7"


def test_two_spans_that_touch_are_not_one() -> None:
    apart = ("Play", ("B-item", "B-item"))
    joined = ("Play", ("B-item", "I-item"))
    assert score([(apart, joined)]).slots == 0


def test_no_sentences_have_no_score() -> None:
    with pytest.raises(ValueError, match="no sentences"):
        score([])
