"""The service: an assistant with a presence on the broker, asked over MQTT and by voice, until stopped."""

import asyncio
import gc
import json
import logging
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from paige.device.assistant import MODELS, Assistant, assistant
from paige.device.attention import WAKE_SECONDS
from paige.device.broker import own_topics
from paige.device.config.schema import Config
from paige.device.config.secret import redact
from paige.device.engagement import FILE, Engagement
from paige.device.execution import compute_elsewhere
from paige.device.hearing import hear, open_ears
from paige.device.memory.code import forget_start
from paige.device.microphone_watch import MicrophoneWatch
from paige.device.notify import Notifier
from paige.device.page.address import parse_listen
from paige.device.policy import policy, unasked
from paige.device.rooms import Rooms
from paige.device.satellites.address import parse_address, parse_place
from paige.device.shortcomings import tell_shortcomings
from paige.device.turn import Expects, Turn
from paige.device.updated import speech_model
from paige.device.version import paige_version
from paige.device.wake_words import check_wake_words
from paige.iot.link import LinkState, LinkStatus, MqttLink
from paige.iot.message import Publication
from paige.iot.outcome import Status
from paige.iot.presence import Presence, Topics
from paige.iot.push_to_talk import PushToTalk
from paige.iot.requests import Gate, Request, RequestServer
from paige.models.made_before import MadeBefore

if TYPE_CHECKING:  # what they stand on takes memory that a house without a page need not have
    from paige.device.page.feed import Feed
    from paige.device.page.server import PageServer

_log = logging.getLogger(__name__)

SETTLE_SECONDS = 5.0
"""How long devices may take to introduce themselves before the service says that it is ready."""
ANNOUNCE_SECONDS = 30.0
"""How long an announcement waits for a broker that is away; later, nobody needs it."""
REPLY_SECONDS = 5.0
"""How long a reply to speech waits for it; later, nobody knows what it is about."""
_BY_GRAVITY = (Status.FAILED, Status.REFUSED, Status.UNCONFIRMED, Status.DONE)


