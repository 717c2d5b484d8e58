"""The configured recognizer, understanding, replies and voice, with a home of one lamp."""

import asyncio
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Final

from paige.audio.chunk import Utterance
from paige.audio.endpointer import whole_or_utterances
from paige.audio.voices import open_voice
from paige.audio.wav import WavSource
from paige.device.assistant import assistant
from paige.device.config.load import Loaded
from paige.device.config.schema import Config, LanguageModel, Mqtt, Policy, Satellites, Speech, Wake
from paige.device.errors import SelfTestFailed
from paige.device.selftest.lamp import LampLink
from paige.device.turn import Turn
from paige.device.wake_words import check_wake_words
from paige.iot.home_file import load_home
from paige.models.recognizer import open_recognizer

SENTENCE: Final = "turn on the kitchen lamp"
"""What the recording says."""
_READY_SECONDS: Final = 60.0
_LONGEST: Final = 30.0


@dataclass(frozen=True, slots=True)
class Passed:
    """What the test found."""

    turn: Turn
    spoken_seconds: float
    """Of the reply, as sound."""


def try_spoken(loaded: Loaded, speech: Speech, folders: tuple[Path, ...] = ()) -> Passed:
    """Say a sentence from a recording and see what comes of it; no network and no sound card is touched.

    Args:
        loaded: The configuration; its own home and sentences must be readable, too.
        speech: Which recognizer, with the folder of its model.
        folders: Sentence files to be tested beside those of the configuration.

    Raises:
        SelfTestFailed: Something else came of it.
        AudioError, ModelError, IotError, DeviceError: A part cannot be used.
    """
    config = loaded.config
    if config.house.home is not None:
        load_home(config.house.home)
    check_wake_words(config.wake)
    with resources.as_file(resources.files("paige.device.selftest")) as own:
        with WavSource(own / "sentence.wav") as source:
            (utterance,) = whole_or_utterances(source.chunks(), _LONGEST)
        turn = asyncio.run(_answered(_within(config, own / "home.yaml"), speech, utterance, folders))
    voice = open_voice(config.voice.name, config.house.language)
    samples = sum(len(piece) for piece in voice.say(turn.reply.text))
    if not samples:
        raise SelfTestFailed(f"the voice said nothing of {turn.reply.text!r}")
    return Passed(turn, samples / voice.rate)


def _within(config: Config, home: Path) -> Config:
    """The configuration without all that leads out of this process."""
    house = replace(config.house, home=home, area=None)
    return replace(
        config,
        house=house,
        mqtt=Mqtt(),
        wake=Wake(),
        satellites=Satellites(),
        policy=Policy(),
        language_model=LanguageModel(),
        speech=replace(config.speech, server=None, confidence=Speech().confidence),
        voice=replace(config.voice, server=None),
    )


async def _answered(config: Config, speech: Speech, utterance: Utterance, folders: tuple[Path, ...]) -> Turn:
    recognizer = await asyncio.to_thread(open_recognizer, speech.recognizer, speech.model)
    link = LampLink()
    async with assistant(config, recognizer, link=link, sentences=folders) as here:
        async with asyncio.timeout(_READY_SECONDS):
            await here.home.ready()
        turn = await here.pipeline.handle_utterance(utterance)
    if turn.text != SENTENCE:
        raise SelfTestFailed(f"{SENTENCE!r} was said, and {turn.text or 'nothing'!r} was heard")
    if link.lamp != b"ON":
        raise SelfTestFailed(f"{SENTENCE!r} was heard, and the lamp stayed off: {turn.reply.text}")
    return turn
