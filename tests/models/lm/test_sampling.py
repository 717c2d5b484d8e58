"""Tokens are drawn as their logits say."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.models.lm.sampling import Sampler, Sampling
from paige.models.lm.stopping import Stopping

LOGITS = np.log(np.array([0.1, 0.4, 0.3, 0.2], np.float32))


def drawn(sampling: Sampling, count: int = 4000) -> dict[int, float]:
    sampler = Sampler(sampling)
    found = Counter(sampler.next(LOGITS) for _ in range(count))
    return {token: number / count for token, number in found.items()}


def test_without_a_temperature_it_is_the_likeliest() -> None:
    assert drawn(Sampling(), 10) == {1: 1.0}


def test_with_one_it_is_as_the_model_says() -> None:
    found = drawn(Sampling(temperature=1.0))
    assert {token: round(share, 1) for token, share in found.items()} == {0: 0.1, 1: 0.4, 2: 0.3, 3: 0.2}


@pytest.mark.parametrize(
    ("sampling", "tokens"),
    [
        (Sampling(1.0, top_k=2), {1, 2}),
        (Sampling(1.0, top_p=0.5), {1, 2}),
        (Sampling(1.0, top_p=0.3), {1}),
        (Sampling(0.01), {1}),
        (Sampling(100.0), {0, 1, 2, 3}),
    ],
)
def test_the_unlikely_may_be_left_out(sampling: Sampling, tokens: set[int]) -> None:
    assert {*drawn(sampling)} == tokens


def test_the_same_seed_draws_the_same() -> None:
    one, same, other = (
        [sampler.next(LOGITS) for _ in range(20)]
        for sampler in (Sampler(Sampling(1.0, seed=seed)) for seed in (1, 1, 2))
    )
    assert one == same
    assert one != other


def test_what_may_not_come_does_not() -> None:
    masked = LOGITS.copy()
    masked[[1, 2]] = -np.inf
    sampler = Sampler(Sampling(1.0))
    assert {sampler.next(masked) for _ in range(200)} == {0, 3}


@pytest.mark.parametrize("wrong", [{"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.5}, {"top_k": -1}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="it is"):
        Sampling(**wrong)  # type: ignore[arg-type]  # the wrong value is the point


@given(
    st.lists(st.text("abc", max_size=4), max_size=12),
    st.lists(st.text("abc", min_size=1, max_size=4), max_size=3),
)
def test_text_ends_before_the_first_stop_sequence_however_it_is_cut(
    pieces: list[str], stops: list[str]
) -> None:
    stopping = Stopping(stops)
    found = "".join(map(stopping.feed, pieces)) + stopping.rest()
    text = "".join(pieces)
    ends = [at for at in map(text.find, stops) if at >= 0]
    # Cut into pieces, a sequence that is complete sooner ends the text, though another began before it.
    assert stopping.stopped == bool(ends)
    assert text.startswith(found)
    if not ends:
        assert found == text
    else:
        assert not any(stop in found for stop in stops)
        assert any(text[len(found) :].startswith(stop) for stop in stops)
