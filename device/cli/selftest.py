"""`paige selftest`: a spoken sentence through all of Paige, without a microphone and a network."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from paige.device.cli.command import Subcommand

_DESCRIPTION = """\
Plays a recording of a sentence to the configured recognizer, in a home of one lamp that is not there, and
looks whether the lamp goes on and the reply is spoken; nothing is heard, and nothing leaves the process.
Updates are tried with it before and after they are brought into use (paige update).

examples:
  paige selftest
  paige selftest --skills FOLDER"""


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")
    parser.add_argument("--skills", type=Path, metavar="FOLDER", help="with these sentence files, too")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="and with the models in this folder")
    parser.add_argument("--json", action="store_true", help="the whole turn as one JSON object, for programs")


def _run(arguments: Namespace) -> int:
    from paige.device.assistant import MODELS
    from paige.device.config.load import load
    from paige.device.selftest.models import try_models
    from paige.device.selftest.spoken import try_spoken
    from paige.device.updated import speech_model

    loaded = load(arguments.config, os.environ)
    configured = loaded.config.speech
    model = speech_model(loaded.config, loaded.state_dir / MODELS)
    if arguments.models is not None:
        try_models(arguments.models)
        if configured.model is not None and (arguments.models / configured.model.name).is_dir():
            model = arguments.models / configured.model.name
    folders = () if arguments.skills is None else (arguments.skills,)
    passed = try_spoken(loaded, replace(configured, model=model), folders)
    if arguments.json:
        sys.stdout.write(json.dumps(passed.turn.to_json(), ensure_ascii=False) + "\n")
    else:
        turn = passed.turn
        sys.stdout.write(
            f"heard “{turn.text}” in {turn.seconds:.2f} s, and said “{turn.reply.text}” "
            f"({passed.spoken_seconds:.1f} s of sound)\n"
        )
    return 0


COMMAND = Subcommand("selftest", "a spoken sentence through all of it", _DESCRIPTION, _configure, _run)
