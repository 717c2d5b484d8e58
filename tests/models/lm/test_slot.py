"""A slot runs whatever shard is in it, and takes no more memory than the shard."""

import os
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paige.models.errors import ModelUnusable
from paige.models.lm.packed import PackedModel
from paige.models.lm.shared_memory import SHARED_MEMORY
from paige.models.lm.slot import Slot
from paige.models.onnx import onnxruntime

Packed = Callable[[str, int], PackedModel]


def filled(slot: Slot, file: Path) -> list[np.ndarray]:
    slot.fill([memoryview(file.read_bytes())])
    return slot.probe(3, seed=1)


@pytest.mark.parametrize("bits", [32, 8, 4])
def test_another_shard_is_put_under_the_same_session(bits: int, packed: Packed) -> None:
    model = packed("qwen3", bits)
    one, other = Slot(model.graphs["layer"], 1), Slot(model.graphs["layer"], 1)
    first, second = model.folder / "layer-000", model.folder / "layer-001"
    expected = [filled(Slot(model.graphs["layer"], 1), file) for file in (first, second)]
    for file, results in zip((first, second, first), (*expected, expected[0]), strict=True):
        for found, result in zip(filled(one, file), results, strict=True):
            np.testing.assert_array_equal(found, result)
    assert not np.array_equal(expected[0][0], expected[1][0])
    one.close()
    other.close()


def test_on_another_provider_nothing_can_be_put_under_a_session(
    packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So `execution` leaves the language model on the processor (docs/decisions/0038)."""
    model, opened, used = packed("qwen3", 32), onnxruntime.InferenceSession, list[str]()
    files = [model.folder / "layer-000", model.folder / "layer-001"]
    expected = [filled(Slot(model.graphs["layer"], 1), file) for file in files]
    for provider in ("CUDAExecutionProvider", "OpenVINOExecutionProvider"):
        if provider not in onnxruntime.get_available_providers():
            continue

        def elsewhere(graph: bytes, options: Any, providers: list[str], first: str = provider) -> Any:
            session = opened(graph, options, providers=[first, *providers])
            used.append(session.get_providers()[0])
            return session

        monkeypatch.setattr(onnxruntime, "InferenceSession", elsewhere)
        slot = Slot(model.graphs["layer"], 1)
        if used[-1] == provider:  # where its libraries are missing, the runtime takes the processor
            found = [filled(slot, file) for file in files]
            assert np.array_equal(found[0][0], found[1][0])
            assert not np.allclose(found[1][0], expected[1][0])
    if not {*used} - {"CPUExecutionProvider"}:
        pytest.skip(f"ONNX Runtime {onnxruntime.__version__} here computes on the processor alone")


def test_pieces_of_any_size_fill_it(packed: Packed) -> None:
    model = packed("llama", 4)
    slot, data = Slot(model.graphs["layer"], 1), (model.folder / "layer-000").read_bytes()
    whole = filled(slot, model.folder / "layer-000")
    slot.empty()
    slot.fill(memoryview(data)[at : at + 777] for at in range(0, len(data), 777))
    for found, result in zip(slot.probe(3, seed=1), whole, strict=True):
        np.testing.assert_array_equal(found, result)


@pytest.mark.parametrize("change", [-1, 1, -1000])
def test_a_shard_that_is_too_short_or_too_long_is_refused(change: int, packed: Packed) -> None:
    model = packed("llama", 4)
    data = bytes(model.graphs["layer"].shard_bytes + change)
    with pytest.raises(ModelUnusable, match=r"a shard of [\d]+ bytes; [\d]+ were expected"):
        Slot(model.graphs["layer"], 1).fill([memoryview(data)])


def test_a_shard_takes_its_bytes_and_no_more(packed: Packed) -> None:
    model = packed("llama", 4)
    graph = model.graphs["layer"]
    before = os.statvfs(SHARED_MEMORY)
    slots = [Slot(graph, 1) for _ in range(20)]
    empty = os.statvfs(SHARED_MEMORY)
    for slot in slots:
        filled(slot, model.folder / "layer-000")
    full = os.statvfs(SHARED_MEMORY)
    pages = len(graph.regions) + graph.shard_bytes / full.f_bsize  # each region may begin within a page
    assert (before.f_bfree - empty.f_bfree) < 20
    assert (empty.f_bfree - full.f_bfree) < 20 * (pages + len(graph.regions))
    for slot in slots:
        slot.close()
    assert abs(before.f_bfree - os.statvfs(SHARED_MEMORY).f_bfree) < 20


def test_what_was_arranged_otherwise_is_refused_and_says_what_to_do(packed: Packed) -> None:
    model = packed("llama", 4)
    graph = model.graphs["layer"]
    blank = bytearray(zlib.decompress(graph.blank))
    blank[8 + 7] ^= 1  # behind the first page's place

    def opened() -> None:
        """Some versions of the runtime refuse it; others never look at the shard then."""
        slot = Slot(replace(graph, blank=zlib.compress(blank)), 1)
        filled(slot, model.folder / "layer-000")
        slot.check()

    with pytest.raises(ModelUnusable, match="add it again with `paige models add`"):
        opened()


def test_the_first_shard_does_what_it_did_when_it_was_arranged(packed: Packed) -> None:
    model = packed("llama", 4)
    slot = Slot(model.graphs["layer"], 1)
    filled(slot, model.folder / "layer-000")
    slot.check()
    filled(slot, model.folder / "layer-001")
    with pytest.raises(ModelUnusable, match="another processor or another version"):
        slot.check()


def test_where_there_are_no_files_in_memory_it_says_so(packed: Packed, tmp_path: Path) -> None:
    with pytest.raises(
        ModelUnusable, match="nowhere: a model is run from files in memory there: No such file"
    ):
        Slot(packed("llama", 4).graphs["layer"], 1, tmp_path / "nowhere")
