"""What the whole service takes: from its start to ready, memory idle and at work, and where it goes."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from paige.audio.wav import read_wav
from paige.tools.bench.brokers import brokers, process, running_broker, simulated_home
from paige.tools.bench.demo import demo_home, demo_recordings
from paige.tools.bench.distribution import Distribution, megabytes, milliseconds
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.bench.process_memory import Memory
from paige.tools.bench.recorded_service import QUIET_SECONDS
from paige.tools.bench.service_process import RunningService, running_service
from paige.tools.bench.turn import PAUSE_SECONDS, TYPED
from paige.tools.simulated_home.home import ANSWER_SECONDS

REPEATS: Final = 7
AIM_BYTES: Final = 200_000_000
AIM_READY_SECONDS: Final = 2.0
_QUIET_SECONDS = 120.0

Moments = dict[str, Memory]
"""What a service held, by when that was."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a service is given to do."""

    requests: int = 100
    """Typed sentences."""
    recordings: int | None = None
    """The first of the demo's so many; None for all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one kind of service is put through."""

    home: Path
    recordings: tuple[Path, ...]
    """What it hears; without any it has no microphone."""
    starts: int
    requests: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of service, measured."""

    starts: tuple[RunningService, ...]
    moments: Moments
    requests: tuple[float, ...]
    """Seconds of each typed request."""
    spoken_turns: int
    """That came of the recordings."""

    def figures(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ready_seconds": Distribution.of(one.ready_seconds for one in self.starts).figures(),
            "ready_processor_seconds": Distribution.of(
                one.ready_processor_seconds for one in self.starts
            ).figures(),
            "request_seconds": Distribution.of(self.requests).figures(),
            "spoken_turns": self.spoken_turns,
            "memory": {name: asdict(memory) for name, memory in self.moments.items()},
        }


def measure(repeats: int | None, tell: Tell, work: Work = Work()) -> Part:  # it is frozen
    """Start the service some times, give it work, and build one step by step.

    Raises:
        BenchFailed: Something does not start, or the kernel does not tell.
    """
    times = repeats or REPEATS
    with demo_home() as home, demo_recordings() as all_recordings:
        recordings = all_recordings[: work.recordings]
        kinds = asyncio.run(_services(Plan(home, recordings, times, work.requests), tell))
        tell("building it step by step")
        stages = asyncio.run(_stages(home, recordings))
    return Part(
        "memory",
        "The service as `paige run` starts it with its defaults, for the simulated house; broker and devices "
        "are other processes, and recordings stand in for the microphone. Without a microphone the service "
        "has no recognizer. "
        f"Aim: {AIM_BYTES / 1e6:.0f} MB, {AIM_READY_SECONDS:g} s from start to ready.",
        f"paige bench memory --repeats {times}",
        (
            _starts_table(kinds),
            _moments_table(kinds, len(recordings)),
            _stages_table(stages),
        ),
        {"service": {name: kind.figures() for name, kind in kinds.items()}, "stages": stages},
    )


async def _services(plan: Plan, tell: Tell) -> dict[str, Kind]:
    kinds = {"with speech": plan, "without a microphone": replace(plan, recordings=())}
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(running_broker(brokers()[-1]))
        await stack.enter_async_context(simulated_home(port, ANSWER_SECONDS))
        return {
            name: await _service(port, kind, partial(_told_of, name, tell)) for name, kind in kinds.items()
        }


def _told_of(name: str, tell: Tell, line: str) -> None:
    tell(f"{name}: {line}")


async def _service(port: int, plan: Plan, tell: Tell) -> Kind:
    starts = []
    for number in range(1, plan.starts):
        tell(f"start {number} of {plan.starts}")
        async with running_service(port, plan.home, plan.recordings) as running:
            starts.append(running)
    tell(f"start {plan.starts} of {plan.starts}, {plan.requests} requests, {len(plan.recordings)} recordings")
    async with running_service(port, plan.home, plan.recordings) as running:
        starts.append(running)
        await running.quiet(_QUIET_SECONDS)
        moments = {"idle": running.memory()}
        asked = await running.say(
            [TYPED[number % len(TYPED)] for number in range(plan.requests)], PAUSE_SECONDS
        )
        moments[f"after {plan.requests} typed requests"] = running.memory()
        typed = running.turns()
        if plan.recordings:
            running.speak()
            await asyncio.sleep(sum(read_wav(path).seconds + QUIET_SECONDS for path in plan.recordings))
            await running.quiet(_QUIET_SECONDS)
            moments["after the recordings"] = running.memory()
        return Kind(tuple(starts), moments, tuple(asked), running.turns() - typed)


async def _stages(home: Path, recordings: Sequence[Path]) -> list[dict[str, Any]]:
    command = (sys.executable, "-m", "paige.tools.bench.stages", str(home), *map(str, recordings))
    async with process(*command, stdout=PIPE, stderr=PIPE) as running:
        out, err = await running.communicate()
    if running.returncode:
        raise BenchFailed(f"building Paige step by step failed: {err.decode().strip().splitlines()[-1]}")
    return [json.loads(line) for line in out.splitlines()]


def _starts_table(kinds: Mapping[str, Kind]) -> Table:
    rows = tuple(
        (f"{name}: {what}", milliseconds(taken.median), milliseconds(taken.p95), str(len(taken.values)))
        for name, kind in kinds.items()
        for what, taken in (
            ("start to ready", Distribution.of(one.ready_seconds for one in kind.starts)),
            ("processor time of that", Distribution.of(one.ready_processor_seconds for one in kind.starts)),
            ("a typed request, asked and answered over MQTT", Distribution.of(kind.requests)),
        )
    )
    notes = (
        f"Devices take {ANSWER_SECONDS * 1000:g} ms to answer; before each request is a pause of 0.1 s.",
    )
    return Table("Start and requests, milliseconds", ("", "median", "p95", "repeats"), rows, notes)


def _moments_table(kinds: Mapping[str, Kind], recordings: int) -> Table:
    rows = tuple(
        (f"{name}: {moment}", *_sizes(asdict(memory)))
        for name, kind in kinds.items()
        for moment, memory in kind.moments.items()
    )
    turns = sum(kind.spoken_turns for kind in kinds.values())
    notes = (
        "RSS counts every page in memory; PSS counts pages that several processes share in parts; "
        "anonymous pages are in no file, so the kernel cannot drop them; peak is the highest RSS so far.",
        f"Of {recordings} recordings came {turns} turns; “none of them” is none.",
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
