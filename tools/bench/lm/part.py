"""Speed against memory: Paige, llama.cpp, ONNX Runtime with the whole model, and what cannot be beaten."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from mmap import PAGESIZE
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from paige.tools.bench.distribution import megabytes, milliseconds
from paige.tools.bench.errors import NotGiven
from paige.tools.bench.lm.pictures import speed_picture
from paige.tools.bench.lm.restart import PREFIX
from paige.tools.bench.lm.runs import Bench, Run
from paige.tools.bench.lm.shapes import SHAPES
from paige.tools.bench.part import Part, Picture, Table, Tell

LIMITS: Final = (0.5, 0.6, 0.8, 1.0, 1.3)
"""Of what llama.cpp needs with all of the model in memory."""
RESTARTED: Final = 0.8
"""The limit within which a restart is measured."""
RATES: Final = {"SD card": 90_000_000, "NVMe": 400_000_000}
"""Bytes a second."""
PAIGE: Final = "Paige"
THEIRS: Final = "llama.cpp"


@dataclass(frozen=True, slots=True)
class Row:
    """All engines within one limit."""

    part: float
    """Of what llama.cpp needs."""
    memory: int
    runs: dict[str, Run]
    limit: float | None
    """Seconds a token that reading what Paige does not keep, and running that, must take."""
    ideal: float | None
    """The same, if every byte that the process leaves of the budget were kept."""


def measure(
    repeats: int | None, tell: Tell, *, llama_cpp: Path | None = None, scratch: Path | None = None
) -> Part:
    """Run every engine within every limit.

    Args:
        repeats: Not used: each run repeats its tokens.
        tell: How far it is.
        llama_cpp: A Python that has llama-cpp-python and gguf.
        scratch: A folder on a disk, where models are kept; None for one that is gone afterwards.

    Raises:
        NotGiven: Control groups cannot be made, or no llama.cpp was named.
    """
    if llama_cpp is None:
        raise NotGiven(
            "it compares with llama.cpp: make an environment with `python3 -m venv llama && "
            "llama/bin/pip install llama-cpp-python gguf`, and name its Python with "
            "--llama-cpp llama/bin/python"
        )
    if os.geteuid():
        raise NotGiven("it limits memory and reads by control groups; run it as root")
    tables: list[Table] = []
    pictures: list[Picture] = []
    figures: dict[str, Any] = {}
    restarts: dict[str, tuple[Run, Run]] = {}
    with TemporaryDirectory(dir=".") if scratch is None else nullcontext(scratch) as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for shape in SHAPES:
            bench = Bench(shape, Path(folder).resolve(), llama_cpp.absolute())
            bench.make(tell)
            need, compute = _with_room(bench, tell)
            for flash, rate in RATES.items():
                rows = [_row(bench, part, need, rate, compute, tell) for part in LIMITS]
                title = f"{shape}, {flash} of {rate / 1e6:.0f} MB/s"
                tables.append(_table(title, rows))
                pictures.append(_picture(title, shape, flash, rows))
                figures[title] = [asdict(row) for row in rows]
            restarts[shape] = _restart(bench, int(RESTARTED * need) // PAGESIZE * PAGESIZE, tell)
    tables.append(_restarts_table(restarts))
    figures["restart"] = {shape: [run.told for run in runs] for shape, runs in restarts.items()}
    return Part(
        "lm",
        "Random weights in the shapes of models of 0.5 and 1.1 thousand million weights, in 4 bits (4.5 bits "
        "a weight for Paige and llama.cpp alike), one thread that computes. Each engine runs in a control "
        "group of its own that ends its memory, all pages included, at a part of what llama.cpp has resident "
        "with room for all, and holds its reads at the rate of a flash card. llama.cpp maps its file, as it "
        "does by default.",
        "paige bench lm --llama-cpp PYTHON",
        tuple(tables),
        figures,
        pictures=tuple(pictures),
    )


def _with_room(bench: Bench, tell: Tell) -> tuple[int, float]:
    """What is resident of llama.cpp, and seconds of Paige's token, where nothing is limited."""
    tell(f"{bench.shape}: with room for all")
    theirs, ours = bench.run(THEIRS, None, None), bench.run(PAIGE, None, None)
    if theirs.seconds is None or ours.seconds is None:
        raise NotGiven(f"with room for all it does not run: {theirs.why} {ours.why}")
    return int(theirs.told["resident"]), ours.seconds


