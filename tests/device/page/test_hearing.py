"""What an ear tells of what it is hearing: in its order, and that it is over."""

import asyncio
from collections.abc import Iterator

import numpy as np
from tests.device.test_ear import house, quiet, recording

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk
from paige.audio.conversion import rechunk
from paige.device.attention import Heard
from paige.device.config.schema import Wake
from paige.device.ear import Ear, Hears
from paige.device.mouth import Aloud
from paige.device.turn import Turn


async def test_words_are_told_while_they_are_said_and_then_that_it_is_over() -> None:
    sound = np.concatenate((quiet(1), recording("01-kitchen-lamp.wav"), quiet(2)))
    async with house() as one:
        await one.pipeline.listen_for_the_home()
        told: list[str | None] = []
        turns = asyncio.Queue[Turn]()
        ear = Ear(Hears(one.pipeline, Wake(mode="push"), None, turns.put, hearing=told.append))

        def chunks() -> Iterator[AudioChunk]:
            ear.listen(20)
            for at, chunk in enumerate(rechunk([sound])):
                yield AudioChunk(chunk.samples, at * CHUNK_SAMPLES / RATE)

        events = await asyncio.to_thread(lambda: [*ear.events(chunks())])
        assert [*map(type, events)] == [Heard]
        ear._live.settle()
        assert told[0] == "", "it listens, and nothing was said yet"
        assert told[-2:] == [None, None], "it is over, and so is the sound"
        words = [one for one in told if one]
        assert len(words) > 2
        assert words[-1].endswith(" on the kitchen lamp")
        assert len(words[0]) < len(words[-1])
        told.clear()
        ear.speaks(Aloud.RING)
        ear._live.settle()
        assert told == [None], "while it rings nobody is listened to"
        await ear.close()
        ear.speaks(Aloud.RING)  # nobody is told any more, and nothing breaks


async def test_where_nobody_wants_to_know_nothing_is_told() -> None:
    async with house() as one:
        ear = Ear(Hears(one.pipeline, Wake(mode="push"), None, asyncio.Queue[Turn]().put))
        ear.open()
        ear.listen(5)
        assert ear._live._work._work_queue.empty()
        await ear.close()
