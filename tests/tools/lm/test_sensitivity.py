"""What is most sensitive has 8 bits, as far as bytes go."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.lm.conftest import GOLDEN
from tests.tools.lm.written import logits

from paige.models.errors import ModelUnusable
from paige.models.lm.quantization import Quantization
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import Conversion
from paige.tools.lm.divergence import Tally, divergence
from paige.tools.lm.recipe import MATRICES, Form, LayerForm, Recipe
from paige.tools.lm.sensitivity import Sensitivity, recipe_bytes, sensitivity, within
from paige.tools.lm.walk import Walk

FOUR, EIGHT = Quantization(4, 32), Quantization(8, 32)
CHECKPOINT = Checkpoint(GOLDEN / "qwen2")
WIDE = replace(
    CHECKPOINT.shape, layers=6, hidden=256, heads=4, head_width=64, feed_forward=1024, vocabulary=2048
)
PLAIN = Recipe((LayerForm.plain(WIDE, FOUR),) * WIDE.layers, Form(FOUR))


def test_costs_are_those_of_a_model_with_one_matrix_rounded(tmp_path: Path) -> None:
    texts = np.random.default_rng(1).integers(0, CHECKPOINT.shape.vocabulary, (2, 48))
    *steps, found = sensitivity(CHECKPOINT, texts, FOUR)
    assert steps == [None, None]
    assert found is not None
    walk = Walk(CHECKPOINT, texts)
    for _ in range(2):
        walk.step()
    whole, shape = walk.logits(walk.hidden), CHECKPOINT.shape
    plain = LayerForm.plain(shape, Quantization(32))
    for number, name in ((0, "down"), (1, "query_key_value"), (1, "gate_up")):
        forms = [plain, plain]
        forms[number] = plain.but({name: Form(FOUR)})
        folder = tmp_path / f"{number}{name}"
        for _ in Conversion(CHECKPOINT, Recipe(tuple(forms), Form(Quantization(32))), folder, "").steps():
            pass
        made = np.stack([logits(folder, text) for text in texts.tolist()])
        cost = divergence(made.reshape(-1, shape.vocabulary), whole.reshape(-1, shape.vocabulary))
        # There errors are weighed by what comes in; here they are not, and embeddings have 16 bits.
        assert found.layers[number][name] == pytest.approx(cost, rel=0.35)


COSTS = st.floats(0, 1, allow_subnormal=False)
SENSITIVITIES = st.builds(
    Sensitivity,
    st.tuples(*[st.fixed_dictionaries(dict.fromkeys(MATRICES, COSTS))] * WIDE.layers),
    COSTS,
)
LEAST, MOST = (recipe_bytes(Recipe.plain(WIDE, how), WIDE) for how in (FOUR, EIGHT))


def gain(recipe: Recipe, found: Sensitivity) -> float:
    """Nats that are saved."""
    saved = found.head * (recipe.head.how == EIGHT)
    for form, costs in zip(recipe.layers, found.layers, strict=True):
        saved += sum(cost for name, cost in costs.items() if form.of(name).how == EIGHT)
    return saved


@settings(max_examples=20)
@given(SENSITIVITIES, st.integers(LEAST, MOST), st.integers(0, MOST - LEAST))
def test_it_keeps_to_the_bytes_and_more_bytes_cost_no_more(found: Sensitivity, most: int, more: int) -> None:
    recipe = within(PLAIN, WIDE, found, most, EIGHT)
    assert recipe_bytes(recipe, WIDE) <= most
    assert len(recipe.kinds) <= 2
    assert gain(within(PLAIN, WIDE, found, most + more, EIGHT), found) >= gain(recipe, found)


@settings(max_examples=20)
@given(SENSITIVITIES)
def test_with_room_for_all_all_has_8_bits_that_gains(found: Sensitivity) -> None:
    everything = found.head + sum(sum(costs.values()) for costs in found.layers)
    assert gain(within(PLAIN, WIDE, found, MOST, EIGHT), found) == pytest.approx(everything)


def test_what_costs_most_comes_first() -> None:
    costs = [dict.fromkeys(MATRICES, 0.01) for _ in range(WIDE.layers)]
    costs[4]["down"] = costs[1]["down"] = 0.5
    found = Sensitivity(tuple(costs), 0.01)
    room = LEAST + (MOST - LEAST) // 8
    recipe = within(PLAIN, WIDE, found, room, EIGHT)
    for number in (1, 4):
        assert recipe.layers[number].down.how == EIGHT
    assert recipe.head.how == FOUR


def test_too_few_bytes_are_refused() -> None:
    found = Sensitivity(tuple(dict.fromkeys(MATRICES, 0.1) for _ in range(WIDE.layers)), 0.1)
    with pytest.raises(ModelUnusable, match=f"in the fewest bits they have {LEAST:,}"):
        within(PLAIN, WIDE, found, LEAST - 1, EIGHT)


def test_a_tally_is_that_of_all_texts() -> None:
    random = np.random.default_rng(1)
    theirs = random.standard_normal((3, 20, 50), np.float32)
    ours = (theirs + random.standard_normal((3, 20, 50), np.float32) / 4).astype(np.float32)
    texts = random.integers(0, 50, (3, 20))
    tally = Tally()
    for one in zip(ours, theirs, texts, strict=True):
        tally.add(*one)
    lost = tally.loss()
    assert lost.divergence == pytest.approx(divergence(ours.reshape(-1, 50), theirs.reshape(-1, 50)))
    assert lost.same == (ours.argmax(-1) == theirs.argmax(-1)).mean()
    shares = np.exp(theirs) / np.exp(theirs).sum(-1, keepdims=True)
    followed = np.take_along_axis(shares[:, :-1], texts[:, 1:, None], -1)
    assert lost.whole_perplexity == pytest.approx(float(np.exp(-np.log(followed).mean())), rel=1e-5)
    assert lost.perplexity != lost.whole_perplexity
