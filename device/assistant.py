"""Everything that serves one house, put together from its configuration."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from paige.device.broker import link_options
from paige.device.config.schema import Config
from paige.device.dialects import dialects
from paige.device.keeping import Keeping
from paige.device.narration import Narrator
from paige.device.pipeline import Pipeline
from paige.device.replies import Replies
from paige.device.understanding import Understanding, answer_sentences
from paige.iot.confirmation import Patience
from paige.iot.executor import Executor
from paige.iot.home import Home
from paige.iot.home_file import load_home
from paige.iot.link import MqttLink
from paige.iot.policy import Policy
from paige.iot.presence import Topics, will
from paige.iot.registry import Registry
from paige.iot.units import TemperatureUnit
from paige.models.grammar.sentences import Sentences
from paige.models.recognizer.protocol import Recognizer


@dataclass(frozen=True, slots=True)
class Assistant:
    """The parts that a service, a demo or one sentence on the command line works with."""

    link: MqttLink
    home: Home
    pipeline: Pipeline


@asynccontextmanager
async def assistant(
    config: Config, recognizer: Recognizer | None = None, *, topics: Topics | None = None
) -> AsyncIterator[Assistant]:
    """Join the configured broker and serve the house from there, until the block is left.

    Args:
        config: Everything that can be set.
        recognizer: Speech to text; None for text alone.
        topics: Our own topics, for one who keeps a presence on the broker: its will says when it is lost.
            None for a passing visitor.

    Raises:
        HomeInvalid: The home description cannot be used.
        SentencesInvalid, RepliesInvalid: A file of the household's own sentences cannot be used.
    """
    house = config.house
    registry = Registry(None if house.home is None else load_home(house.home))
    custom: tuple[Path, ...] = () if house.sentences is None else (house.sentences,)
    replies = Replies.for_language(house.language, custom)
    unit = TemperatureUnit(house.temperature_unit)
    narrator = Narrator(replies, unit)
    understanding = Understanding(
        Sentences.for_language(house.language, custom),
        answer_sentences(house.language, replies.answers),
        registry,
    )
    client = None if topics is None else config.mqtt.client_id or f"paige-{topics.id}"
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(
            MqttLink(link_options(config.mqtt, client), will=None if topics is None else will(topics))
        )
        own = () if topics is None else (topics.config,)
        home = await stack.enter_async_context(Home(link, registry, dialects(config.mqtt), own_topics=own))
        executor = stack.enter_context(
            Executor(home, link, patience=Patience(deadline=config.mqtt.command_deadline))
        )
        pipeline = Pipeline(
            registry,
            understanding,
            executor,
            narrator,
            Keeping(narrator),
            policy=Policy.parse(
                confirm=config.policy.confirm, forbid=config.policy.forbid, allow=config.policy.allow
            ),
            unit=unit,
            recognizer=recognizer,
            confidence=config.speech.confidence,
        )
        yield Assistant(link, home, pipeline)
