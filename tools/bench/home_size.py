"""What the size of a home costs: hearing of all devices, the language of their names, and parsing."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import aiomqtt

from paige.device.broker import link_options
from paige.device.config.schema import Mqtt
from paige.device.dialects import dialects
from paige.iot.home import Home
from paige.iot.link import MqttLink
from paige.iot.registry import Registry
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.recognizer import open_recognizer
from paige.models.vocabulary import Vocabulary
from paige.tools.bench.brokers import HOST, brokers, running_broker
from paige.tools.bench.demo import demo_recordings
from paige.tools.bench.distribution import Distribution, megabytes, milliseconds
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.large_home import large_home
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.bench.process_memory import Memory
from paige.tools.bench.service_process import RunningService, running_service

SIZES: Final = (30, 300, 5_000)
REPEATS: Final = 3
SENTENCES: Final = 300
SEED: Final = 1
IDLE_SECONDS: Final = 5.0
_READY_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Discovery:
    """How a home was heard."""

    seconds: float
    """From the connection to ready."""
    processor_seconds: float
    entities: int
    """That were found."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the language of a home takes."""

    changed: Distribution
    """Seconds of the first sentence after names have changed, which makes their language."""
    parse: Distribution
    """Seconds of a sentence that is understood."""
    nearest: Distribution
    """Seconds to find what is nearest to a sentence that is not."""
    restrict: float
    """Seconds to make the default recognizer ready for it."""


@dataclass(frozen=True, slots=True)
class MeasuredHome:
    """All that was measured with one home."""

    size: int
    broker: str
    discovery: tuple[Discovery, ...]
    understanding: Understanding
    service: RunningService
    memory: Memory
    """Of the service, idle."""
    idle: float
    """Share of one core that the idle service takes."""

    def figures(self) -> dict[str, object]:
        """For `--json`."""
        understanding = self.understanding
        return {
            "size": self.size,
            "broker": self.broker,
            "entities": min(one.entities for one in self.discovery),
            "discovery_seconds": Distribution.of(one.seconds for one in self.discovery).figures(),
            "discovery_processor_seconds": Distribution.of(
                one.processor_seconds for one in self.discovery
            ).figures(),
            "changed_seconds": understanding.changed.figures(),
            "parse_seconds": understanding.parse.figures(),
            "nearest_seconds": understanding.nearest.figures(),
            "restrict_seconds": understanding.restrict,
            "service_ready_seconds": self.service.ready_seconds,
            "service_ready_processor_seconds": self.service.ready_processor_seconds,
            "service_memory": asdict(self.memory),
            "service_idle": self.idle,
        }


def measure(repeats: int | None, tell: Tell, sizes: Sequence[int] = SIZES) -> Part:
    """Homes of several sizes, on a broker in another process.

    Raises:
        BenchFailed: A broker does not start, or the devices are not heard in time.
    """
    times = repeats or REPEATS
    with demo_recordings() as recordings:
        homes = [asyncio.run(_home(size, times, recordings, tell)) for size in sizes]
    return Part(
        "home",
        "Homes whose devices are announced by Home Assistant's discovery, retained, on the "
        f"{homes[0].broker} broker in a process of its own: a configuration, an availability and a state or "
        "more for each.",
        f"paige bench home --repeats {times}",
        (_discovery_table(homes), _language_table(homes)),
        {"homes": [home.figures() for home in homes]},
    )


async def _home(size: int, times: int, recordings: Sequence[Path], tell: Tell) -> MeasuredHome:
    broker = brokers()[-1]
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(running_broker(broker))
        tell(f"{size} devices announce themselves to the {broker} broker")
        await _announce(port, size)
        found = []
        vocabulary = Vocabulary()
        for number in range(1, times + 1):
            tell(f"{size} devices: heard {number} of {times} times")
            one, vocabulary = await _discover(port)
            found.append(one)
        tell(f"{size} devices: their language")
        understanding = _understand(vocabulary, times)
        tell(f"{size} devices: the service")
        service = await stack.enter_async_context(running_service(port, recordings=recordings))
        await service.quiet(_READY_SECONDS)  # it says that it is ready after 5 s at the latest
        idle = await service.processor_share(IDLE_SECONDS)
        return MeasuredHome(size, broker, tuple(found), understanding, service, service.memory(), idle)


