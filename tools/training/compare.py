"""Compares models by size, time, memory and how right they are: a table and a picture.

    python -m paige.tools.training.compare --data FOLDER --models FOLDER... --write FILE.md

Each of the models stands in a folder as `paige.tools.training.model` or `compress` made it, and is called by
the name of that folder. With `--quantized FOLDER`, that one is also compared with itself in other kinds of
quantization.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from paige.models.nlu.labels import Labels
from paige.models.nlu.model import JointModel
from paige.tools.bench.machine import machine
from paige.tools.bench.part import Table
from paige.tools.bench.progress import progress
from paige.tools.bench.understand import cost, ha, sets
from paige.tools.bench.understand.cases import ha_cases, homes_of
from paige.tools.bench.understand.parser import shipped
from paige.tools.bench.understand.part import frame_scores
from paige.tools.bench.understand.slurp import IOT
from paige.tools.training.compress import opened
from paige.tools.training.examples import Example
from paige.tools.training.export import Quantization, export
from paige.tools.training.from_slurp import from_hwu64
from paige.tools.training.pieces import Cutter
from paige.tools.training.scatter import Dot, scatter

_TIMED = 300
_CALIBRATED_WITH = 400


@dataclass(frozen=True, slots=True)
class Compared:
    """What one model takes, and what it gives; shares of 1."""

    name: str
    size: int
    """Bytes of its files."""
    median: float
    """Seconds of a sentence, the model alone on one core."""
    p95: float
    memory: int
    """Bytes over the bare runtime, of the whole parser with this model."""
    intent: float
    """SLURP's `iot` rows: right, and sure enough."""
    frame: float
    outside: float
    """SLURP's ten scenarios outside a home: wrongly accepted."""
    out_of_scope: float
    """CLINC's: wrongly accepted."""
    action: float
    """Home Assistant's open cases, by the model alone."""


def compared(folders: Mapping[str, Path], data: Path) -> list[Compared]:
    """The models of these folders, by name."""
    models = {name: JointModel(folder) for name, folder in folders.items()}
    rows = sets.rows(data)
    said = [row.example for row in rows[:: max(1, len(rows) // _TIMED)]]
    seconds = _timed(models, said)
    return [
        _one(name, folders[name], model, seconds[name], rows, data)
        for name, model in progress(list(models.items()), len(models))
    ]


def _timed(models: Mapping[str, JointModel], said: Sequence[Example]) -> dict[str, list[float]]:
    """Seconds of each sentence, all models by turns, so that whatever else runs slows all of them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for example in said:
        for name, model in models.items():
            model.read(example.words)  # its words are cut, its memory is there
            began = time.perf_counter()
            model.read(example.words)
            seconds[name].append(time.perf_counter() - began)
    return seconds


def _one(
    name: str, folder: Path, model: JointModel, seconds: list[float], rows: Sequence[sets.Row], data: Path
) -> Compared:
    read = [sets.read(model, row) for row in rows]
    scores = [
        score if row.verdict.confidence >= model.labels.threshold else None
        for row, score in frame_scores(sets.of(read, IOT))
    ]
    cases = ha_cases(data / "ha_intents")
    judged = ha.judge(cases, homes_of(cases), shipped(folder, without_templates=True))
    stages = cost.stages(folder)
    return Compared(
        name,
        sum(cost.sizes(folder).values()),
        statistics.median(seconds),
        statistics.quantiles(seconds, n=20)[-1],
        stages[-1].resident - stages[0].resident,
        sum(score is not None and score.intent for score in scores) / len(scores),
        sum(score is not None and score.whole for score in scores) / len(scores),
        _accepted(read, sets.SLURP_OUTSIDE, model.labels),
        _accepted(read, sets.CLINC_OUT, model.labels),
        ha.shares(judged).action,
    )


def _accepted(rows: Sequence[sets.Row], group: str, labels: Labels) -> float:
    its = sets.of(rows, group)
    return sum(row.verdict.confidence >= labels.threshold for row in its) / len(its)


def quantized(folder: Path, data: Path, out: Path) -> dict[str, Path]:
    """A model in each kind of quantization but the usual one, by name."""
    labels = Labels.load(folder / "labels.json")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    cutter = Cutter(tokenizer)
    said = list(from_hwu64(data / "hwu64" / "train.jsonl"))
    sentences = [cutter.cut(one.words)[0] for one in said[:: max(1, len(said) // _CALIBRATED_WITH)]]
    made = {}
    for kind in Quantization:
        if kind is not Quantization.PER_CHANNEL:
            place = out / kind.name.lower()
            export(opened(folder, labels), labels, tokenizer, place, kind, sentences)
            made[f"{folder.name}: {'float32' if kind is Quantization.NONE else kind.value}"] = place
    return made


def table(found: Sequence[Compared]) -> Table:
    """All of them."""
    return Table(
        "Models by size",
        (
            "model",
            "files, MB",
            "median, ms",
            "p95, ms",
            "parser over the runtime, MB",
            "`iot` intent",
            "`iot` frame",
            "outside, accepted",
            "out of scope, accepted",
            "HA action, model alone",
        ),
        tuple(
            (
                one.name,
                f"{one.size / 1e6:.1f}",
                f"{1e3 * one.median:.2f}",
                f"{1e3 * one.p95:.2f}",
                f"{one.memory / 1e6:.0f}",
                *(
                    f"{100 * share:.1f} %"
                    for share in (one.intent, one.frame, one.outside, one.out_of_scope, one.action)
                ),
            )
            for one in found
        ),
        (
            "Time: the model alone, one core, all models by turns on the same sentences of SLURP and CLINC.",
            "`iot`: SLURP’s development set, 118 rows, of which one is 0.8 points; “outside” are its ten "
            "scenarios that are not for a home, “out of scope” CLINC’s 100. None of it was learned from.",
            "Kinds of quantization are dynamic and per channel where nothing else is said.",
        ),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, writes."""
    options = _parser().parse_args(argv)
    folders = {folder.name: folder for folder in options.models}
    with tempfile.TemporaryDirectory() as scratch:
        if options.quantized is not None:
            folders |= quantized(options.quantized, options.data, Path(scratch))
        found = compared(folders, options.data)
    picture = options.write.with_suffix(".svg")
    dots = [Dot(one.name, one.size / 1e6, 100 * one.action, 1e3 * one.median) for one in found]
    picture.write_text(
        scatter(
            "Home Assistant’s cases by size, the model alone", "files, MB", "right action, %", "ms", dots
        ),
        encoding="utf-8",
    )
    options.write.write_text(
        f"# Models by size\n\nWritten by `python -m paige.tools.training.compare`. Machine: {machine()}.\n\n"
        f"{table(found).markdown()}\n![Right actions by size]({picture.name})\n",
        encoding="utf-8",
    )
    print(table(found).markdown())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument("--models", type=Path, nargs="+", required=True, metavar="FOLDER", help="models")
    parser.add_argument(
        "--quantized", type=Path, metavar="FOLDER", help="one of them, in other quantizations"
    )
    parser.add_argument("--write", type=Path, required=True, metavar="FILE.md", help="where the table goes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
