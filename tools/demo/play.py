"""Plays the demo: broker, house and assistant in one process, recordings in, turns out."""

import asyncio
import logging
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from paige.audio.endpointer import utterances
from paige.audio.wav import WavSource
from paige.device.assistant import Assistant, assistant
from paige.device.cli.typed import typed
from paige.device.config.schema import Config, House, Mqtt
from paige.device.errors import DeviceError
from paige.device.pipeline import Pipeline
from paige.device.show import Style, show_turn
from paige.models.recognizer.protocol import Recognizer
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome

_READY_SECONDS = 20.0
_FOLDER = resources.files("paige.tools.demo")
_TYPED = (
    "Now type what you would say, such as “make the bedroom lamp blue” or “open the garage door”.\n"
    "An empty line ends the demo."
)


class DemoFailed(DeviceError):
    """The demo could not run; the text says why and what to do."""


def play(recordings: Sequence[Path] | None, *, speech: bool) -> int:
    """Run the whole demo, and give the exit status.

    Args:
        recordings: WAV files to play in place of the demo's own.
        speech: Whether to play recordings at all.
    """
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    with resources.as_file(_FOLDER) as folder:
        for path in recordings or ():
            with WavSource(path):
                pass  # one that cannot be read is told before a house is built for it
        chosen = recordings or sorted((folder / "recordings").glob("*.wav"))
        asyncio.run(_play(folder / "home.yaml", chosen if speech else ()))
    return 0


async def _play(home: Path, recordings: Sequence[Path]) -> None:
    style = Style.of(sys.stdout)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker())
        _say(style, "broker", f"an MQTT broker of our own on {broker.host}:{broker.port}")
        house = await stack.enter_async_context(SimulatedHome().joined(broker.host, broker.port))
        _say(style, "house", f"{len(house.devices)} simulated devices, in four dialects of MQTT")
        config = Config(house=House(home=home), mqtt=Mqtt(host=broker.host, port=broker.port))
        recognizer = await asyncio.to_thread(_recognizer) if recordings else None
        state = Path(stack.enter_context(TemporaryDirectory(prefix="paige-demo-")))

        async def announce(text: str, area: str | None, *, ring: bool = False) -> None:
            _say(style, "\nRing!" if ring else "\nPaige", f"{text}{f' ({area})' if area else ''}")

        running = await stack.enter_async_context(
            assistant(config, recognizer, state=state, announce=announce)
        )
        await _ready(running)
        entities = len(running.home.registry.entities)
        _say(style, "Paige", f"knows {entities} entities, {time.monotonic() - began:.1f} s after the start")
        await _hear(running.pipeline, recordings, style)
        if sys.stdin.isatty():
            await _converse(running.pipeline, style)


def _recognizer() -> Recognizer:
    # Imported here, since a demo without speech needs no speech library.
    from paige.models.recognizer.pocketsphinx import PocketSphinxRecognizer

    return PocketSphinxRecognizer()


async def _ready(running: Assistant) -> None:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await running.home.ready()
    except TimeoutError:
        raise DemoFailed(
            f"The house has not announced itself within {_READY_SECONDS:g} seconds. "
            "Is this machine very busy? Try again: paige demo"
        ) from None


async def _hear(pipeline: Pipeline, recordings: Iterable[Path], style: Style) -> None:
    for number, path in enumerate(recordings):
        if not number:
            # The first utterance would wait for it.
            await pipeline.listen_for_the_home()
        print(f"\n{style.paint('▶', 'cyan')} {style.paint(path.name, 'bold')}")
        spoken = False
        with WavSource(path) as source:
            for utterance in utterances(source.chunks()):
                spoken = True
                print(show_turn(await pipeline.handle_utterance(utterance), style), flush=True)
        if not spoken:
            print("  (nobody speaks)", flush=True)


async def _converse(pipeline: Pipeline, style: Style) -> None:
    print(f"\n{_TYPED}")
    while text := await typed("\nyou: "):
        print(show_turn(await pipeline.handle_text(text), style), flush=True)


def _say(style: Style, label: str, text: str) -> None:
    print(f"{style.paint(f'{label:<8}', 'dim')} {text}", flush=True)