async def _announce(port: int, size: int) -> None:
    async with aiomqtt.Client(HOST, port) as client:
        for device in large_home(size):
            for sent in device.announce():
                await client.publish(sent.topic, sent.payload, qos=1, retain=True)


async def _discover(port: int) -> tuple[Discovery, Vocabulary]:
    mqtt = Mqtt(host=HOST, port=port)
    registry = Registry()
    connected: list[tuple[float, float]] = []
    async with MqttLink(link_options(mqtt)) as link:
        link.on_connected(lambda: connected.append((time.monotonic(), time.process_time())))
        async with Home(link, registry, dialects(mqtt)) as home:
            await _ready(home)
            began, processor = connected[-1]
            taken, worked = time.monotonic() - began, time.process_time() - processor
            return Discovery(taken, worked, len(registry.entities)), registry.vocabulary()


async def _ready(home: Home) -> None:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await home.ready()
    except TimeoutError:
        raise BenchFailed(f"the home was not ready within {_READY_SECONDS:g} seconds") from None


def _understand(vocabulary: Vocabulary, times: int) -> Understanding:
    sentences = Sentences.for_language("en")
    greeting = f"turn on the {vocabulary.entities[0].spoken}"

    def first_sentence() -> Language:
        language = Language(sentences, vocabulary)
        language.parse(greeting)
        return language

    language = first_sentence()  # which also prepares the sentences; they outlive all names
    changed = Distribution.of(_seconds(first_sentence) for _ in range(times))
    said = [intent.text for intent in language.sample(SENTENCES, SEED)]
    parse = Distribution.of(_seconds(partial(language.parse, text)) for text in said)
    language.nearest("")  # makes the index
    wrong = [f"{text} bogus" for text in said[: SENTENCES // 10]]
    nearest = Distribution.of(_seconds(partial(language.nearest, text)) for text in wrong)
    recognizer = open_recognizer("pocketsphinx")
    return Understanding(changed, parse, nearest, _seconds(partial(recognizer.restrict, language)))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _discovery_table(homes: Sequence[MeasuredHome]) -> Table:
    head = (
        "devices",
        "found",
        "connected to ready, s",
        "processor, s",
        "service: start to ready, s",
        "its RSS idle, MB",
        "its processor idle, %",
    )
    rows = tuple(
        (
            f"{home.size:,}",
            f"{min(one.entities for one in home.discovery):,}",
            f"{Distribution.of(one.seconds for one in home.discovery).median:.2f}",
            f"{Distribution.of(one.processor_seconds for one in home.discovery).median:.2f}",
            f"{home.service.ready_seconds:.2f}",
            megabytes(home.memory.resident),
            f"{100 * home.idle:.1f}",
        )
        for home in homes
    )
    notes = (
        f"Medians of {len(homes[0].discovery)} connections; the service, with speech, was started once.",
        "“ready”: what the broker knows of has been heard, and nothing more came for a while. The service "
        "says that it is ready after 5 s at the latest, and hears the rest then.",
        f"Idle: over {IDLE_SECONDS:g} s, after all has been heard.",
    )
    return Table("Hearing of all devices", head, rows, notes)


def _language_table(homes: Sequence[MeasuredHome]) -> Table:
    head = ("devices", "names changed", "a sentence", "p95", "nearest", "p95", "recognizer ready")
    rows = tuple(
        (
            f"{home.size:,}",
            *map(
                milliseconds,
                (
                    home.understanding.changed.median,
                    home.understanding.parse.median,
                    home.understanding.parse.p95,
                    home.understanding.nearest.median,
                    home.understanding.nearest.p95,
                    home.understanding.restrict,
                ),
            ),
        )
        for home in homes
    )
    notes = (
        "Milliseconds. “names changed”: the first sentence after that, which makes their language.",
        f"“a sentence”: {SENTENCES} random ones that are understood; “nearest”: what is offered in "
        "place of a tenth of them with a wrong word.",
        "“recognizer ready”: PocketSphinx made to listen for this language, after names have changed.",
    )
    return Table("The language of the home", head, rows, notes)
