"""What a model folder says of itself is read as it was written, or refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.models.lm.conftest import GOLDEN

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import FORMAT, MANIFEST, Manifest, ShardKind
from paige.models.lm.shape import DecoderShape

SHAPE = DecoderShape.from_config(json.loads((GOLDEN / "qwen3" / "config.json").read_text()))
KINDS = {"layer-a": ShardKind(4096, "4 bits"), "layer-b": ShardKind(8192, "8 bits"), "head": ShardKind(1, "")}
SHARDS = {"layer-000": "layer-b", "layer-001": "layer-a", "head-000": "head", "head-001": "head"}
MADE = Manifest(FORMAT, SHAPE, KINDS, SHARDS, 40, 16, "Apache-2.0")


def written(folder: Path, **change: Any) -> Path:
    """Keys in another order, as another program may write them."""
    (folder / MANIFEST).write_text(json.dumps({**MADE.to_json(), **change}, sort_keys=True))
    return folder


def test_it_is_the_same_after_it_was_written(tmp_path: Path) -> None:
    found = Manifest.load(written(tmp_path))
    assert found == MADE
    assert tuple(found.shards) == tuple(SHARDS)
    assert found.layers == ("layer-000", "layer-001")
    assert found.head == ("head-000", "head-001")
    assert found.of_kind("layer-a") == ("layer-001",)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": 99}, "a model of format 99"),
        ({"shards": [["layer-000", "layer-c"]]}, r"shards of the kinds \['layer-c'\], told are \['head'"),
        ({"kinds": {"layer-a": {}}}, "this is no manifest of a model"),
        ({"more": 1}, "this is no manifest of a model"),
    ],
)
def test_what_cannot_be_read_is_refused(change: dict[str, Any], why: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=why):
        Manifest.load(written(tmp_path, **change))


def test_a_folder_without_one_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="a model folder has this file"):
        Manifest.load(tmp_path)
