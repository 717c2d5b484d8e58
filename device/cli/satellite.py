"""`paige satellite`: the ear and mouth of a Paige, or a Home Assistant, elsewhere in the house."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # only the help knows it otherwise
    from paige.device.page.address import PageAddress

_DESCRIPTION = """\
Makes this board a Wyoming satellite: the ear and mouth, in its room, of a Paige or a Home Assistant
elsewhere in the house, which connects to it. It needs no broker, no recognizer and no model. Of the
configuration, house.area, wake, voice, speech.microphone and log count. Where wake.mode is always, all
sound is sent, and the hub's wake words count. It runs until it is stopped.

example:
  paige satellite --config paige.yaml"""


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")
    parser.add_argument(
        "--listen",
        type=_address,
        metavar="ADDRESS:PORT",
        help="where the hub connects to (default: every address of this machine, port 10700)",
    )


def _address(text: str) -> "PageAddress":
    from paige.device.page.address import parse_listen

    try:
        return parse_listen(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _run(arguments: Namespace) -> int:
    import asyncio
    import os
    import signal

    from paige.device.config.load import load
    from paige.device.log import start_log
    from paige.device.notify import Notifier
    from paige.device.satellites.address import PORT
    from paige.device.satellites.here.service import SatelliteService

    loaded = load(arguments.config, os.environ)
    start_log(loaded.config.log.level)
    listen = arguments.listen
    host, port = (None, PORT) if listen is None else (listen.host, listen.port)

    async def serve() -> signal.Signals | None:
        return await SatelliteService(loaded.config, Notifier(), host=host, port=port).serve()

    return 130 if asyncio.run(serve()) is signal.SIGINT else 0


COMMAND = Subcommand(
    "satellite", "be the ear and mouth of a Paige elsewhere in the house", _DESCRIPTION, _configure, _run
)
