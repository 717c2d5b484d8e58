"""Run the embedded broker alone and print its port: `python -m paige.tools.bench.embedded`."""

import asyncio

from paige.tools.broker import EmbeddedBroker


async def _serve() -> None:
    async with EmbeddedBroker() as broker:
        print(broker.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
