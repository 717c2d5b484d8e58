"""A day of a house, faster than it goes by: what is said is done, and nothing else.

    paige bench day --recordings FOLDER [--repeats HOURS]

A microphone hears a quiet room, noise of a kitchen, people who talk to each other, and now and then the wake
word and a command. It is unplugged, delivers nothing but zeros and is there again; the broker is restarted.
All that hears and answers is the service's own; devices, broker and sound are simulated, and time is that of
the sound: a person who has said a command waits until it is answered.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import yaml

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.conversion import rechunk
from paige.audio.errors import SourceLost
from paige.audio.voices import open_voice
from paige.audio.wav import read_wav
from paige.device.assistant import Assistant, assistant
from paige.device.config.schema import Config, House, Mqtt, Wake
from paige.device.ear import Ear, Hears
from paige.device.listening import listen
from paige.device.turn import Turn
from paige.iot.errors import IotError
from paige.iot.outcome import Status
from paige.models.intent import Intent, NotRecognized
from paige.models.recognizer import open_recognizer
from paige.tools.bench.demo import demo_home, demo_recordings
from paige.tools.bench.errors import BenchFailed, NotGiven
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.bench.process_memory import process_memory
from paige.tools.bench.wake.people import say_as, talkers
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome
from paige.tools.spoken import spoken_by

HOURS: Final = 1
AN_HOUR: Final = {"command": 20, "people": 30, "noise": 10, "unplugged": 1, "zeros": 1, "restart": 1}
"""How often each scene comes."""
_WAKE: Final = "okay nabu"
_VOICES: Final = ("en-gb", "en-gb+m3", "en-gb+m7", "en-gb-scotland", "en-us+m1")
"""eSpeak NG's that the ready wake word's network hears."""
_LOUDNESS: Final = 0.4
"""Of a voice, to its loudest."""
_COMMANDS: Final = (
    "01-kitchen-lamp.wav",
    "02-living-room-lights.wav",
    "04-blinds.wav",
    "05-thermostat.wav",
    "06-door-locked.wav",
    "07-outdoor-temperature.wav",
)
"""Of the demo."""
_ANSWER_SECONDS: Final = 30.0
_ROOM: Final = 6.0
"""Standard deviation of the noise of a quiet room, of 16 bits."""


@dataclass
class _Log:
    """What has happened."""

    said: int = 0
    done: int = 0
    unasked: list[str] = field(default_factory=list)
    """What was understood though nobody had spoken to Paige."""
    answered_nobody: int = 0
    """How often it said that it had not understood, and nobody had spoken to it."""
    missed: list[str] = field(default_factory=list)
    lost: int = 0
    """How often the microphone was."""
    restarts: int = 0
    """Of the broker."""
    megabytes: list[float] = field(default_factory=list)
    """Of the process, after each hour."""


@dataclass(frozen=True, slots=True)
class _Command:
    """Something that is said to Paige."""

    text: str
    samples: Samples  # [samples]


class _Day:
    """The sound of a day, and who speaks in it."""

    description = "a day in a house"

    def __init__(
        self, recordings: Path, commands: Sequence[_Command], hours: int, log: _Log, tell: Tell
    ) -> None:
        self._commands = commands
        self._wake_words = wake_words()
        self._random = np.random.default_rng(1)
        self._people = sorted((recordings / "clean").glob("*.wav"))
        self._noise = read_wav(recordings / "kitchen.wav").samples
        self._scenes = self._plan(hours)
        self._log = log
        self._tell = tell
        self._answered = threading.Event()
        self.waiting: str | None = None
        """What was commanded and is not answered yet."""
        self.over = threading.Event()
        self.restart, self.restarted = threading.Event(), threading.Event()
        """The broker is to be restarted, and is there again."""

    def answered(self) -> None:
        """Whoever waits for an answer goes on."""
        self._answered.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The next microphone goes on where this one ended."""

    def chunks(self) -> Iterator[AudioChunk]:
        """What is heard until the microphone is unplugged, or the day is over."""
        at = 0
        for chunk in rechunk(self._sounds()):
            if len(chunk.samples) == CHUNK_SAMPLES:
                yield AudioChunk(chunk.samples, at / RATE)
                at += CHUNK_SAMPLES

    def _plan(self, hours: int) -> Iterator[str]:
        for hour in range(hours):
            scenes = [scene for scene, times in AN_HOUR.items() for _ in range(times)]
            self._random.shuffle(scenes)
            yield from scenes
            yield f"hour {hour + 1}"

    def _sounds(self) -> Iterator[Samples]:
        for scene in self._scenes:
            yield self._quiet(float(self._random.uniform(5, 100)))
            if scene == "unplugged":
                self._log.lost += 1
                raise SourceLost("the microphone of the day was unplugged")
            yield from self._scene(scene)
        self.over.set()
        while True:
            yield self._quiet(1.0)

    def _scene(self, scene: str) -> Iterator[Samples]:
        if scene == "command":
            yield from self._command()
        elif scene == "people":
            yield read_wav(self._people[int(self._random.integers(len(self._people)))]).samples
        elif scene == "noise":
            begin = int(self._random.integers(0, len(self._noise) - 30 * RATE))
            yield self._noise[begin : begin + 30 * RATE]
        elif scene == "zeros":
            yield np.zeros(20 * RATE, np.int16)
        elif scene == "restart":
            self.restarted.clear()
            self.restart.set()
            self.restarted.wait(_ANSWER_SECONDS)
        else:
            self._log.megabytes.append(process_memory().resident / 1e6)
            self._tell(f"{scene}: {self._log.done} of {self._log.said} commands done")

    def _command(self) -> Iterator[Samples]:
        command = self._commands[self._log.said % len(self._commands)]
        yield self._wake_words[int(self._random.integers(len(self._wake_words)))]
        yield self._quiet(float(self._random.uniform(0.4, 1.5)))
        self._log.said += 1
        self.waiting = command.text
        self._answered.clear()
        yield command.samples
        yield self._quiet(2.0)
        # Time goes on while somebody waits, and not faster than others can act.
        for _ in range(round(_ANSWER_SECONDS)):
            if self._answered.wait(1.0):
                break
            yield self._quiet(1.0)
        if self.waiting is not None:
            self._log.missed.append(f"{self.waiting} (not answered)")
            self.waiting = None

    def _quiet(self, seconds: float) -> Samples:
        return self._random.normal(0, _ROOM, round(seconds * RATE)).astype(np.int16)