class Service:
    """Serves one house until it is told to stop.

    Args:
        config: Everything that can be set.
        state: The folder for timers and lists.
        notifier: Tells the service manager how it goes.
        clock: Monotonic seconds.
    """

    def __init__(
        self, config: Config, state: Path, notifier: Notifier, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._state = state
        self._notifier = notifier
        self._clock = clock
        self._began = clock()
        self._stop = asyncio.Event()
        self._stopped_by: signal.Signals | None = None

    async def serve(self) -> signal.Signals | None:
        """Serve, and give the signal that ended it.

        Raises:
            ModelError, IotError, DeviceError: What is configured cannot be used.
        """
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self.stop, one)
        topics = own_topics(self._config)
        speech = self._config.speech
        speech = replace(speech, model=speech_model(self._config, self._state / MODELS))
        before = MadeBefore(self._state / "made")
        await asyncio.to_thread(check_wake_words, self._config.wake, before)
        recognizer = await asyncio.to_thread(open_ears, speech, needed=self._has_satellites)
        async with AsyncExitStack() as stack:
            speaker = _Speaker(topics)
            house = await stack.enter_async_context(
                assistant(
                    self._config,
                    recognizer,
                    topics=topics,
                    state=self._state,
                    announce=speaker.announce,
                    models=self._state / MODELS,
                    before=before,
                )
            )
            speaker.link = house.link
            speaker.engagement = house.pipeline.engagement = Engagement(self._config.updates.folder / FILE)
            stack.callback(house.pipeline.engagement.close)
            house.link.on_status(self._tell_link)
            presence = Presence(house.link, topics, name=self._config.house.name, version=paige_version())
            await stack.enter_async_context(presence)
            area = self._config.house.area
            feed = speaker.feed = self._feed(house)
            answering = _Answering(house, presence, area, speaker)
            hearing = None if feed is None else feed.hearing
            rooms = speaker.rooms = Rooms(
                house, self._config, topics, answering.tell_aloud, answering.tell, hearing
            )
            await stack.enter_async_context(RequestServer(house.link, topics, answering.answer))
            if feed is not None:
                await stack.enter_async_context(self._page(feed, topics, answering))
            stack.push_async_callback(_end, asyncio.create_task(self._notifier.keep_alive(), name="watchdog"))
            await self._settle(house)
            if recognizer is not None:
                await house.pipeline.listen_for_the_home(area)
            ear = await stack.enter_async_context(rooms.open())
            stack.enter_context(PushToTalk(house.link, topics, partial(ear.listen, WAKE_SECONDS), rooms.hush))
            watch = MicrophoneWatch(answering.tell_microphone)
            stack.push_async_callback(_end, asyncio.create_task(watch.run(), name="health"))
            ears = hear(speech, house, area, ear, watch)
            stack.push_async_callback(_end, asyncio.create_task(ears, name="ears"))
            self._tell_ready(house)
            compute_elsewhere(rooms.voice_here, self._config.execution, self._state)
            await asyncio.to_thread(tell_shortcomings, self._state)
            await asyncio.to_thread(_settle_memory)
            # Whoever wakes it speaks for longer than this takes; an answer would wait for it.
            await asyncio.to_thread(house.warm)
            await asyncio.to_thread(_settle_memory)
            gc.enable()
            await self._stop.wait()
            self._notifier.stopping()
            _log.info("stopping")
        return self._stopped_by

    @property
    def _has_satellites(self) -> bool:
        others = self._config.satellites
        return bool(others.wyoming) or others.wyoming_port is not None or others.hermes

    def _feed(self, house: Assistant) -> "Feed | None":
        """What the page shows; None where there is no page."""
        if self._config.page.listen is None:
            return None
        from paige.device.page.feed import Feed

        feed = Feed(self._config.house.name)
        house.link.on_status(feed.broker)
        feed.broker(house.link.status)
        return feed

    def _page(self, feed: "Feed", topics: Topics, answering: "_Answering") -> "PageServer":
        from paige.device.page.app import PageApp  # what it stands on takes memory
        from paige.device.page.guard import Guard, own_names
        from paige.device.page.server import PageServer

        page = self._config.page
        assert page.listen is not None, "there is a feed"
        guard = Guard((*own_names(), *page.names), None if page.token is None else page.token.reveal())
        return PageServer(PageApp(feed, guard, Gate(topics), answering.answer), parse_listen(page.listen))

    def stop(self, by: signal.Signals | None = None) -> None:
        """End the service cleanly: it says on the broker that it goes."""
        self._stopped_by = by
        self._stop.set()

    async def _settle(self, house: Assistant) -> None:
        """Wait a while for the home, but never long for a broker that is down: the service outlives that."""
        waits = [asyncio.create_task(wait) for wait in (house.home.ready(), self._stop.wait())]
        await asyncio.wait(waits, timeout=SETTLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            await _end(one)

    def _tell_ready(self, house: Assistant) -> None:
        self._notifier.ready()
        self._tell_link(house.link.status)
        for area, name in _areas(self._config):
            if house.home.registry.area(area) is None:
                _log.warning("no area is called %r (%s); “here” is unknown there", area, name)
        covers = policy(self._config.policy).unclassified_covers(house.home.registry.entities)
        if covers:
            _log.warning("%s; `paige doctor` says what to do", unasked(covers))
        _log.info(
            "ready after %.2f s: %d entities", self._clock() - self._began, len(house.home.registry.entities)
        )

    def _tell_link(self, status: LinkStatus) -> None:
        if status.state is LinkState.CONNECTED:
            self._notifier.status(f"connected to {self._config.mqtt.host}")
        else:
            self._notifier.status(status.reason or "connecting to the broker")


class _Answering:
    """Answers requests that come over the broker, and what is said before the microphone."""

    def __init__(self, house: Assistant, presence: Presence, area: str | None, speaker: "_Speaker") -> None:
        self._house = house
        self._presence = presence
        self._area = area
        self._speaker = speaker

    async def answer(self, request: Request) -> bytes:
        """The turn of a request as JSON; what went wrong inside is an answer, too."""
        try:
            turn = await self._house.pipeline.handle_text(request.text, request.here or self._area)
        except Exception as error:  # noqa: BLE001  # whoever asked must hear that it failed, whatever failed
            _log.exception("a request could not be answered")
            return json.dumps({"error": redact(f"{type(error).__name__}: {error}")}).encode()
        await self.tell(turn)
        return json.dumps(turn.to_json(), ensure_ascii=False).encode()

    async def tell(self, turn: Turn) -> None:
        """Write a turn to the log, and its outcome to the broker."""
        log_turn(turn)
        if self._speaker.feed is not None:
            self._speaker.feed.turn(turn)
        if turn.outcomes:
            await self._presence.tell(gravest(outcome.status for outcome in turn.outcomes))

    async def tell_microphone(self, how: Mapping[str, object]) -> None:
        """Say on the broker, and on the page, how the microphone does."""
        if self._speaker.feed is not None:
            self._speaker.feed.microphone(how)
        await self._presence.tell_health({"microphone": how})

    async def tell_aloud(self, turn: Turn) -> None:
        """The same for what was spoken, and the reply for others to say; none to talk that means nothing."""
        await self.tell(turn)
        if turn.text or turn.reply.expects is not Expects.NOTHING:
            await self._speaker.publish(turn.reply.text, turn.here, REPLY_SECONDS)


class _Speaker:
    """Says aloud what can be said here, and publishes it for whoever else can."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self.link: MqttLink | None = None
        """Set as soon as there is one."""
        self.rooms: Rooms | None = None
        """The same."""
        self.engagement = Engagement()
        """The same; a timer that rings is not to be broken off."""
        self.feed: Feed | None = None
        """What the page shows; None where there is no page."""

    async def announce(self, text: str, area: str | None, *, ring: bool = False) -> None:
        """See `paige.device.ringing.Announce`."""
        if self.feed is not None:
            self.feed.announcement(text, area)
        saying = [] if self.rooms is None else [self.rooms.say(text, area, ring=ring)]
        with self.engagement.engaged():
            await asyncio.gather(self.publish(text, area, ANNOUNCE_SECONDS), *saying)

    async def publish(self, text: str, area: str | None, within: float) -> None:
        """Have it said by others; `spoken` tells them what is said by us already."""
        assert self.link is not None, "timers ring once the assistant has been put together"
        spoken = self.rooms is not None and self.rooms.speaks_in(area)
        payload = json.dumps({"text": text, "area": area, "spoken": spoken}, ensure_ascii=False).encode()
        _log.info("announcement for %s", area or "everywhere")
        await self.link.publish(Publication(self._topics.announcement, payload), within=within)


def _areas(config: Config) -> Iterator[tuple[str, str]]:
    """The areas that are configured, each with its key."""
    if config.house.area is not None:
        yield config.house.area, "house.area"
    for address in map(parse_address, config.satellites.wyoming):
        if address.area is not None:
            yield address.area, "satellites.wyoming"
    for _, area in map(parse_place, config.satellites.areas):
        yield area, "satellites.areas"


def gravest(statuses: Iterable[Status]) -> Status:
    """The one of several outcomes that a person must know of first."""
    return min(statuses, key=_BY_GRAVITY.index)


def log_turn(turn: Turn) -> None:
    """A line for one exchange. What was said is in it only for who debugs: a log is kept and sent around."""
    if turn.transcript is not None and not turn.text:
        _log.debug("turn id=%s nothing that this home can be asked", turn.id)
        return
    data = turn.to_json()
    intents = [data["intent"], *(also["intent"] for also in data["also"])]
    statuses = ",".join(str(outcome.status) for outcome in turn.outcomes) or "-"
    _log.info(
        "turn id=%s intent=%s outcomes=%s refusal=%s expects=%s seconds=%.3f",
        turn.id,
        ",".join(map(str, intents)),
        statuses,
        turn.refusal or "-",
        turn.reply.expects,
        turn.seconds,
    )
    _log.debug("turn id=%s text=%r slots=%s reply=%r", turn.id, turn.text, data["slots"], turn.reply.text)


def _settle_memory() -> None:
    """What was made until now stays; to search it for garbage would make somebody wait for an answer."""
    gc.freeze()
    forget_start()


async def _end(task: "asyncio.Task[object]") -> None:
    """Cancel a task and wait for it; what it failed with is raised, and so is a cancellation of who waits."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
