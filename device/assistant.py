"""Everything that serves one house, put together from its configuration."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from paige.audio.chunk import Utterance
from paige.device.broker import link_options
from paige.device.config.schema import Config
from paige.device.dialects import dialects
from paige.device.keeping import Keeping
from paige.device.narration import Narrator
from paige.device.pipeline import Pipeline
from paige.device.policy import policy
from paige.device.replies import Replies
from paige.device.ringing import Announce, Ringer
from paige.device.satellites.address import parse_server
from paige.device.thinking import Thinker
from paige.device.understanding import Understanding, answer_sentences
from paige.device.updated import updated_skills
from paige.iot.confirmation import Patience
from paige.iot.executor import Executor
from paige.iot.home import Home
from paige.iot.home_file import HomeDescription, load_home
from paige.iot.link import MqttLink
from paige.iot.lists import Lists
from paige.iot.presence import Topics, will
from paige.iot.registry import Registry
from paige.iot.timer_keeper import TimerKeeper
from paige.iot.units import TemperatureUnit
from paige.models.errors import StoreFailed
from paige.models.grammar.sentences import Sentences
from paige.models.kinds import Kinds
from paige.models.made_before import MadeBefore
from paige.models.nlu.shipped import LazyModel
from paige.models.recognizer.protocol import Recognizer

_log = logging.getLogger(__name__)

MODELS = "models"
"""The folder of language models, where state is kept."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """The parts that a service, a demo or one sentence on the command line works with."""

    link: MqttLink
    home: Home
    pipeline: Pipeline
    warm: Callable[[], None] = lambda: None
    """Makes what the first request would wait for, and nothing before it needs.

    Raises `ModelUnusable` where the files of the intent parser's model are damaged.
    """


@asynccontextmanager
async def assistant(
    config: Config,
    recognizer: Recognizer | None = None,
    *,
    topics: Topics | None = None,
    state: Path | None = None,
    announce: Announce | None = None,
    models: Path | None = None,
    link: MqttLink | None = None,
    sentences: tuple[Path, ...] = (),
    before: MadeBefore | None = None,
) -> AsyncIterator[Assistant]:
    """Join the configured broker and serve the house from there, until the block is left.

    Args:
        config: Everything that can be set.
        recognizer: Speech to text; None for text alone.
        topics: Our own topics, for one who keeps a presence on the broker: its will says when it is lost.
            None for a passing visitor.
        state: The folder for timers and lists; None for one who does not stay to keep them. Who stays calls
            `Assistant.warm` once it is ready; a visitor asks at once.
        announce: Says what nobody asked for, such as that a timer ended; needed where there is a `state`.
        models: The folder of language models; None for one who asks none, whatever is configured.
        link: To the house, in place of the one to the configured broker.
        sentences: Folders of sentence files, beside those that are configured.
        before: Has what was made of the same at a start before.

    Raises:
        HomeInvalid: The home description cannot be used.
        SentencesInvalid, RepliesInvalid: A file of the household's own sentences cannot be used.
        DeviceError, ModelError: Of one who stays, the configured language model cannot be used.
    """
    described = HomeDescription() if config.house.home is None else load_home(config.house.home)
    registry = Registry(described)
    timers = None if state is None else TimerKeeper(state / "timers.json")
    lists = None if state is None else Lists(state / "lists.json")
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(_link(config, topics) if link is None else link)
        own = () if topics is None else (topics.config,)
        home = await stack.enter_async_context(
            Home(link, registry, dialects(config.mqtt, described.bindings), own_topics=own)
        )
        # In a thread, because the broker and the devices answer meanwhile.
        words = await asyncio.to_thread(_words, config, registry, sentences, before)
        if state is None:
            await asyncio.to_thread(words.understanding.warm)
        patience = Patience(deadline=config.mqtt.command_deadline)
        executor = stack.enter_context(Executor(home, link, patience=patience))
        thinker = None if models is None else _thinker(config, models, words.sentences)
        if thinker is not None:
            stack.push_async_callback(thinker.close)
            if state is not None:
                await _open(thinker)
        pipeline = Pipeline(
            registry,
            words.understanding,
            executor,
            words.narrator,
            Keeping(words.narrator, registry, timers, lists),
            policy=policy(config.policy),
            unit=TemperatureUnit(config.house.temperature_unit),
            kinds=Kinds.for_language(config.house.language),
            thinker=thinker,
            recognizer=recognizer,
            elsewhere=_elsewhere(config),
            confidence=config.speech.confidence,
        )
        if timers is not None and announce is not None:
            ringer = Ringer(pipeline, words.narrator, announce)
            ringing = asyncio.create_task(timers.run(ringer.ring), name="timers")
            stack.callback(ringing.cancel)
        yield Assistant(link, home, pipeline, words.warm)


async def _open(thinker: Thinker) -> None:
    """Open the model now; a disk that does not take it leaves the house without it, and is told."""
    try:
        await thinker.open()
    except StoreFailed as error:
        _log.error("%s; Paige goes on without the language model", error)


@dataclass(frozen=True, slots=True)
class _Words:
    """What is understood and what is said, in one language."""

    sentences: Sentences
    understanding: Understanding
    replies: Replies
    narrator: Narrator

    def warm(self) -> None:
        """See `Assistant.warm`."""
        self.understanding.warm()
        self.understanding.open_model()
        self.replies.warm()


def _words(config: Config, registry: Registry, more: tuple[Path, ...], before: MadeBefore | None) -> _Words:
    """What is understood and said."""
    house = config.house
    own = () if house.sentences is None else (house.sentences,)
    custom = (*updated_skills(config.updates.folder), *more, *own)
    sentences = Sentences.for_language(house.language, custom, before)
    replies = Replies.for_language(house.language, custom)
    model = LazyModel.for_language(house.language)
    answers = answer_sentences(house.language, replies.answers)
    understanding = Understanding(sentences, answers, registry, model, before)
    narrator = Narrator(replies, TemperatureUnit(house.temperature_unit))
    return _Words(sentences, understanding, replies, narrator)


def _thinker(config: Config, models: Path, sentences: Sentences) -> Thinker | None:
    settings = config.language_model
    if settings.model is None:
        return None
    from paige.device.home_model import opening  # what it stands on takes memory

    return Thinker(
        opening(config, models, sentences),
        config.house.language,
        seconds=settings.seconds,
        asks=settings.confirm,
    )


def _elsewhere(config: Config) -> Callable[[Utterance], Awaitable[str]] | None:
    """The recognizer on another machine, if there is one."""
    if config.speech.server is None:
        return None
    from paige.device.satellites.elsewhere import (
        RecognizerElsewhere,
        Service,
    )  # what it stands on takes memory

    service = Service(parse_server(config.speech.server), "the recognizer")
    return RecognizerElsewhere(service, config.house.language).transcribe


def _link(config: Config, topics: Topics | None) -> MqttLink:
    if topics is None:
        return MqttLink(link_options(config.mqtt))
    client_id = config.mqtt.client_id or f"paige-{topics.id}"
    return MqttLink(link_options(config.mqtt, client_id), will=will(topics))