def _row(bench: Bench, part: float, need: int, rate: int, compute: float, tell: Tell) -> Row:
    memory = int(part * need) // PAGESIZE * PAGESIZE  # as the kernel rounds it
    tell(f"{bench.shape}: {megabytes(memory)} MB, {rate / 1e6:.0f} MB/s")
    runs = {engine: bench.run(engine, memory, rate) for engine in bench.engines}
    told = runs[PAIGE].told
    if not told or not told["plan"]["streamed"]:
        return Row(part, memory, runs, None, None)
    whole = told["whole"]
    missing = max(0, whole - (memory - told["statistics"]["besides"]))
    limit, ideal = (_seconds(bytes_, whole, rate, compute) for bytes_ in (told["read"], missing))
    return Row(part, memory, runs, limit, ideal)


def _seconds(read: float, whole: int, rate: int, compute: float) -> float:
    """What is read cannot be computed before it is there; the rest is computed meanwhile."""
    return max(compute, read / rate + compute * read / whole)


def _table(title: str, rows: Sequence[Row]) -> Table:
    head = (
        "memory",
        "of what llama.cpp needs",
        "llama.cpp, ms a token",
        "ONNX Runtime",
        "Paige",
        "times llama.cpp's speed",
        "reading and running must take",
        "Paige's time to that",
        "… if every byte left were kept",
        "Paige's peak, MB",
        "besides the model, MB",
    )
    notes = (
        "What reading and running must take: what Paige read for a token, in the mean, at the rate that is "
        "allowed; and running it, as it cannot be run before it is there. The last ratio is to reading only "
        "what the budget cannot hold, if Paige kept no place through which shards pass.",
    )
    return Table(title, head, tuple(map(_line, rows)), notes)


def _line(row: Row) -> tuple[str, ...]:
    ours, theirs = row.runs[PAIGE], row.runs[THEIRS]
    besides = ours.told["statistics"]["besides"] if ours.told else None
    return (
        f"{megabytes(row.memory)} MB",
        f"{row.part:.0%}",
        _shown(theirs),
        _shown(row.runs["ONNX Runtime"]),
        _shown(ours),
        _ratio(theirs.seconds, ours.seconds),
        "–" if row.limit is None else milliseconds(row.limit),
        _ratio(ours.seconds, row.limit),
        _ratio(ours.seconds, row.ideal),
        "–" if ours.peak is None else megabytes(ours.peak),
        "–" if besides is None else megabytes(besides),
    )


def _restart(bench: Bench, memory: int, tell: Tell) -> tuple[Run, Run]:
    tell(f"{bench.shape}: the first token after a restart")
    return bench.restart(memory, RATES["SD card"])


def _restarts_table(restarts: dict[str, tuple[Run, Run]]) -> Table:
    head = (
        "",
        "s to open it",
        "s for the prefix",
        "s for request and first token",
        "passes",
        "read, of the model",
    )
    rows: list[tuple[str, ...]] = []
    for shape, runs in restarts.items():
        for what, run in zip(("read", "kept, after a restart"), runs, strict=True):
            told = run.told
            name = f"{shape}, prefix of {PREFIX} tokens {what}"
            if not told:
                rows.append((name, run.why, "–", "–", "–", "–"))
                continue
            kept = told["kept_bytes"] if told["kept"] else 0
            share = (told["read_bytes"] + kept) / told["whole"]
            seconds = (f"{told[part]:.2f}" for part in ("open", "know", "read"))
            rows.append((name, *seconds, str(told["passes"]), f"{share:.2f}"))
    title = f"After a restart, {RESTARTED:.0%} of what llama.cpp needs, {RATES['SD card'] / 1e6:.0f} MB/s"
    return Table(title, head, tuple(rows))


def _shown(run: Run) -> str:
    return run.why if run.seconds is None else milliseconds(run.seconds)


def _ratio(one: float | None, other: float | None) -> str:
    return "–" if one is None or other is None else f"{one / other:.2f}"


def _picture(title: str, shape: str, flash: str, rows: Sequence[Row]) -> Picture:
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        found: dict[str, Any] = {engine: run.seconds for engine, run in row.runs.items()}
        for name, seconds in (found | {"what reading allows": row.limit}).items():
            if seconds is not None:
                curves.setdefault(name, []).append((row.part, 1 / seconds))
    file = f"lm-{shape}-{flash.replace(' ', '-')}.svg".lower()
    return Picture(file, f"Tokens a second by memory: {title}", speed_picture(title, curves))
