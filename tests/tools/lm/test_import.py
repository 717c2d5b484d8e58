"""`paige import` makes a model folder that can be run, or says in a line why not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.lm.conftest import GOLDEN
from tests.tools.lm.test_checkpoint import write
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from paige.device.board.profile import profile_here
from paige.device.cli import main
from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import Manifest
from paige.models.lm.quantization import ROW, Quantization
from paige.tools.lm.boards import usual
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.licence import licence_of
from paige.tools.lm.loss import main as table_of_losses
from paige.tools.lm.loss import ways

WORDS = [f"w{number}" for number in range(80)]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "from"
    shutil.copytree(GOLDEN / "qwen3", folder)
    tokenizer = Tokenizer(WordLevel(dict(zip(WORDS, range(80), strict=True)), unk_token=WORDS[0]))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    (folder / "LICENSE").write_text("as it stands")
    return folder


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "text.txt"
    file.write_text(" ".join(np.random.default_rng(1).choice(WORDS, 256 * 6)))
    return file


def test_it_makes_a_folder_and_tells_of_it(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "some" / "model"
    assert main(["import", str(checkpoint), "--to", str(to), "--for", "pi5"]) == 0
    told = Manifest.load(to)
    assert told.licence == "Apache-2.0"
    assert told.kinds["layer"].weights.startswith("4 bits in blocks of 32")
    for copied in ("tokenizer.json", "chat_template.jinja", "LICENSE"):
        assert (to / copied).read_bytes() == (checkpoint / copied).read_bytes()
    assert [one.name for one in to.parent.iterdir()] == ["model"]
    said = capsys.readouterr().err
    assert "4 of 4" in said
    assert f"paige models add {to}" in said


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        (["--for", "pi4"], "8 bits in rows; 64 neurons"),
        (["--for", "zero2w", "--bits", "32"], "32 bits; 64 neurons"),
        (["--bits", "8", "--block", "64", "--for", "jetson"], "8 bits in blocks of 64; 64 neurons"),
        (["--prune", "0.5", "--for", "pi4"], "8 bits in rows; 32 neurons"),
    ],
)
def test_weights_are_as_they_are_wished(
    options: list[str], weights: str, checkpoint: Path, tmp_path: Path
) -> None:
    assert main(["import", str(checkpoint), "--to", str(tmp_path / "to"), *options]) == 0
    assert Manifest.load(tmp_path / "to").kinds["layer"].weights == weights


def test_it_reports_what_was_lost(
    checkpoint: Path, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "to"
    options = ["--text", str(text), "--report", "--smooth", "--within", "80kB", "--for", "pi5"]
    assert main(["import", str(checkpoint), "--to", str(to), *options]) == 0
    table = capsys.readouterr().out.splitlines()
    name, size, lost, same, _ = (cell.strip() for cell in table[-1].strip("|").split("|"))
    assert name == "to"
    assert size.endswith("kB")
    assert 0 < float(lost) < 0.2
    assert 70 < float(same.rstrip("%")) <= 100


TEXT = "TEXT"
TOKENIZER = "tokenizer.json"


def fewer_words(folder: Path) -> None:
    """In the model than in the tokenizer."""
    told = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**told, "vocab_size": 64}))
    golden = Checkpoint(GOLDEN / "qwen3")
    tensors = {name: golden.tensor(name) for name in golden.names}
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = np.ascontiguousarray(tensors[name][:64])
    write(folder / "model.safetensors", tensors)


def wrong(name: str, change: Callable[[Path], Any], why: str, *options: str) -> Any:
    return pytest.param(change, options, why, id=name)


@pytest.mark.parametrize(
    ("change", "options", "why"),
    [
        wrong("no folder", shutil.rmtree, "this is no folder"),
        wrong("no tokenizer", lambda at: (at / "tokenizer.json").unlink(), "AutoTokenizer.from_pretrained"),
        wrong("no licence", lambda at: (at / "README.md").unlink(), "say it with --licence NAME"),
        wrong("no text", lambda at: None, "give one with --text FILE", "--report"),
        wrong("nothing to go by", lambda at: None, "give one with --text FILE", "--smooth"),
        wrong("4 bits on a Pi 4", lambda at: None, "leave --bits away", "--for", "pi4", "--bits", "4"),
        wrong(
            "tokenizer", lambda at: (at / "tokenizer.json").write_text("{}"), "no tokenizer", "--text", TEXT
        ),
        wrong("vocabulary", fewer_words, "gives a token 79; by config.json there are 64", "--text", TEXT),
        wrong("rank", lambda at: None, "the matrix itself is no wider", "--rank", "down=32"),
        wrong("odd rank", lambda at: None, "a multiple of 32", "--rank", "down=3"),
        wrong(
            "cut short",
            lambda at: (at / "model.safetensors").write_bytes((at / "model.safetensors").read_bytes()[:-1]),
            "copy the file again",
        ),
    ],
)
def test_what_cannot_be_is_told_in_a_line_and_nothing_is_left(
    change: Callable[[Path], Any],
    options: tuple[str, ...],
    why: str,
    checkpoint: Path,
    text: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(checkpoint)
    given = [str(text) if option == TEXT else option for option in options]
    assert main(["import", str(checkpoint), "--to", str(tmp_path / "to"), *given]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert why in said[0]
    assert {one.name for one in tmp_path.iterdir()} <= {"from", text.name}


def test_what_is_there_stays(checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(checkpoint), "--to", str(tmp_path)]) == 1
    assert "this is there already" in capsys.readouterr().err


CARD = "---\n{}\n---\ntext"


@pytest.mark.parametrize(
    ("files", "licence"),
    [
        ({"README.md": CARD.format("license: mit")}, "MIT"),
        ({"README.md": CARD.format("license: other\nlicense_name: qwen-research")}, "qwen-research"),
        ({"README.md": CARD.format("license: llama3.2")}, "llama3.2"),
        ({"LICENSE": "   Apache License\n   Version 2.0, January 2004"}, "Apache-2.0"),
        ({"README.md": "# text", "LICENSE": "MIT License\n\nCopyright (c)"}, "MIT"),
        ({"LICENSE.txt": "LLAMA 3.2 COMMUNITY LICENSE AGREEMENT"}, "Llama 3.2 Community License"),
        ({"README.md": CARD.format("license: other")}, None),
        ({"README.md": CARD.format("license: [a, b]")}, None),
        ({"README.md": CARD.format("license: ][")}, None),
        ({"LICENSE": "You may, except as under the MIT License, not."}, None),
        ({}, None),
    ],
)
def test_a_licence_is_taken_where_it_is_plain(
    files: dict[str, str], licence: str | None, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert licence_of(tmp_path, "given") == "given"
    if licence is not None:
        assert licence_of(tmp_path, None) == licence
    else:
        with pytest.raises(ModelUnusable, match="--licence NAME"):
            licence_of(tmp_path, None)


def test_what_suits_a_board_is_what_its_profile_says() -> None:
    assert usual("pi4") == usual("zero2w") == Quantization(8, ROW)
    assert usual("pi5") == usual("jetson") == Quantization(4, 32)
    assert usual("this") == profile_here().precision


def test_a_card_that_is_no_text_is_no_licence(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"---\nlicense: \xff\n---\n")
    (tmp_path / "config.json").write_text(json.dumps({}))
    assert licence_of(tmp_path, None) == "\ufffd"


def test_the_table_of_losses_has_a_line_for_each_way(
    checkpoint: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = "bits in blocks of 32"
    assert table_of_losses([str(checkpoint), "--text", str(text), "--only", only]) == 0
    rows = [line.strip("|").split("|") for line in capsys.readouterr().out.splitlines()[3:]]
    names = [row[0].strip() for row in rows]
    assert names == [name for name, _, _ in ways(Checkpoint(checkpoint)) if only in name]
    found = {name: float(row[2]) for name, row in zip(names, rows, strict=True)}
    assert 0 < found["8 bits in blocks of 32"] < found["4 bits in blocks of 32"] < 0.2