def wake_words() -> list[Samples]:
    """The wake word, by voices made of recordings of people; where none is installed, by eSpeak NG's."""
    spoken = [say_as(_WAKE, talker) * _LOUDNESS for talker in talkers() if not talker.echo]
    if spoken:
        return [np.rint(one).astype(np.int16) for one in spoken]
    return [spoken_by(open_voice(voice, "en"), _WAKE, _LOUDNESS) for voice in _VOICES]


def measure(repeats: int | None, tell: Tell, recordings: Path | None = None) -> Part:
    """The part `day` of `paige bench`.

    Args:
        repeats: Hours.
        tell: Takes a line on how far it is.
        recordings: The folder of `paige bench listen`, for people and noise.

    Raises:
        NotGiven: There are no recordings.
        BenchFailed: The house does not come up.
    """
    if recordings is None:
        raise NotGiven("it needs recordings of people: paige bench day --recordings FOLDER")
    hours, log = repeats or HOURS, _Log()
    with demo_home() as home, demo_recordings() as files:
        said = {one["file"]: one["sentence"] for one in _sentences(files[0].parent)}
        commands = [_Command(said[name], read_wav(files[0].with_name(name)).samples) for name in _COMMANDS]
        asyncio.run(_live(home, _Day(recordings, commands, hours, log, tell), log))
    row = (
        f"{hours}",
        f"{log.said}",
        f"{log.done}",
        f"{len(log.unasked)}",
        f"{log.answered_nobody}",
        f"{log.lost} / {log.restarts}",
        f"{log.megabytes[0]:.0f} / {log.megabytes[-1]:.0f}",
    )
    head = (
        "hours",
        "commands",
        "done",
        "unasked",
        "answered nobody",
        "microphone lost / broker restarted",
        "MB, first / last hour",
    )
    notes = (
        "“done”: understood, and confirmed by the entity's own state. “unasked”: something was understood "
        "though nobody had spoken to Paige. “answered nobody”: what was heard then was not understood, and "
        "Paige said so. MB: resident, after the first hour and the last.",
        *(f"missed: {text}" for text in log.missed),
        *(f"unasked: {text}" for text in log.unasked),
    )
    return Part(
        "day",
        "A day of a house, faster than it goes by: a quiet room, a kitchen, people who talk to each other, "
        "wake words and commands; microphones that are unplugged or deliver zeros, a broker that restarts.",
        f"paige bench day --recordings FOLDER --repeats {hours}",
        (Table(f"{hours} hours", head, (row,), notes),),
        {**dict(zip(head, row, strict=True)), "missed": log.missed, "unasked_texts": log.unasked},
    )


