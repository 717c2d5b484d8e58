"""What is badly recorded is obeyed or refused, and the next command is heard; also in a large home."""

from dataclasses import replace

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from tests.device.test_ear import Room, house, quiet, recording

from paige.audio.chunk import RATE, Samples
from paige.device.attention import Heard
from paige.device.config.schema import Wake
from paige.device.turn import Turn
from paige.iot.change import EntityAppeared
from paige.iot.entity import AttributeValue
from paige.iot.outcome import Status

LAMP = "01-kitchen-lamp.wav"
NAMES = 5_000

Done = tuple[str, dict[str, AttributeValue], Status]
TURNED_ON: Done = ("turn_on", {}, Status.DONE)


def harmed(sound: Samples, how: str) -> Samples:
    wide: NDArray[np.float64] = sound.astype(np.float64)
    chance = np.random.default_rng(1).normal(size=len(wide))
    worse: dict[str, NDArray[np.float64]] = {
        "with an offset": wide + 5_000,
        "clipped": wide * 6,  # 12 dB beyond what can be stored
        "of 8 kHz": soxr.resample(soxr.resample(wide, RATE, 8_000), 8_000, RATE),
        "quiet": wide / 40,
        "cut off in the middle of a word": wide[: len(wide) // 2],
        "one value": np.full(len(wide), 12_000.0),
        "as loud as can be": np.sign(chance) * 32_767,
    }
    samples: Samples = np.clip(np.rint(worse[how]), -32768, 32767).astype(np.int16)
    return samples


def done(turn: Turn) -> list[Done]:
    return [
        (outcome.command.service, dict(outcome.command.data), outcome.status) for outcome in turn.outcomes
    ]


async def heard(how: str) -> tuple[list[Done], list[Done]]:
    """What comes of a bad recording of a command, and of the next one, which is spoken well."""
    async with house() as one:
        room = Room(one, Wake(mode="always", stop_words=()))
        await one.pipeline.listen_for_the_home()
        bad = await room.hears(quiet(1), harmed(recording(LAMP), how), quiet(2))
        outcomes: list[Done] = []
        for _ in range(bad.count(Heard)):
            outcomes += done(await room.turn())
            await room.ear.settled()
        assert await room.hears(recording(LAMP), quiet(2)) == [Heard], "two seconds later it listens again"
        after = done(await room.turn())
        await room.ear.close()
        return outcomes, after


@pytest.mark.parametrize("how", ["with an offset", "clipped", "of 8 kHz", "quiet"])
async def test_a_bad_microphone_is_obeyed_too(how: str) -> None:
    assert await heard(how) == ([TURNED_ON], [TURNED_ON])


@pytest.mark.parametrize("how", ["cut off in the middle of a word", "one value", "as loud as can be"])
async def test_what_is_no_command_any_more_is_none_and_the_next_one_is_heard(how: str) -> None:
    assert await heard(how) == ([], [TURNED_ON])


async def test_in_a_home_of_thousands_of_names_a_new_one_is_known_soon_and_commands_are_heard() -> None:
    async with house() as one:
        registry = one.home.registry
        known = next(entity for entity in registry.entities if entity.domain == "light")
        words = ("north", "old", "green", "round", "tall", "wooden", "silver", "summer", "quiet", "second")
        for number in range(NAMES):
            name = " ".join(words[number // 10**place % 10] for place in range(4)) + " lantern"
            thing = replace(known, id=f"light.lantern_{number}", name=name)
            registry.apply("homie", EntityAppeared(thing))
        room = Room(one, Wake(mode="always", stop_words=()))
        await one.pipeline.listen_for_the_home()
        registry.apply("homie", EntityAppeared(replace(known, id="light.observatory", name="Observatory")))
        await one.pipeline.listen_for_the_home()
        assert any("observatory" in language.word_graph().words for language in one.pipeline.listens_for)
        assert await room.hears(quiet(1), recording(LAMP), quiet(2)) == [Heard]
        assert [outcome.status for outcome in (await room.turn()).outcomes] == [Status.DONE]
        await room.ear.close()
