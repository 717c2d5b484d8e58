"""Runs of the engines, each in a process and a control group of its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.lm import shapes, theirs
from paige.tools.bench.lm.cgroup import cgroup, disk_of, forget_files
from paige.tools.bench.part import Tell

SECONDS: Final = 12.0
"""For tokens of one run, but for three at least."""
MOST: Final = 40
"""Tokens of one run."""
_PATIENCE: Final = 600.0
"""Seconds after which a run is given up."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one engine did within a limit."""

    seconds: float | None
    """A token, the median; None where it did not get so far."""
    peak: int | None
    """The most memory that its control group had, in bytes."""
    told: dict[str, Any]
    """What it said of itself."""
    why: str = ""
    """Why it did not get so far."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Models of one shape, made for all engines.

    Args:
        shape: Its name.
        folder: Where they are.
        llama_cpp: A Python that has llama-cpp-python; None to leave that out.
    """

    shape: str
    folder: Path
    llama_cpp: Path | None

    def make(self, tell: Tell) -> None:
        """Make what is not there yet.

        Raises:
            BenchFailed: It cannot be made.
        """
        shape = shapes.SHAPES[self.shape]
        if not self._ours.is_dir():
            for what in shapes.make(shape, self._ours):
                tell(f"{self.shape}: {what}")
        if not self._whole.is_dir():
            tell(f"{self.shape}: the whole model for ONNX Runtime")
            shapes.make_whole(shape, self._whole)
        if self.llama_cpp is not None and not self._gguf.is_file():
            tell(f"{self.shape}: the model for llama.cpp")
            given = json.dumps(asdict(shape))
            made = subprocess.run(  # noqa: S603  # the Python that the user named
                [self.llama_cpp, theirs.__file__, "make", self._gguf, given],
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode:
                raise BenchFailed(f"llama.cpp's model was not made: {_last(made.stderr)}")

    @property
    def engines(self) -> dict[str, Callable[[int | None], Sequence[str | Path]]]:
        """The command of each, for a budget in bytes."""
        engine = (str(SECONDS), str(MOST))
        python = (sys.executable, "-m")
        found: dict[str, Callable[[int | None], Sequence[str | Path]]] = {
            "Paige": lambda budget: (
                *python,
                "paige.tools.bench.lm.ours",
                self._ours,
                str(budget or 1 << 40),
                *engine,
            ),
            "ONNX Runtime": lambda _: (
                *python,
                "paige.tools.bench.lm.whole",
                self._whole,
                json.dumps(shapes.SHAPES[self.shape].to_json()),
                *engine,
            ),
        }
        if self.llama_cpp is not None:
            python_of_theirs = self.llama_cpp
            found["llama.cpp"] = lambda _: (python_of_theirs, theirs.__file__, "run", self._gguf, *engine)
        return found

    def run(self, engine: str, memory: int | None, rate: int | None) -> Run:
        """One engine, with one thread that computes, within a limit of memory and of bytes read in a second.

        Raises:
            NotGiven: Control groups cannot be made here.
        """
        found = self._run(self.engines[engine](memory), memory, rate)
        return replace(found, seconds=median(found.told["tokens"])) if found.told else found

    def restart(self, memory: int, rate: int) -> tuple[Run, Run]:
        """Paige's first token, the prefix read, and after a restart with what was kept of it."""
        with TemporaryDirectory(dir=self.folder) as kept:
            command = (sys.executable, "-m", "paige.tools.bench.lm.restart", self._ours, str(memory), kept)
            return self._run(command, memory, rate), self._run(command, memory, rate)

    def _run(self, command: Sequence[str | Path], memory: int | None, rate: int | None) -> Run:
        with cgroup(memory, rate, disk_of(self.folder)) as group:
            forget_files()
            try:
                done = subprocess.run(  # noqa: S603  # our own, or the Python that the user named
                    command,
                    capture_output=True,
                    text=True,
                    check=False,
                    preexec_fn=group.enter,  # no thread of ours holds a lock then
                    timeout=_PATIENCE,
                )
            except subprocess.TimeoutExpired:
                return Run(None, group.peak, {}, f"not done in {_PATIENCE:g} s")
            if done.returncode == 0:
                return Run(None, group.peak, json.loads(done.stdout.splitlines()[-1]))
            why = "out of memory" if group.killed or done.returncode < 0 else _last(done.stderr)
            return Run(None, group.peak, {}, why)

    @property
    def _ours(self) -> Path:
        return self.folder / f"ours-{self.shape}"

    @property
    def _whole(self) -> Path:
        return self.folder / f"whole-{self.shape}"

    @property
    def _gguf(self) -> Path:
        return self.folder / f"theirs-{self.shape}.gguf"


def _last(text: str) -> str:
    lines: Iterator[str] = (line for line in reversed(text.splitlines()) if line.strip())
    return next(lines, "it said nothing")
