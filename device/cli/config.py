"""`paige config`: what can be set, and what is."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from paige.device.cli.command import Subcommand
from paige.device.config.load import load, search_path
from paige.device.config.reference import effective, effective_json, reference

_DESCRIPTION = """\
`check` reads a configuration and shows what is in effect and where each value is from, with secrets masked.
`reference` prints every key with its meaning; the output is a configuration file itself.

examples:
  paige config reference > paige.yaml
  paige config check paige.yaml"""


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|reference")
    check = actions.add_parser("check", help="show what is in effect, or say what is wrong")
    check.add_argument("file", nargs="?", type=Path, metavar="FILE", help="instead of the file that is found")
    check.add_argument("--json", action="store_true", help="one JSON object, for programs")
    actions.add_parser("reference", help="print every key with its meaning")


def _run(arguments: Namespace) -> int:
    if arguments.action == "reference":
        sys.stdout.write(reference())
        return 0
    loaded = load(arguments.file, os.environ)
    if arguments.json:
        sys.stdout.write(effective_json(loaded) + "\n")
        return 0
    searched = " and ".join(str(path) for path in search_path(os.environ))
    file = loaded.path or f"none (looked for {searched}); defaults apply"
    sys.stdout.write(f"# file: {file}\n{effective(loaded)}\n")
    return 0


COMMAND = Subcommand("config", "check the configuration, or list every key", _DESCRIPTION, _configure, _run)
