"""A language model in a form that is slow on a board is told of, with what to do about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.device.board.test_facts import CAPTURES, captured
from tests.device.board.test_profile import configured
from tests.models.lm.conftest import GOLDEN
from tests.models.store.conftest import made

from paige.device.assistant import MODELS
from paige.device.board.fitness import is_slow
from paige.device.board.profile import profile
from paige.device.doctor.finding import Verdict
from paige.device.doctor.profile import board_profile
from paige.models.errors import ModelUnusable
from paige.models.lm.onnx_file import operators
from paige.models.lm.quantization import ROW, Quantization
from paige.models.lm.shipped import name_of, open_shipped
from paige.models.store.sources import FolderSource
from paige.models.store.store import Store
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import convert


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the same model is in blocks, in rows, and the one that comes with Paige."""
    folder = tmp_path_factory.mktemp("state")
    convert(Checkpoint(GOLDEN / "llama"), Quantization(8, ROW), folder / "made", "Apache-2.0")
    store = Store(folder / MODELS)
    store.add(FolderSource(made(1)), "blocks")
    store.add(FolderSource(folder / "made"), "rows")
    open_shipped(store, "en")
    store.close()
    return folder


def test_blocks_are_slow_where_there_are_no_dot_products(state: Path) -> None:
    store = Store(state / MODELS)
    pi4, pi5 = profile(captured("pi4")), profile(captured("pi5"))
    assert is_slow(store, "blocks", pi4)
    assert is_slow(store, "blocks", profile(captured("pi3")))
    assert not is_slow(store, "blocks", pi5)
    assert not is_slow(store, "rows", pi4)
    assert not is_slow(store, name_of("en"), pi4)


def test_doctor_warns_of_it_and_says_what_to_do(state: Path) -> None:
    slow = board_profile(configured(state, language_model_model="blocks"), CAPTURES / "zero2w", "aarch64")
    assert slow.verdict is Verdict.WARNING
    assert "the language model blocks is in blocks" in slow.text
    assert "paige import CHECKPOINT --to FOLDER --for zero2w" in slow.remedy
    assert "paige models add FOLDER --name blocks" in slow.remedy
    unknown = board_profile(configured(state, language_model_model="blocks"), CAPTURES / "pi3", "aarch64")
    assert "--for pi4" in unknown.remedy
    for model, board in (("rows", "zero2w"), ("paige-en", "zero2w"), ("blocks", "pi5")):
        found = board_profile(configured(state, language_model_model=model), CAPTURES / board, "aarch64")
        assert found.verdict is Verdict.OK


def test_a_model_that_cannot_be_read_is_told_of(state: Path, tmp_path: Path) -> None:
    names = tmp_path / MODELS / "names"
    names.mkdir(parents=True)
    (names / "broken.json").write_text("{")
    found = board_profile(configured(tmp_path, language_model_model="broken"), CAPTURES / "pi4", "aarch64")
    assert found.verdict is Verdict.WARNING
    assert "broken cannot be looked at" in found.text


def test_it_is_told_when_a_model_is_added(tmp_path: Path) -> None:
    def added(board: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "paige.device.cli", "models", "add", made(1), "--name", board],
            env=os.environ | {"PAIGE_STATE_DIR": str(tmp_path), "PAIGE_BOARD": board},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stderr.splitlines()[-1]

    assert added("zero2w").startswith(
        "zero2w is slow on this board: make it again in the form for this board"
    )
    assert "slow" not in added("pi5")


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(ModelUnusable, match="no graph"):
        operators(b"no graph at all")
