"""What is written, in whatever form, is what a board's graphs compute."""

from pathlib import Path

import numpy as np
import pytest
from tests.models.lm.conftest import GOLDEN, Resident
from tests.models.lm.test_decoder import divergence, expected
from tests.tools.lm.written import logits

from paige.device.memory.pager import Pager
from paige.device.memory.plan import Planner
from paige.device.memory.supply import ModelFiles
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.models.lm.packing import pack
from paige.models.lm.quantization import ROW, Quantization
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import Conversion
from paige.tools.lm.recipe import Form, LayerForm, Recipe

FOUR, EIGHT, ROWS = Quantization(4, 32), Quantization(8, 32), Quantization(8, ROW)


def recipe(form: str, checkpoint: Checkpoint) -> Recipe:
    """By its name; each has two layers, as the golden checkpoints have."""
    shape, four, eight = checkpoint.shape, Form(FOUR), Form(EIGHT)
    whole, half = shape.feed_forward, shape.feed_forward // 2
    match form:
        case "rows":
            return Recipe.plain(shape, ROWS)
        case "mixed":
            careful = LayerForm(four, four, four, eight, whole)
            return Recipe((careful, LayerForm.plain(shape, FOUR)), eight)
        case "pruned":
            return Recipe((LayerForm(eight, eight, eight, eight, half),) * 2, eight)
        case "low rank":
            return Recipe((LayerForm(eight, eight, Form(EIGHT, 32), Form(EIGHT, 32), whole),) * 2, eight)
        case "smooth":
            return Recipe((LayerForm.plain(shape, FOUR),) * 2, four, smooth=True)
        case "smooth rows":
            return Recipe((LayerForm.plain(shape, ROWS),) * 2, Form(ROWS), smooth=True)
        case _:
            return Recipe.plain(shape, {"4": FOUR, "8": EIGHT}[form])


@pytest.mark.parametrize(
    ("form", "texts"),
    [(form, False) for form in ("8", "rows", "pruned", "low rank")]
    + [(form, True) for form in ("4", "mixed", "pruned", "low rank", "smooth", "smooth rows")],
)
@pytest.mark.parametrize("family", ["llama", "llama3", "qwen2", "qwen3"])
def test_graphs_do_what_the_files_say(family: str, form: str, texts: bool, tmp_path: Path) -> None:
    checkpoint = Checkpoint(GOLDEN / family)
    tokens, whole = expected(family)
    # Matrices of these checkpoints are noise, so that texts show little but that nothing breaks.
    came = np.random.default_rng(1).integers(0, checkpoint.shape.vocabulary, (4, 64)) if texts else None
    written = recipe(form, checkpoint)
    for _ in Conversion(checkpoint, written, tmp_path / "model", "none", came).steps():
        pass
    for _ in pack(tmp_path / "model", tmp_path / "packed"):
        pass
    model = PackedModel.load(tmp_path / "packed")
    decoder = Decoder(model, Resident(model), 128)
    ours = decoder.read(tokens, KeyValues(decoder.shape, 128), wanted=len(tokens))
    plain = logits(tmp_path / "model", tokens)
    # Where blocks are multiplied, the runtime rounds what comes in to 8 bits; where rows are, the graph does.
    assert divergence(ours, plain) < (1e-4 if "rows" in form else 1e-3)
    lost, lost_plain = divergence(ours, whole), divergence(plain, whole)
    assert lost == pytest.approx(lost_plain, rel=0.05, abs=1e-3)
    assert lost < {"pruned": 1.0, "low rank": 0.5, "8": 2e-3, "rows": 5e-3, "smooth rows": 5e-3}.get(
        form, 0.2
    )


def test_layers_of_two_forms_are_shards_of_two_kinds(tmp_path: Path) -> None:
    checkpoint = Checkpoint(GOLDEN / "llama")
    conversion = Conversion(checkpoint, recipe("mixed", checkpoint), tmp_path, "none")
    assert len(list(conversion.steps())) == conversion.count
    told = conversion.manifest
    assert told.shards == {"layer-000": "layer-a", "layer-001": "layer-b", "head-000": "head"}
    assert told.kinds["layer-a"].weights == "4 bits in blocks of 32; down 8 bits in blocks of 32; 64 neurons"
    for shard, kind in told.shards.items():
        assert (tmp_path / shard).stat().st_size == told.kinds[kind].bytes


def test_layers_of_two_kinds_give_the_same_under_every_budget(tmp_path: Path) -> None:
    checkpoint = Checkpoint(GOLDEN / "llama")
    for _ in Conversion(checkpoint, recipe("mixed", checkpoint), tmp_path / "model", "none").steps():
        pass
    for _ in pack(tmp_path / "model", tmp_path / "packed"):
        pass
    model = PackedModel.load(tmp_path / "packed")
    plans = Planner({shard: model.graph(shard).shard_bytes for shard in model.manifest.shards})
    tokens, found = expected("llama")[0], []
    for budget in (plans.least, (plans.least + plans.whole) // 2, plans.whole):
        files = ModelFiles(model, 1)
        files.check()
        pager = Pager(files, budget)
        decoder = Decoder(model, pager, 128)
        found.append(decoder.read(tokens, KeyValues(decoder.shape, 128), wanted=len(tokens)))
        pager.close()
    assert plans.least < plans.whole
    for one in found[1:]:
        np.testing.assert_array_equal(one, found[0])
