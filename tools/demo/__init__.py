"""The demo: a house that is not there, a broker of our own, and recordings that switch its lamps."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from paige.device.cli.command import Subcommand


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--no-speech", action="store_true", help="leave out the recordings; go straight to typed sentences"
    )
    parser.add_argument(
        "--recording", type=Path, action="append", metavar="FILE.wav", help="play this, not the demo's own"
    )


def _run(arguments: Namespace) -> int:
    from paige.tools.demo.play import play

    return play(recordings=arguments.recording, speech=not arguments.no_speech)


COMMAND = Subcommand(
    name="demo",
    summary="a simulated house that obeys spoken and typed commands",
    description=(
        "Starts an MQTT broker and a simulated house on this machine, plays spoken commands through the "
        "speech recognizer, and shows for each what was heard, understood, sent and confirmed. In a terminal "
        "it then takes typed sentences.\n\nExample:\n  paige demo"
    ),
    configure=_configure,
    run=_run,
)
