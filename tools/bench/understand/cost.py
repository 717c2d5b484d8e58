"""What understanding costs: time of a sentence on one core, memory, and the size of the model's files.

Measured in processes of their own, `python -m paige.tools.bench.understand.cost …`, so that nothing else is
in them.
"""

import gc
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Final

from paige.tools.bench.brokers import environment
from paige.tools.bench.distribution import Distribution
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.process_memory import process_memory

SIZES: Final = (300, 5_000)
"""Entities of a home."""
KINDS: Final = ("as the templates have it", "words in another order", "a letter wrong in a name")
SENTENCES: Final = 300
"""Of each kind."""
SEED: Final = 5
_TIMEOUT_SECONDS = 600.0
_RUNTIME = ("numpy", "tokenizers", "yaml", "paige.models.onnx")


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of sentences, one after the other on one core."""

    entities: int
    kind: str
    seconds: Distribution
    processor: Distribution
    """Seconds of the processor, which other programs do not change."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a process holds after a step."""

    name: str
    resident: int
    """Bytes."""
    anonymous: int
    """Bytes that the kernel cannot drop and read again."""


def latencies(model: Path | None, repeats: int) -> list[Latency]:
    """For a home of each of `SIZES`, and each of `KINDS`.

    Raises:
        BenchFailed: The process fails.
    """
    found = []
    for size in SIZES:
        for line in _lines("latency", _name(model), str(size), str(repeats)):
            seconds, processor = (Distribution.of(line[key]) for key in ("seconds", "processor"))
            found.append(Latency(size, line["kind"], seconds, processor))
    return found


def stages(model: Path | None) -> list[Stage]:
    """The memory of a process that loads the runtime, then the parser, and then parses.

    Raises:
        BenchFailed: The process fails.
    """
    said = json.dumps(_said(SIZES[0]))
    return [Stage(**line) for line in _lines("memory", _name(model), said=said)]


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of the model's files."""
    from paige.models.nlu.model import FILES  # with the runtime, which is measured here

    return {name: (folder / name).stat().st_size for name in FILES}


def _name(model: Path | None) -> str:
    return "" if model is None else str(model)


def _said(size: int) -> list[str]:
    """Sentences that are understood in a home of so many entities."""
    from paige.models.grammar.language import Language
    from paige.models.grammar.sentences import Sentences
    from paige.tools.bench.large_home import large_description
    from paige.tools.bench.understand.parser import LANGUAGE

    language = Language(Sentences.for_language(LANGUAGE), large_description(size).vocabulary())
    return [one.text for one in language.sample(SENTENCES, SEED)]


def _lines(*arguments: str, said: str = "") -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "paige.tools.bench.understand.cost", *arguments]
    try:
        ended = subprocess.run(  # noqa: S603  # our own program
            command,
            input=said,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BenchFailed(f"the process for {arguments[0]} took over {_TIMEOUT_SECONDS:g} seconds") from None
    if ended.returncode != 0:
        last = ended.stderr.strip().rpartition("\n")[2]
        raise BenchFailed(f"the process for {arguments[0]} ended with status {ended.returncode}: {last}")
    return [json.loads(line) for line in ended.stdout.splitlines()]


def otherwise(text: str, kind: str, random: Random) -> str:
    """A sentence as one of `KINDS` has it."""
    words = text.split()
    if kind == KINDS[1]:
        at = random.randrange(1, len(words)) if len(words) > 1 else 0
        return " ".join((*words[at:], *words[:at]))
    if kind == KINDS[2]:
        at = max(range(len(words)), key=lambda number: (words[number].istitle(), len(words[number])))
        place = random.randrange(len(words[at]))
        letter = random.choice("aeioulnrst".replace(words[at][place].lower(), ""))
        words[at] = words[at][:place] + letter + words[at][place + 1 :]
    return " ".join(words)


def _latency(model: Path | None, size: int, repeats: int) -> Iterator[dict[str, Any]]:
    from paige.tools.bench.large_home import large_description
    from paige.tools.bench.understand.parser import shipped

    _one_core()
    said = _said(size)
    ask = shipped(model)(large_description(size))
    random = Random(SEED)  # noqa: S311  # no secret
    gc.disable()  # as `paige parse` does
    for kind in KINDS:
        sentences = [otherwise(text, kind, random) for text in said]
        ask(sentences[0])
        seconds, processor = [], []
        for text in chain.from_iterable([sentences] * repeats):
            began, worked = time.perf_counter(), time.process_time()
            ask(text)
            seconds.append(time.perf_counter() - began)
            processor.append(time.process_time() - worked)
        yield {"kind": kind, "seconds": seconds, "processor": processor}


def _memory(model: Path | None) -> Iterator[dict[str, Any]]:
    said = list(map(str, json.loads(sys.stdin.read())))  # made elsewhere, so that nothing of that is in here

    def stage(name: str) -> dict[str, Any]:
        gc.collect()
        held = process_memory()
        return {"name": name, "resident": held.resident, "anonymous": held.anonymous}

    for module in _RUNTIME:
        importlib.import_module(module)
    yield stage("Python with ONNX Runtime, bare")

    from paige.models.grammar.language import Language
    from paige.models.grammar.sentences import Sentences
    from paige.models.nlu.parser import IntentParser
    from paige.models.nlu.shapes import Shapes
    from paige.models.nlu.shipped import LazyModel
    from paige.tools.bench.large_home import large_description
    from paige.tools.bench.understand.parser import LANGUAGE

    sentences = Sentences.for_language(LANGUAGE)
    language = Language(sentences, large_description(SIZES[0]).vocabulary())
    for text in said:
        language.parse(text)
    yield stage(f"and the templates, with a home of {SIZES[0]} entities, and {len(said)} sentences")
    lazy = LazyModel.for_language(LANGUAGE) if model is None else LazyModel(model)
    parser = IntentParser(language, lazy, Shapes(sentences))
    parser.warm()
    yield stage("and the model, opened")
    random = Random(SEED)  # noqa: S311  # no secret
    for text in said:
        parser.parse(otherwise(text, KINDS[1], random))
    yield stage(f"and {len(said)} sentences that no template has")


def _one_core() -> None:
    with suppress(AttributeError, OSError):  # not every system lets a process choose
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main(arguments: Sequence[str]) -> None:
    """Prints a line of JSON for each figure."""
    what, model = arguments[0], Path(arguments[1]) if arguments[1] else None
    lines = _memory(model) if what == "memory" else _latency(model, *map(int, arguments[2:]))
    for line in lines:
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
