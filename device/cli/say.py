"""`paige say`: one sentence to the house."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.device.config.load import Loaded
    from paige.device.turn import Turn

_DESCRIPTION = """\
Gives one sentence to the running service and shows what became of it. Where no service runs,
the sentence is carried out from here, over the configured broker.

The exit status is 0 when everything that was asked is done or answered, else 1. In a terminal,
a question of Paige's can be answered at once.

examples:
  paige say "turn on the kitchen light"
  paige say --here Kitchen --json "turn off the light\""""

_HOME_SECONDS = 10.0
"""How long the devices of the home may take to introduce themselves."""

Conversation = Callable[[str], "Awaitable[Turn]"]


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "sentence", nargs="+", metavar="SENTENCE", help="what you would say, in quotes or not"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")
    parser.add_argument("--here", metavar="AREA", help="the area you are in (default: house.area)")
    parser.add_argument("--json", action="store_true", help="the whole turn as one JSON object, for programs")


def _run(arguments: Namespace) -> int:
    import asyncio
    import os

    from paige.device.config.load import load
    from paige.iot.errors import LinkDown

    if not " ".join(arguments.sentence).strip():
        sys.stderr.write("paige say: there is nothing to say; give a sentence\n")
        return 2
    loaded = load(arguments.config, os.environ)
    try:
        return asyncio.run(_talk(arguments, loaded))
    except LinkDown as down:
        if loaded.source("mqtt.host") != "default":
            raise
        raise LinkDown(
            f"{down}\nNo broker is configured: set mqtt.host in a file; 'paige config check' says in which."
        ) from down


async def _talk(arguments: Namespace, loaded: "Loaded") -> int:
    from paige.device.cli.typed import typed
    from paige.device.turn import Expects

    async with _conversation(loaded, arguments.here or loaded.config.house.area) as say:
        turn = await say(" ".join(arguments.sentence))
        _show(turn, as_json=arguments.json)
        while turn.reply.expects is not Expects.NOTHING and sys.stdin.isatty() and not arguments.json:
            if not (answer := await typed(_prompt(turn.reply.choices))):
                break
            turn = await say(answer)
            _show(turn, as_json=False)
    return 0 if _is_done(turn) else 1


@asynccontextmanager
async def _conversation(loaded: "Loaded", here: str | None) -> AsyncIterator[Conversation]:
    """Someone to talk to: the running service, or else an assistant of our own for the time being."""
    import asyncio
    import contextlib

    from paige.device.asking import CONNECT_SECONDS, ask_service, service_is_running
    from paige.device.assistant import MODELS, assistant
    from paige.device.broker import link_options, own_topics
    from paige.iot.link import MqttLink

    topics = own_topics(loaded.config)
    async with MqttLink(link_options(loaded.config.mqtt)) as link:
        if await service_is_running(link, topics):
            yield lambda text: ask_service(link, topics, text, here)
            return
    async with assistant(loaded.config, models=loaded.state_dir / MODELS) as visitor:
        await visitor.link.connected(CONNECT_SECONDS)
        # What has been heard by then is what there is: a busy home is better served than none.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_HOME_SECONDS):
                await visitor.home.ready()
        yield lambda text: visitor.pipeline.handle_text(text, here)


def _prompt(choices: tuple[str, ...]) -> str:
    return f"({', '.join(choices)})> " if choices else "> "


def _show(turn: "Turn", *, as_json: bool) -> None:
    import json

    from paige.device.show import Style, show_turn

    if as_json:
        sys.stdout.write(json.dumps(turn.to_json(), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(show_turn(turn, Style.of(sys.stdout)) + "\n")
    sys.stdout.flush()


def _is_done(turn: "Turn") -> bool:
    """Whether everything that was asked for is done or answered."""
    from paige.device.turn import Expects
    from paige.iot.outcome import Status
    from paige.models.intent import Intent

    return (
        isinstance(turn.understood, Intent)
        and turn.reply.expects is Expects.NOTHING
        and turn.refusal is None
        and all(outcome.status is Status.DONE for outcome in turn.outcomes)
    )


COMMAND = Subcommand("say", "give one sentence to the house", _DESCRIPTION, _configure, _run)
