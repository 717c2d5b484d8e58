"""The simulated house on a real broker, and who serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import paige.tools.demo
from paige.device.assistant import Assistant, assistant
from paige.device.config.schema import Config, House, Mqtt
from paige.device.turn import Turn
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome

HOME = Path(paige.tools.demo.__file__).with_name("home.yaml")


@dataclass
class Scene:
    """The house, and who serves it."""

    house: SimulatedHome
    assistant: Assistant

    async def say(self, text: str, here: str | None = None) -> Turn:
        return await self.assistant.pipeline.handle_text(text, here)

    async def converse(self, *said: str, here: str | None = None) -> Turn:
        """Say one thing after the other; the last turn."""
        return [await self.say(text, here) for text in said][-1]

    async def becomes(self, entity_id: str, *, available: bool) -> None:
        """Wait until the registry has heard of it."""
        registry = self.assistant.home.registry
        heard = asyncio.Event()
        forget = registry.subscribe(lambda _: heard.set())
        try:
            async with asyncio.timeout(10):
                while (entity := registry.entity(entity_id)) is None or entity.available is not available:
                    heard.clear()
                    await heard.wait()
        finally:
            forget()

    def state(self, entity_id: str) -> str | None:
        entity = self.assistant.home.registry.entity(entity_id)
        assert entity is not None, entity_id
        return entity.state


@asynccontextmanager
async def served_house() -> AsyncIterator[Scene]:
    """A house whose devices are all known."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker())
        house = await stack.enter_async_context(SimulatedHome().joined(broker.host, broker.port))
        config = Config(
            house=House(home=HOME), mqtt=Mqtt(host=broker.host, port=broker.port, command_deadline=3.0)
        )
        serving = await stack.enter_async_context(assistant(config))
        await serving.home.ready()
        yield Scene(house, serving)
