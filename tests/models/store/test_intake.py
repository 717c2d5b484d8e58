"""What is no whole model is named and refused before anything of it is kept."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.models.store.conftest import everything, listed_anew, made

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import MANIFEST
from paige.models.store.intake import MOST, check
from paige.models.store.sources import FolderSource
from paige.models.store.store import Store

Change = Callable[[Path], Any]


def manifest(folder: Path, **change: Any) -> None:
    """Change what a folder says of itself."""
    data = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps({**data, **change}))


def files(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    listed = json.loads((folder / MANIFEST).read_bytes())["files"]
    change(listed)
    manifest(folder, files=listed)


def relisted(folder: Path, change: Change) -> None:
    """A model that is consistent with its own list, and yet none."""
    change(folder)
    listed_anew(folder)


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 128
    file.write_bytes(data)


def folder_for_file(file: Path) -> None:
    file.unlink()
    file.mkdir()


CASES: dict[str, tuple[Change, str]] = {
    "no manifest": (
        lambda f: (f / MANIFEST).unlink(),
        "a model folder has a file manifest.json; this one has",
    ),
    "half a manifest": (
        lambda f: os.truncate(f / MANIFEST, 200),
        "manifest.json: this is no manifest of a mod",
    ),
    "no JSON object": (lambda f: (f / MANIFEST).write_text("[]"), "does not list its files"),
    "nested deeply": (lambda f: (f / MANIFEST).write_text("[" * 10**5), "this is no manifest of a model"),
    "a huge manifest": (
        lambda f: os.truncate(f / MANIFEST, MOST + 1),
        f"more than {MOST:,} bytes: no manifest",
    ),
    "no list": (lambda f: files(f, lambda listed: listed.clear()), "it does not list layer.onnx"),
    "older": (
        lambda f: manifest(f, files=None),
        "this is no manifest of a model: a list of files was expected",
    ),
    "another format": (lambda f: manifest(f, format=99), "a model of format 99; this Paige reads 1"),
    "a file cut": (
        lambda f: os.truncate(f / "layer-001", 5000),
        "layer-001: it has 5,000 bytes; 32,768 were",
    ),
    "a file longer": (
        lambda f: os.truncate(f / "layer-001", 50000),
        "layer-001: it has more than the 32,768",
    ),
    "a file damaged": (lambda f: flip(f / "layer-001"), "layer-001: it is damaged: its hash is"),
    "a file gone": (lambda f: (f / "layer-001").unlink(), "it lacks layer-001; its manifest lists it"),
    "a file more": (lambda f: (f / "more").touch(), "its manifest does not list more; take it out"),
    "a folder more": (lambda f: (f / "more").mkdir(), "its manifest does not list more; take it out"),
    "a folder for a file": (
        lambda f: folder_for_file(f / "layer-001"),
        "layer-001: this cannot be read: Is a directory",
    ),
    "a layer not listed": (
        lambda f: files(f, lambda listed: listed.pop("layer-001")),
        "does not list layer-001",
    ),
    "a path": (
        lambda f: files(f, lambda listed: listed.update({"../x": {}})),
        "'../x' is no name of a file of",
    ),
    "no size": (
        lambda f: files(f, lambda listed: listed.update({"x": {}})),
        "x: a size and a hash were expected",
    ),
    "a shard that leads out": (
        lambda f: manifest(f, shards=[["../../x", "layer"], ["layer-001", "layer"], ["head-000", "head"]]),
        r"it does not list \.\./\.\./x",
    ),
    "a short layer": (
        lambda f: relisted(f, lambda f: os.truncate(f / "layer-001", 5000)),
        "layer-001 has 5,000 bytes there; in such a model it has 32,768",
    ),
    "a short table": (
        lambda f: relisted(f, lambda f: os.truncate(f / "embedding", 100)),
        "embedding has 100 bytes there; in such a model it has 5,120",
    ),
    "no graph": (
        lambda f: relisted(f, lambda f: (f / "layer.onnx").write_bytes(b"no graph")),
        r"layer|graph",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_model_is_named_and_leaves_nothing(case: str, store: Store, copied: Path) -> None:
    store.add(FolderSource(made(2)), "m")
    there = everything(store)
    change, why = CASES[case]
    change(copied)
    with pytest.raises(ModelUnusable, match=why):
        store.add(FolderSource(copied), "m")
    assert everything(store) == there
    assert not [*store.verify("m")]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="nothing: there is no such folder"):
        FolderSource(tmp_path / "nothing")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_manifest_is_refused_or_still_one(data: st.DataObject) -> None:
    text = bytearray((made(1) / MANIFEST).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    with suppress(ModelUnusable):
        found, listed = check(bytes(text), "here")
        assert {*found.shards} <= {*listed}


def places(data: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in JSON."""
    if place:
        yield place
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield from places(data[key], (*place, key))


JSON: st.SearchStrategy[Any] = st.sampled_from(
    (
        None,
        True,
        0,
        -1,
        1,
        10**30,
        1.5,
        "",
        "x",
        "../x",
        [],
        [1],
        [[1, 2]],
        [["a", "b"]],
        {},
        {"a": 1},
        {"a": {}},
    )
)


@given(st.data())
def test_a_manifest_with_something_else_in_it_is_refused_or_still_one(data: st.DataObject) -> None:
    changed = json.loads((made(1) / MANIFEST).read_bytes())
    *way, last = data.draw(st.sampled_from([*places(changed)]))
    inner = changed
    for key in way:
        inner = inner[key]
    if data.draw(st.booleans()):
        inner[last] = data.draw(JSON)
    else:
        del inner[last]
    with suppress(ModelUnusable):
        found, listed = check(json.dumps(changed).encode(), "here")
        assert {*found.shards} <= {*listed}
        assert 0 < found.shape.layers < len(found.shards)
