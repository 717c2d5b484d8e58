"""Runs the chosen measurements and prints or writes what they found."""

import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, cast

from paige.device.errors import DeviceError
from paige.device.version import paige_version
from paige.tools.bench.errors import BenchFailed, NotGiven
from paige.tools.bench.machine import Machine, machine
from paige.tools.bench.part import Part, Tell

Measure = Callable[[int | None, Tell], Part]
"""Takes how often to measure what is repeated, None for as often as is usual; raises `BenchFailed`."""


@dataclass(frozen=True, slots=True)
class Options:
    """What can be said on the command line of how to measure."""

    repeats: int | None = None
    recordings: Path | None = None
    """Of people, for `listen` and `wake`."""
    data: Path | None = None
    """A folder with data sets, for `understand` and `wake`."""
    model: Path | None = None
    """A folder of an intent model, for `understand`; the shipped one where there is none."""
    llama_cpp: Path | None = None
    """A Python that has llama-cpp-python, for `lm`."""
    scratch: Path | None = None
    """A folder where the models of `lm` are kept."""


_GIVEN: Final = {
    "understand": "`--data FOLDER` for `understand`",
    "listen": "`--recordings FOLDER` for `listen`",
    "ending": "`--recordings FOLDER` for `ending`",
    "day": "`--recordings FOLDER` for `day`",
    "lm": "`--llama-cpp PYTHON` for `lm`",
}
"""What parts must be given."""
_MODULES: Final = {
    "home": "home_size",
    "understand": "understand.part",
    "lm": "lm.part",
    "wake": "wake.part",
    "echo": "echo.part",
    "ears": "ears.part",
}


def bench(parts: Sequence[str], options: Options, *, as_json: bool, write: Path | None) -> int:
    """Measure, show, and give the exit status: 1 where a part failed, or none was measured."""
    if write is not None:
        _check_writable(write)
    here = machine()
    measured: list[Part] = []
    missing: dict[str, str] = {}
    broken = False
    for name in parts:
        try:
            part = _measured(name, options)
        except BenchFailed as failed:
            broken = broken or not isinstance(failed, NotGiven)
            missing[name] = str(failed)
            _tell(name, f"left out: {failed}")
            continue
        measured.append(part)
        if not as_json and write is None:
            print(f"{part.markdown()}\n{here}\n", flush=True)
    if write is not None:
        _write(write, document(here, measured, missing, parts))
        for picture in (one for part in measured for one in part.pictures):
            _write(write.with_name(picture.file), picture.svg)
    if as_json:
        print(json.dumps(_figures(here, measured, missing)))
    return 1 if broken or not measured else 0


def _measured(name: str, options: Options) -> Part:
    module = importlib.import_module(f"paige.tools.bench.{_MODULES.get(name, name)}")
    given: dict[str, dict[str, Path | None]] = {
        "listen": {"recordings": options.recordings},
        "ending": {"recordings": options.recordings},
        "day": {"recordings": options.recordings},
        "wake": {"recordings": options.recordings, "data": options.data},
        "echo": {"recordings": options.recordings},
        "understand": {"data": options.data, "model": options.model},
        "lm": {"llama_cpp": options.llama_cpp, "scratch": options.scratch},
    }
    measure = cast("Measure", partial(module.measure, **given.get(name, {})))
    began = time.monotonic()
    part = measure(options.repeats, lambda line: _tell(name, line))
    return replace(part, seconds=time.monotonic() - began)


def _tell(name: str, line: str) -> None:
    print(f"{name}: {line}", file=sys.stderr, flush=True)


def document(here: Machine, measured: Sequence[Part], missing: dict[str, str], parts: Sequence[str]) -> str:
    """All results in one Markdown document."""
    how = f"paige bench {parts[0]}" if len(parts) == 1 else "paige bench"
    given = "".join(f"{', and' if at else ''} {_GIVEN[part]}" for at, part in enumerate(_needing(parts)))
    head = (
        f"# Measurements\n\nWritten by `{how} --write FILE.md`{', with' if given else ''}{given}, on "
        f"{datetime.now(UTC):%Y-%m-%d}, Paige {paige_version()}.\n\nMachine: {here} at the start, "
        f"{machine().load:.1f} at the end.\n\nEach table can be made again by the command above it. A "
        "median says what is usual; p95 is the least value that 95 % of all do not exceed. What is "
        "compared was measured in the same run, one after the other. A load near or over the number of "
        "cores means that other programs were running: medians hold better than p95 then, ratios better "
        "than either, and processor time better than time.\n"
    )
    left_out = "".join(f"\n## {name}\n\nLeft out: {reason}\n" for name, reason in missing.items())
    return head + "".join(f"\n{part.markdown(pictures=True)}" for part in measured) + left_out


def _needing(parts: Sequence[str]) -> list[str]:
    return [part for part in parts if part in _GIVEN]


def _check_writable(path: Path) -> None:
    """Say now, and not after minutes of measuring, that a document could not be written."""
    try:
        path.open("a").close()
    except OSError as error:
        raise DeviceError(f"{path}: cannot be written: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DeviceError(f"{path}: cannot be written: {error.strerror}") from error
    print(f"written: {path}", file=sys.stderr)


def _figures(here: Machine, measured: Sequence[Part], missing: dict[str, str]) -> dict[str, object]:
    return {
        "machine": asdict(here),
        "parts": {part.name: {"seconds": part.seconds, **part.figures} for part in measured},
        "left_out": missing,
    }
