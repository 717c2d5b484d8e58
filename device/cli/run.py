"""`paige run`: the service."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from paige.device.cli.command import Subcommand

_DESCRIPTION = """\
Serves the house: listens to the microphone and on the broker, until it is stopped (Ctrl-C, or
systemctl stop). It writes its log to standard error. While the broker is away it keeps trying.

example:
  paige run --config paige.yaml"""


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")


def _run(arguments: Namespace) -> int:
    import gc

    # Nearly all that a start makes stays; the service lets it be searched for garbage once it is ready.
    gc.disable()

    import asyncio
    import os
    import signal

    from paige.device.config.load import load
    from paige.device.log import start_log
    from paige.device.notify import Notifier
    from paige.device.service import Service

    loaded = load(arguments.config, os.environ)
    start_log(loaded.config.log.level)

    async def serve() -> signal.Signals | None:
        return await Service(loaded.config, loaded.state_dir, Notifier()).serve()

    return 130 if asyncio.run(serve()) is signal.SIGINT else 0


COMMAND = Subcommand("run", "serve the house", _DESCRIPTION, _configure, _run)