def _sentences(folder: Path) -> list[dict[str, str]]:
    read: list[dict[str, str]] = yaml.safe_load((folder / "sentences.yaml").read_text())["recordings"]
    return read


async def _live(home: Path, day: _Day, log: _Log) -> None:
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(_Restarted())
        devices = await stack.enter_async_context(_Devices(broker))
        config = Config(house=House(home=home), mqtt=Mqtt(host=broker.host, port=broker.port))
        one = await stack.enter_async_context(assistant(config, open_recognizer("pocketsphinx")))
        await _there(one)
        await one.pipeline.listen_for_the_home()

        async def done(turn: Turn) -> None:
            await _note(one, day, log, turn)

        ear = Ear(Hears(one.pipeline, Wake(), None, done))
        stack.push_async_callback(ear.close)
        hearing = asyncio.create_task(listen(lambda: day, ear.events, ear.handle, pause=0.01))
        stack.callback(hearing.cancel)
        while not day.over.is_set():
            await asyncio.sleep(0.05)
            if hearing.done():
                hearing.result()
                raise BenchFailed("listening has ended before the day")
            if day.restart.is_set():
                day.restart.clear()
                known = _reported(one)
                await devices.leave()
                await broker.restart()
                await devices.join()
                log.restarts += 1
                await _there(one, known)
                day.restarted.set()


async def _note(one: Assistant, day: _Day, log: _Log, turn: Turn) -> None:
    wanted, day.waiting = day.waiting, None
    if wanted is None:
        if turn.text:
            log.unasked.append(turn.text)
        else:
            log.answered_nobody += 1
        return
    meant = await one.pipeline.understand(wanted)
    same = (
        isinstance(turn.understood, Intent)
        and not isinstance(meant, NotRecognized)
        and (turn.understood.name, turn.understood.slots) == (meant[0].name, meant[0].slots)
    )
    if same and turn.refusal is None and all(one.status is Status.DONE for one in turn.outcomes):
        log.done += 1
    else:
        log.missed.append(f"{wanted} ({turn.text or 'not heard'}: {turn.reply.text})")
    day.answered()


def _reported(one: Assistant) -> frozenset[str]:
    """The entities whose state is known."""
    known = (one.home.registry.entity(each.id) for each in one.home.registry.entities)
    return frozenset(each.id for each in known if each is not None and each.state is not None)


async def _there(one: Assistant, known: frozenset[str] = frozenset()) -> None:
    """Wait for the house, and for what its devices report: the sound goes faster than they do."""
    try:
        await one.link.connected(_ANSWER_SECONDS, retry=True)
        async with asyncio.timeout(_ANSWER_SECONDS):
            await one.home.ready()
            while not known <= _reported(one):  # noqa: ASYNC110  # the registry tells nobody
                await asyncio.sleep(0.05)
    except (TimeoutError, IotError) as error:
        raise BenchFailed(f"the house did not come up: {error}") from error


class _Restarted:
    """A broker that may be restarted on its port; an asynchronous context manager."""

    def __init__(self) -> None:
        self._broker = EmbeddedBroker()
        self.host, self.port = self._broker.host, 0

    async def __aenter__(self) -> Self:
        await self._broker.__aenter__()
        self.port = self._broker.port
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._broker.__aexit__(kind, error, trace)

    async def restart(self) -> None:
        """Stop it, and start another in its place."""
        await self._broker.__aexit__(None, None, None)
        self._broker = EmbeddedBroker(self.port)
        await self._broker.__aenter__()


class _Devices:
    """The simulated home, which can leave a broker and join another; an asynchronous context manager."""

    def __init__(self, broker: _Restarted) -> None:
        self._broker = broker
        self._home = SimulatedHome()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self.join()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        """All say that they are gone."""
        await self._stack.aclose()

    async def join(self) -> None:
        """All say what they are and how."""
        await self._stack.enter_async_context(self._home.joined(self._broker.host, self._broker.port))
