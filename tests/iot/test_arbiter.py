"""Several machines decide over a real broker which of them answers."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from tests.iot.conftest import PATIENCE_SECONDS, RunningBroker, free_port, listening, options

from paige.iot.arbiter import Arbiter
from paige.iot.arbitration import WINDOW
from paige.iot.link import MqttLink
from paige.iot.message import Publication
from paige.iot.presence import OFFLINE, ONLINE, Topics


@asynccontextmanager
async def machines(port: int, *names: str) -> AsyncIterator[list[Arbiter]]:
    """Arbiters that know of each other."""
    async with AsyncExitStack() as stack:
        made = []
        for name in names:
            link = await stack.enter_async_context(MqttLink(options(port)))
            made.append(await stack.enter_async_context(Arbiter(link, Topics(id=name))))
            made[-1].join()
            await link.connected(PATIENCE_SECONDS)
            await link.publish(Publication(Topics(id=name).status, ONLINE, retain=True), within=5)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(one.others < len(names) - 1 for one in made):  # noqa: ASYNC110 # nobody tells
                await asyncio.sleep(0.005)
        yield made


async def test_of_three_machines_the_one_with_the_best_signal_answers(broker: RunningBroker) -> None:
    async with machines(broker.port, "kitchen", "hall", "bedroom") as made:
        for first in range(3):
            began = time.monotonic()
            signals = [10.0 + 5 * ((place - first) % 3) for place in range(3)]
            bids = zip(made, signals, strict=True)
            won = await asyncio.gather(*(one.wins(signal=signal, score=0.9, age=0.1) for one, signal in bids))
            assert won == [signal == max(signals) for signal in signals]
            assert time.monotonic() - began < 0.3
            await asyncio.sleep(0.8)  # another wake word


async def test_who_hears_it_first_waits_for_who_hears_it_better(broker: RunningBroker) -> None:
    async with machines(broker.port, "kitchen", "hall") as (kitchen, hall):
        first = asyncio.create_task(kitchen.wins(signal=5.0, score=0.9, age=0.1))
        await asyncio.sleep(WINDOW / 2)
        assert await hall.wins(signal=25.0, score=0.9, age=0.1 + WINDOW / 2)
        assert not await first


async def test_who_is_alone_in_the_house_answers_at_once(broker: RunningBroker) -> None:
    async with machines(broker.port, "kitchen") as (kitchen,):
        began = time.monotonic()
        assert await kitchen.wins(signal=None, score=0.5, age=0.1)
        assert time.monotonic() - began < WINDOW / 2


async def test_who_has_gone_is_not_waited_for(broker: RunningBroker) -> None:
    async with machines(broker.port, "kitchen", "hall") as (kitchen, hall):
        await hall._link.publish(Publication(Topics(id="hall").status, OFFLINE, retain=True), within=5)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while kitchen.others:  # noqa: ASYNC110 # nobody tells
                await asyncio.sleep(0.005)
        began = time.monotonic()
        assert await kitchen.wins(signal=None, score=0.5, age=0.1)
        assert time.monotonic() - began < WINDOW / 2


async def test_the_ears_of_one_machine_decide_without_a_broker() -> None:
    async with (
        MqttLink(options(free_port())) as link,
        Arbiter(link, Topics()) as hub,
    ):
        for name in ("", "kitchen", "hall"):
            hub.join(name)
        won = await asyncio.gather(
            hub.wins("", signal=12.0, score=0.9, age=0.1),
            hub.wins("kitchen", signal=22.0, score=0.9, age=0.1),
            hub.wins("hall", signal=None, score=0.9, age=0.1),
        )
    assert list(won) == [False, True, False]


async def test_an_ear_that_has_left_is_not_waited_for() -> None:
    async with MqttLink(options(free_port())) as link, Arbiter(link, Topics()) as hub:
        hub.join("kitchen")
        leave = hub.join("hall")
        leave()
        began = time.monotonic()
        assert await hub.wins("kitchen", signal=22.0, score=0.9, age=0.1)
        assert time.monotonic() - began < WINDOW / 2


async def test_an_ear_that_joins_after_another_has_claimed_the_answer_yields() -> None:
    async with MqttLink(options(free_port())) as link, Arbiter(link, Topics()) as hub:
        assert await hub.wins("kitchen", signal=5.0, score=0.9, age=0.1)
        assert not await hub.wins("hall", signal=22.0, score=0.9, age=0.1)


async def test_what_is_retained_or_nonsense_decides_nothing(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    claim = b'{"kind": "claim", "from": "ghost", "age": 0}'
    async with MqttLink(options(broker.port)) as other:
        await other.connected(PATIENCE_SECONDS)
        await other.publish(Publication("paige/arbitration", claim, retain=True), within=5)
        with caplog.at_level(logging.WARNING):
            async with machines(broker.port, "kitchen") as (kitchen,):
                await other.publish(Publication("paige/arbitration", b"nonsense"), within=5)
                assert await kitchen.wins(signal=1.0, score=0.5, age=0.1)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while "ignored" not in caplog.text:  # noqa: ASYNC110 # a log tells nobody
                        await asyncio.sleep(0.005)


async def test_bids_and_claims_are_not_retained(broker: RunningBroker) -> None:
    async with (
        listening(broker.port, "paige/arbitration") as inbox,
        machines(broker.port, "kitchen") as (kitchen,),
    ):
        await kitchen.wins(signal=1.0, score=0.5, age=0.1)
        await inbox.count(2)
    assert not any(message.retained for message in inbox.messages)
    async with listening(broker.port, "paige/arbitration") as later:
        await asyncio.sleep(0.1)
    assert later.messages == []
