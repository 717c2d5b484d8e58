"""What a turn takes, by step: from the last sample of speech to the published message and the reply."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from paige.audio.chunk import RATE, AudioChunk, Samples
from paige.audio.conversion import rechunk
from paige.audio.endpointer import Endpointer, utterances
from paige.audio.voice_activity import open_voice_detector
from paige.audio.wav import WavSource
from paige.device.assistant import Assistant, assistant
from paige.device.attention import Attention, Heard
from paige.device.config.schema import Config, House, Mqtt
from paige.device.live import Live
from paige.device.turn import Turn
from paige.iot.outcome import Status
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.protocol import Recognizer
from paige.tools.bench.brokers import HOST, brokers, running_broker, simulated_home
from paige.tools.bench.demo import demo_home, demo_recordings
from paige.tools.bench.distribution import Distribution, milliseconds
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.simulated_home.home import ANSWER_SECONDS

REPEATS: Final = 20
PAUSE_SECONDS: Final = 0.1
"""Between typed sentences. Without any, each would wait for TCP: the devices' machine, like any Linux, puts
off an acknowledgement by 40 ms, and mosquitto sends nothing small before that. People pause."""
_READY_SECONDS = 60.0
_QUIET: Final[Samples] = np.zeros(2 * RATE, np.int16)  # [samples]
_PACED_SECONDS: Final = 0.5
"""Before the last moment of speech: from there on the recording takes as long as it took to speak."""
_STEPS: Final = ("endpoint", "recognize", "parse", "resolve", "publish", "confirm")
_PUBLISHED: Final = "to published"
_WHOLE: Final = "to reply"

TYPED: Final = (
    "turn on the kitchen lamp",
    "set the living room ceiling light to 40 percent",
    "turn on the coffee maker",
    "turn on the kitchen radio",
    "turn off the kitchen lamp",
    "set the living room ceiling light to 80 percent",
    "turn off the coffee maker",
    "turn off the kitchen radio",
)
"""One thing of each dialect, there and back."""


@dataclass
class Timings:
    """Seconds of every step, over many turns."""

    steps: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    first: float = 0.0
    """Of the first turn after the start, which is not among the others."""
    done: int = 0
    """Turns whose entity confirmed the command."""
    other: int = 0
    """Turns that sent nothing (answers, questions, what was not understood) or were not confirmed."""

    def add(self, turn: Turn, wall: float) -> None:
        """Take one turn that took `wall` seconds from the end of the utterance or sentence to the reply."""
        if not turn.outcomes or any(outcome.status is not Status.DONE for outcome in turn.outcomes):
            self.other += 1
            return
        self.done += 1
        taken = {step.name: step.seconds for step in turn.steps}
        for name, seconds in taken.items():
            self.steps[name].append(seconds)
        self.steps[_PUBLISHED].append(sum(taken[name] for name in taken if name != "confirm"))
        self.steps[_WHOLE].append(taken.get("endpoint", 0.0) + wall)

    def figures(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "done": self.done,
            "other": self.other,
            "first_seconds": self.first,
            "seconds": {name: Distribution.of(values).figures() for name, values in self.steps.items()},
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """What turns were measured against."""

    broker: str
    answer_seconds: float
    """What a simulated device takes to answer."""

    @property
    def title(self) -> str:
        """For a table."""
        return f"{self.broker} broker, devices answer after {self.answer_seconds * 1000:g} ms"


def settings() -> tuple[Setting, ...]:
    """Each broker that is installed, with devices like real ones and with devices that take no time."""
    return tuple(Setting(broker, answer) for broker in brokers() for answer in (ANSWER_SECONDS, 0.0))


def measure(repeats: int | None, tell: Tell, against: Sequence[Setting] | None = None) -> Part:
    """Spoken and typed commands, against `settings()` by default.

    Raises:
        BenchFailed: There are no recordings, or a broker does not start.
    """
    times = repeats or REPEATS
    recognizer = open_recognizer("pocketsphinx")
    results: dict[str, dict[str, Timings]] = {}
    with demo_home() as home, demo_recordings() as recordings:
        spoken = [spoken for path in recordings for spoken in _in_file(path)]
        for setting in against or settings():
            tell(f"{setting.title}: {times} × ({len(spoken)} spoken, {len(TYPED)} typed)")
            results[setting.title] = asyncio.run(_against(setting, home, spoken, recognizer, times))
    return Part(
        "turn",
        "From the last sample of speech, or from a typed sentence, to the published message and to the "
        "reply, which waits for the entity's own state. Broker and devices run in processes of their own.",
        f"paige bench turn --repeats {times}",
        tuple(_table(kind, results, times) for kind in ("spoken", "typed")),
        {
            "repeats": times,
            "settings": {
                title: {kind: timings.figures() for kind, timings in kinds.items()}
                for title, kinds in results.items()
            },
        },
    )


@dataclass(frozen=True, slots=True)
class _Spoken:
    """One recording, and the quiet after it, as a microphone goes on after a command."""

    chunks: tuple[AudioChunk, ...]
    speech_end: float
    """Seconds to the last sample of speech."""


def _in_file(path: Path) -> Iterator[_Spoken]:
    """What is spoken in a file, where that is one utterance."""
    with WavSource(path) as source:
        chunks = tuple(rechunk(chain((_QUIET,), (chunk.samples for chunk in source.chunks()), (_QUIET,))))
    for utterance in utterances(chunks):
        yield _Spoken(chunks, utterance.speech_end)
        return


def _heard(spoken: _Spoken, live: Live) -> Heard:
    """What comes of a recording, at the moment at which a microphone's listener would know it.

    What is before the last moment of speech goes as fast as it can: only then time begins to count.
    """
    attention = Attention(Endpointer(open_voice_detector()), listener=live, always=True)
    began: float | None = None
    for chunk in spoken.chunks:
        if chunk.start > spoken.speech_end - _PACED_SECONDS:
            if began is None:
                live.settle()
                began = time.monotonic() - chunk.start
            time.sleep(max(0.0, began + chunk.start + chunk.seconds - time.monotonic()))
        for event in attention.hear(chunk):
            if isinstance(event, Heard):
                return event
    raise BenchFailed("nothing was heard in one of the demo's recordings")


async def _against(
    setting: Setting, home: Path, spoken: list[_Spoken], recognizer: Recognizer, times: int
) -> dict[str, Timings]:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(running_broker(setting.broker))
        await stack.enter_async_context(simulated_home(port, setting.answer_seconds))
        config = Config(house=House(home=home), mqtt=Mqtt(host=HOST, port=port))
        running = await stack.enter_async_context(assistant(config, recognizer))
        await _ready(running)
        # Typed first, so that its first sentence finds nothing prepared by speech.
        typed = await _typed(running, times)
        await running.pipeline.listen_for_the_home()
        return {"spoken": await _spoken(running, spoken, times), "typed": typed}


async def _ready(running: Assistant) -> None:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await running.home.ready()
    except TimeoutError:
        raise BenchFailed(
            f"the simulated house has not announced itself within {_READY_SECONDS:g} seconds"
        ) from None


async def _typed(running: Assistant, times: int) -> Timings:
    timings = Timings()
    for number, text in enumerate((TYPED[0], *TYPED * times)):
        await asyncio.sleep(PAUSE_SECONDS)
        began = time.monotonic()
        turn = await running.pipeline.handle_text(text)
        _take(timings, number, turn, time.monotonic() - began)
    return timings


async def _spoken(running: Assistant, spoken: list[_Spoken], times: int) -> Timings:
    timings, live = Timings(), running.pipeline.live()
    for number, one in enumerate((spoken[0], *spoken * times)):
        heard = await asyncio.to_thread(_heard, one, live)
        began = time.monotonic()
        guess = None if heard.guess is None else asyncio.wrap_future(heard.guess)
        turn = await running.pipeline.handle_utterance(heard.utterance, guess=guess)
        _take(timings, number, turn, time.monotonic() - began)
        await running.pipeline.listen_for_the_home()  # as the service does, while the person hears the reply
    live.close()
    return timings


def _take(timings: Timings, number: int, turn: Turn, wall: float) -> None:
    if number == 0:
        timings.first = wall
    else:
        timings.add(turn, wall)


def _table(kind: str, results: dict[str, dict[str, Timings]], times: int) -> Table:
    rows = tuple(_rows(kind, results))
    taken = [timings[kind] for timings in results.values()]
    done, other = sum(one.done for one in taken), sum(one.other for one in taken)
    notes = [
        f"Milliseconds: median, then p95 after the slash; {times} repeats, {done} confirmed turns in all. "
        f"{other} turns that sent nothing or were not confirmed are left out.",
        "“publish” ends when the broker has acknowledged (QoS 1); “confirm” begins when the message was "
        "handed to the network, so the two overlap. It contains what the device itself takes.",
        f"The first turn after the start is left out; it took {_list(one.first for one in taken)} ms.",
    ]
    if kind == "spoken":
        notes.insert(
            1,
            "“endpoint” is silence in the sound, after which speech counts as ended: time of the "
            "recording, not of the processor.",
        )
    return Table(f"{kind.capitalize()} commands", ("setting", *_columns(kind)), rows, tuple(notes))


def _columns(kind: str) -> tuple[str, ...]:
    steps = _STEPS if kind == "spoken" else _STEPS[2:]
    return (*steps[:-1], _PUBLISHED, steps[-1], _WHOLE)


def _rows(kind: str, results: dict[str, dict[str, Timings]]) -> Iterator[tuple[str, ...]]:
    for title, kinds in results.items():
        steps = kinds[kind].steps
        yield (title, *(_cell(steps.get(name)) for name in _columns(kind)))


def _cell(seconds: list[float] | None) -> str:
    if not seconds:
        return "–"
    taken = Distribution.of(seconds)
    return f"{milliseconds(taken.median)} / {milliseconds(taken.p95)}"


def _list(seconds: Iterable[float]) -> str:
    return ", ".join(milliseconds(one) for one in seconds)
