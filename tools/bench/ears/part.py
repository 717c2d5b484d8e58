"""`paige bench ears`: of several machines that hear one wake word, which answers, and how soon."""

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from paige.tools.bench.brokers import brokers, environment, running_broker
from paige.tools.bench.distribution import Distribution, milliseconds
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.part import Part, Table, Tell

REPEATS: Final = 25
MACHINES: Final = 4
BETWEEN_SECONDS: Final = 0.9
"""Two wake words that are closer may be taken for one."""
_START_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 5.0
_AGE: Final = 0.15
_SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Scene:
    """Who hears a wake word, and when it notices that."""

    what: str
    machines: int
    hear: int
    """How many of them hear it."""
    within: float
    """Seconds in which they notice it, each at a random moment."""


SCENES: Final = (
    Scene("alone in the house", 1, 1, 0.0),
    Scene("4 there, all hear it within 20 ms", MACHINES, MACHINES, 0.02),
    Scene("4 there, all hear it within 100 ms", MACHINES, MACHINES, 0.1),
    Scene("4 there, all hear it within 300 ms", MACHINES, MACHINES, 0.3),
    Scene("4 there, one hears it", MACHINES, 1, 0.0),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a scene."""

    scene: Scene
    broker: str
    rounds: int
    one: int
    """Rounds in which exactly one answered."""
    best: int
    """Rounds in which that was the one with the best signal."""
    decided: Distribution
    """Seconds from the winner's bid to its decision."""


def measure(repeats: int | None, tell: Tell) -> Part:
    """Let processes decide, over each broker that there is."""
    rounds = repeats or REPEATS
    results = [asyncio.run(_played(scene, broker, rounds, tell)) for broker in brokers() for scene in SCENES]
    head = ("who is there", "broker", "rounds", "exactly one answered", "the best did", "decided p50", "p95")
    rows = tuple(
        (
            one.scene.what,
            one.broker,
            str(one.rounds),
            str(one.one),
            str(one.best),
            f"{milliseconds(one.decided.median)} ms",
            f"{milliseconds(one.decided.p95)} ms",
        )
        for one in results
    )
    notes = (
        "Each machine is a process with its own link. Who notices the word after another has claimed the "
        "answer yields, though its signal may be better: the wait for it would be everybody's.",
    )
    return Part(
        "ears",
        "Of machines that hear one wake word the one with the best signal answers; a decision may take "
        "200 ms, and is made at once where no other machine is there.",
        f"paige bench ears --repeats {rounds}",
        (Table("Which machine answers", head, rows, notes),),
        {"results": [_figures(one) for one in results]},
    )


def _figures(result: Result) -> dict[str, object]:
    return {
        "scene": result.scene.what,
        "broker": result.broker,
        "rounds": result.rounds,
        "exactly_one": result.one,
        "best": result.best,
        "decided_seconds": result.decided.figures(),
    }


async def _played(scene: Scene, broker: str, rounds: int, tell: Tell) -> Result:
    tell(f"{broker}: {scene.what}")
    chance, one, best, decided = random.Random(_SEED), 0, 0, []  # noqa: S311 # the same scenes every time
    async with running_broker(broker) as port, _machines(port, scene.machines) as machines:
        for _ in range(rounds):
            hearing = chance.sample(range(len(machines)), scene.hear)
            signals = {place: chance.uniform(5, 30) for place in hearing}
            answers = await asyncio.gather(
                *(
                    _hears(machines[place], signal, chance.uniform(0, scene.within))
                    for place, signal in signals.items()
                )
            )
            won = [place for place, (wins, _) in zip(signals, answers, strict=True) if wins]
            one += len(won) == 1
            best += won == [max(signals, key=signals.__getitem__)]
            decided += [seconds for wins, seconds in answers if wins]
            await asyncio.sleep(BETWEEN_SECONDS)
    return Result(scene, broker, rounds, one, best, Distribution.of(decided))


async def _hears(machine: Process, signal: float, delay: float) -> tuple[bool, float]:
    assert machine.stdin is not None
    machine.stdin.write(f"{signal} {delay} {_AGE}\n".encode())
    won, seconds = (await _line(machine, _ANSWER_SECONDS)).split()
    return won == "1", float(seconds)


@asynccontextmanager
async def _machines(port: int, count: int) -> AsyncIterator[Sequence[Process]]:
    async with AsyncExitStack() as stack:
        module = "paige.tools.bench.ears.one_ear"
        running = []
        for number in range(count):
            machine = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", module, str(port), f"ear{number}", str(count - 1)),
                env=environment(),
                stdin=PIPE,
                stdout=PIPE,
            )
            stack.push_async_callback(_end, machine)
            running.append(machine)
        for machine in running:
            await _line(machine, _START_SECONDS)
        yield running


async def _line(machine: Process, within: float) -> str:
    assert machine.stdout is not None
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            line = (await machine.stdout.readline()).decode().strip()
            if line:
                return line
    raise BenchFailed(f"a machine of the measurement did not answer within {within:g} seconds")


async def _end(machine: Process) -> None:
    if machine.returncode is None:
        with suppress(ProcessLookupError):
            machine.kill()
    await machine.wait()
