"""A model gives the same under every budget, and no more memory is taken than planned."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from paige.device.errors import DeviceError
from paige.device.memory.pager import Pager
from paige.device.memory.plan import BudgetTooSmall, Planner
from paige.device.memory.size import show_size
from paige.device.memory.supply import ModelFiles
from paige.models.errors import ModelUnusable
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.models.lm.shared_memory import SHARED_MEMORY
from paige.models.lm.slot import Slot

Packed = Callable[[str, int], PackedModel]
TOKENS = [3, 14, 15, 9, 26, 5, 35, 8, 9, 79]


def logits(model: PackedModel, pager: Pager[Slot]) -> NDArray[np.float32]:
    decoder = Decoder(model, pager, 64)
    known = KeyValues(decoder.shape, 64)
    first = decoder.read(TOKENS[:6], known)
    return np.concatenate([first, *(decoder.read([token], known) for token in TOKENS[6:])])


def checked(model: PackedModel) -> ModelFiles:
    files = ModelFiles(model, 1)
    files.check()
    return files


def planner(model: PackedModel) -> Planner:
    return Planner({shard: model.graph(shard).shard_bytes for shard in model.manifest.shards})


def budgets(model: PackedModel) -> list[int]:
    """The least, what lies between, and room for all."""
    plans = planner(model)
    return [plans.least, (plans.least + plans.whole) // 2, plans.whole]


@pytest.mark.parametrize("bits", [4, 32])
def test_the_same_under_every_budget_bit_for_bit(bits: int, packed: Packed) -> None:
    model = packed("qwen3", bits)
    found = []
    for budget in budgets(model):
        pager = Pager(checked(model), budget)
        found.append(logits(model, pager))
        pager.close()
    assert len({planner(model).within(budget).streamed for budget in budgets(model)}) > 1
    for one in found[1:]:
        np.testing.assert_array_equal(one, found[0])


def test_a_pass_that_is_broken_off_does_no_harm(packed: Packed) -> None:
    model = packed("llama", 4)
    pager = Pager(checked(model), budgets(model)[0])
    expected = logits(model, pager)
    with pager.lease("layer-000"):
        pass
    with pager.lease("layer-000"):
        pass
    np.testing.assert_array_equal(logits(model, pager), expected)
    pager.close()


def test_it_takes_what_was_planned_and_gives_all_back(packed: Packed) -> None:
    model = packed("llama", 32)
    before = os.statvfs(SHARED_MEMORY)
    for budget in budgets(model):
        pager = Pager(checked(model), budget)
        logits(model, pager)
        taken = before.f_bfree - os.statvfs(SHARED_MEMORY).f_bfree
        places = sum(len(graph.regions) for graph in model.graphs.values()) * len(model.manifest.shards)
        assert taken * before.f_bsize <= budget + 2 * places * before.f_bsize  # each may begin within a page
        pager.close()
        assert before.f_bfree - os.statvfs(SHARED_MEMORY).f_bfree < 5
    assert "shards" not in {thread.name for thread in threading.enumerate()}


def test_a_budget_too_small_says_what_would_do(packed: Packed) -> None:
    model = packed("llama", 4)
    least = budgets(model)[0]
    with pytest.raises(BudgetTooSmall, match=f"the least that does is {show_size(least)}"):
        Pager(checked(model), least - 1)


@pytest.mark.parametrize("shard", ["layer-000", "layer-001", "head-000"])
@pytest.mark.parametrize("budget", [0, -1])
def test_a_shard_cut_short_is_named(shard: str, budget: int, packed: Packed, tmp_path: Path) -> None:
    good = packed("llama", 4)
    shutil.copytree(good.folder, tmp_path / "model")
    model = PackedModel.load(tmp_path / "model")
    with (model.folder / shard).open("r+b") as file:
        file.truncate(100)

    def used() -> None:
        pager = Pager(checked(model), budgets(model)[budget])
        try:
            logits(model, pager)
        finally:
            pager.close()

    with pytest.raises(ModelUnusable, match=rf"{shard}: a shard of 100 bytes; [\d]+ were expected"):
        used()


def test_a_shard_that_is_gone_is_named(packed: Packed, tmp_path: Path) -> None:
    shutil.copytree(packed("llama", 4).folder, tmp_path / "model")
    model = PackedModel.load(tmp_path / "model")
    (model.folder / "layer-001").unlink()
    pager = Pager(checked(model), budgets(model)[-1])
    with pytest.raises(DeviceError, match="layer-001: a shard of a model cannot be read: No such file"):
        logits(model, pager)
    pager.close()


@pytest.mark.parametrize("shard", ["layer-000", "layer-001", "head-000"])
def test_a_shard_of_which_a_bit_is_wrong_is_named(shard: str, packed: Packed, tmp_path: Path) -> None:
    shutil.copytree(packed("llama", 4).folder, tmp_path / "model")
    model = PackedModel.load(tmp_path / "model")
    with (model.folder / shard).open("r+b") as file:
        first = file.read(1)[0]
        file.seek(0)
        file.write(bytes([first ^ 1]))

    def used() -> None:
        pager = Pager(checked(model), budgets(model)[0])
        try:
            logits(model, pager)
        finally:
            pager.close()

    with pytest.raises(ModelUnusable, match=rf"{shard}: this shard is damaged: its checksum is"):
        used()
