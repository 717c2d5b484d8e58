"""What the whole service takes: from its start to ready, memory idle and at work, and where it goes."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any, Final

from paige.tools.bench.brokers import brokers, process, running_broker, simulated_home
from paige.tools.bench.distribution import Distribution, megabytes, milliseconds
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.bench.process_memory import Memory
from paige.tools.bench.service_process import RunningService, running_service
from paige.tools.bench.turn import TYPED
from paige.tools.simulated_home.home import ANSWER_SECONDS

REPEATS: Final = 7
REQUESTS: Final = 200
"""Typed requests to one service."""
IDLE_SECONDS: Final = 3.0
"""After ready; what a start leaves to do is done by then."""
AIM_BYTES: Final = 200_000_000
AIM_READY_SECONDS: Final = 2.0
_DEMO = resources.files("paige.tools.demo")


def measure(repeats: int | None, tell: Tell) -> Part:
    """Start the service some times, ask it things, and build one step by step.

    Raises:
        BenchFailed: Something does not start, or the kernel does not tell.
    """
    times = repeats or REPEATS
    with resources.as_file(_DEMO) as folder:
        starts, moments, asked = asyncio.run(_service(folder / "home.yaml", times, tell))
        tell("building it step by step")
        recordings = sorted((folder / "recordings").glob("*.wav"))
        stages = asyncio.run(_stages(folder / "home.yaml", recordings))
    return Part(
        "memory",
        "The service as `paige run` starts it with its defaults, for the simulated house; broker and devices "
        f"are other processes. Aim: {AIM_BYTES / 1e6:.0f} MB, {AIM_READY_SECONDS:g} s from start to ready.",
        f"paige bench memory --repeats {times}",
        (_starts_table(starts, asked), _moments_table(moments), _stages_table(stages)),
        {
            "ready_seconds": Distribution.of(one.ready_seconds for one in starts).figures(),
            "ready_processor_seconds": Distribution.of(
                one.ready_processor_seconds for one in starts
            ).figures(),
            "request_seconds": Distribution.of(asked).figures(),
            "service": {name: asdict(memory) for name, memory in moments},
            "stages": stages,
        },
    )


Moments = tuple[tuple[str, Memory], ...]


async def _service(home: Path, times: int, tell: Tell) -> tuple[list[RunningService], Moments, list[float]]:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(running_broker(brokers()[-1]))
        await stack.enter_async_context(simulated_home(port, ANSWER_SECONDS))
        starts = []
        for number in range(1, times):
            tell(f"start {number} of {times}")
            async with running_service(port, home) as running:
                starts.append(running)
        tell(f"start {times} of {times}, and {REQUESTS} requests")
        async with running_service(port, home) as running:
            starts.append(running)
            await asyncio.sleep(IDLE_SECONDS)
            idle = running.memory()
            asked = await running.say([TYPED[number % len(TYPED)] for number in range(REQUESTS)])
            moments = (("idle", idle), (f"after {REQUESTS} typed requests", running.memory()))
        return starts, moments, asked


async def _stages(home: Path, recordings: Sequence[Path]) -> list[dict[str, Any]]:
    command = (sys.executable, "-m", "paige.tools.bench.stages", str(home), *map(str, recordings))
    async with process(*command, stdout=PIPE, stderr=PIPE) as running:
        out, err = await running.communicate()
    if running.returncode:
        raise BenchFailed(f"building Paige step by step failed: {err.decode().strip().splitlines()[-1]}")
    return [json.loads(line) for line in out.splitlines()]


def _starts_table(starts: Sequence[RunningService], asked: Sequence[float]) -> Table:
    quantities = (
        ("start to ready", Distribution.of(one.ready_seconds for one in starts)),
        ("processor time of that", Distribution.of(one.ready_processor_seconds for one in starts)),
        ("a typed request, asked and answered over MQTT", Distribution.of(asked)),
    )
    rows = tuple(
        (name, milliseconds(taken.median), milliseconds(taken.p95), str(len(taken.values)))
        for name, taken in quantities
    )
    return Table("Start and requests, milliseconds", ("", "median", "p95", "repeats"), rows)


def _moments_table(moments: Moments) -> Table:
    rows = tuple((name, *_sizes(asdict(memory))) for name, memory in moments)
    notes = (
        "RSS counts every page in memory; PSS counts pages that several processes share in parts; "
        "anonymous pages are in no file, so the kernel cannot drop them; peak is the highest RSS so far.",
    )
    return Table("Memory of the service, MB", ("", "RSS", "PSS", "anonymous", "peak"), rows, notes)


def _stages_table(stages: Sequence[dict[str, Any]]) -> Table:
    head = ("stage", "more RSS", "RSS after", "anonymous after", "peak so far", "ms")
    return Table(
        "Where it goes: Paige built step by step in a fresh process, MB", head, tuple(_growth(stages))
    )


def _growth(stages: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    before = 0
    for stage in stages:
        more, before = stage["resident"] - before, stage["resident"]
        after = (megabytes(stage[kind]) for kind in ("resident", "anonymous", "peak"))
        yield (stage["name"], megabytes(more), *after, milliseconds(stage["seconds"]))


def _sizes(memory: dict[str, int]) -> Iterator[str]:
    return (megabytes(memory[name]) for name in ("resident", "proportional", "anonymous", "peak"))
