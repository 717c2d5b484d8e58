"""`paige models`: the language models of this machine."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.device.config.load import Loaded
    from paige.models.store.progress import Told
    from paige.models.store.store import Store

_DESCRIPTION = """\
Adds language models to this machine and takes them away. A model is copied, checked against the
hashes of its manifest, and arranged for this machine's processor; whenever the power goes, the old
version is there or the new. Two versions of each are kept.

examples:
  paige models add /media/stick/qwen3-0.6b
  paige models list"""


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list")
    add = actions.add_parser("add", help="add a model, or a newer version of one")
    add.add_argument("source", metavar="FOLDER", help="a model folder")
    add.add_argument("--name", metavar="NAME", help="what it is called here (default: as its folder)")
    every = [add, actions.add_parser("list", help="show what there is")]
    for action in every:
        action.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")


def _run(arguments: Namespace) -> int:
    import os

    from paige.device.cli.progress import Shown, size
    from paige.device.config.load import load
    from paige.models.store.sources import FolderSource

    shown = Shown()
    store = store_of(load(arguments.config, os.environ), shown)
    if arguments.action == "add":
        try:
            record = store.add(FolderSource(Path(arguments.source)), arguments.name)
        finally:
            shown.end()
        sys.stdout.write(f"{record.name} is there; {size(record.size)}\n")
        return 0
    for record in store.records():
        sys.stdout.write(f"{record.name}  {size(record.size)}  {record.versions[0].licence}\n")
    return 0


def store_of(loaded: "Loaded", told: "Told") -> "Store":
    """The models of a configuration: they lie where state is kept."""
    from paige.models.store.store import Store

    return Store(loaded.state_dir / "models", told)


COMMAND = Subcommand("models", "add, check and take away language models", _DESCRIPTION, _configure, _run)
