"""The network is Llama's, its turns are apart, and a training that was broken off goes on unchanged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from paige.tools.training.decoder.fit import Fit, Plan, losses  # noqa: E402  # they need torch
from paige.tools.training.decoder.network import Network, Size  # noqa: E402
from paige.tools.training.decoder.rows import Rows  # noqa: E402

SIZE = Size(vocabulary=96, hidden=64, layers=2, heads=4, key_value_heads=2, feed_forward=96, positions=64)
PLAN = Plan(steps=6, tokens=64, warm_up=2, threads=1, half=False, save_every=10_000)


def network() -> Network:
    torch.manual_seed(1)
    made = Network(SIZE)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn_like(weight) * 0.2 + (weight.dim() == 1))
    return made


def rows(step: int) -> Rows:
    random = np.random.default_rng(step)
    tokens = random.integers(0, SIZE.vocabulary, (2, 32))
    turns = np.repeat([[0, 1, 2, -1]], 8, axis=1).repeat(2, axis=0)
    positions = np.tile([*range(8), *range(8, 16), *range(8, 16), *range(8)], (2, 1))
    return Rows(tokens, positions, turns, (turns > 0).astype(np.float32))


def test_logits_are_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers", reason="what it is compared with")
    ours = network()
    config = {key: value for key, value in SIZE.to_config(0).items() if key != "architectures"}
    theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(**config)).eval()
    weights = {f"model.{name}": weight for name, weight in ours.state_dict().items()}
    theirs.load_state_dict(weights | {"lm_head.weight": ours.embed_tokens.weight})
    tokens = torch.randint(0, SIZE.vocabulary, (1, 40))
    with torch.no_grad():
        hidden = ours(tokens, torch.arange(40)[None], torch.zeros_like(tokens))
        assert (ours.logits(hidden) - theirs(tokens).logits).abs().max() < 1e-4


def test_a_turn_is_read_as_if_it_were_the_only_one() -> None:
    made, some = network(), rows(1)
    tokens, positions, turns = (torch.from_numpy(part) for part in (some.tokens, some.positions, some.turns))
    alone = torch.cat([torch.arange(8), torch.arange(16, 24)])
    with torch.no_grad():
        together = made(tokens, positions, turns)[:, 16:24]
        single = made(tokens[:, alone], torch.arange(16)[None], torch.zeros(1, 16, dtype=torch.long))[:, 8:]
    torch.testing.assert_close(together, single, atol=1e-5, rtol=1e-5)


def test_what_is_broken_off_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = network()
    assert Fit(whole, rows, PLAN, tmp_path / "whole").run()
    first = network()
    assert not Fit(first, rows, PLAN, tmp_path / "parts").run(minutes=0)
    second = network()
    fit = Fit(second, rows, PLAN, tmp_path / "parts")
    assert fit.step == 1
    assert fit.run()
    for one, other in zip(whole.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_it_learns(tmp_path: Path) -> None:
    made = network()
    before = losses(made, rows(3), half=False)[1]
    Fit(made, lambda _: rows(3), replace(PLAN, steps=40, other_rate=0.003), tmp_path).run()
    assert losses(made, rows(3), half=False)[1] < before - 1


def test_rates_grow_stay_and_fall() -> None:
    plan = replace(PLAN, steps=100, warm_up=10, decay=0.2)
    assert [plan.rate(step) for step in (0, 9, 50, 80, 90, 100)] == pytest.approx([0.1, 1, 1, 1, 0.5, 0])
