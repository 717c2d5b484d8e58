"""One machine with one ear, as a process: python -m paige.tools.bench.ears.one_ear PORT NAME OTHERS.

On standard input `SIGNAL DELAY AGE` is a wake word that it notices so many seconds later; on standard output
comes whether it answers, and how many seconds the decision took.
"""

import asyncio
import sys
import time

from paige.iot.arbiter import Arbiter
from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.message import Publication
from paige.iot.presence import ONLINE, Topics
from paige.tools.bench.brokers import HOST

_PATIENCE = 30.0


async def main(port: int, name: str, others: int) -> None:
    """Decide until nothing more is asked."""
    loop, topics = asyncio.get_running_loop(), Topics("bench", name)
    async with MqttLink(LinkOptions(HOST, port)) as link, Arbiter(link, topics) as arbiter:
        arbiter.join()
        await link.connected(_PATIENCE)
        await link.publish(Publication(topics.status, ONLINE, retain=True), within=_PATIENCE)
        async with asyncio.timeout(_PATIENCE):
            while arbiter.others < others:  # noqa: ASYNC110 # nobody tells
                await asyncio.sleep(0.01)
        print("ready", flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            signal, delay, age = map(float, line.split())
            await asyncio.sleep(delay)
            began = time.monotonic()
            won = await arbiter.wins(signal=signal, score=0.9, age=age + delay)
            print(int(won), time.monotonic() - began, flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
