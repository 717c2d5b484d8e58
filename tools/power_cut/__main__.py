"""Cuts the power of a card again and again; ends with status 1 where anything is not as it must be."""

import logging
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paige.tools.bench.progress import progress
from paige.tools.power_cut.card import CardFailed, lacking
from paige.tools.power_cut.prove import Result, Store, Wrong, prove
from paige.tools.power_cut.stores.house import ListsStore, TimersStore
from paige.tools.power_cut.stores.models import FetchedStore, ModelsStore, SpeechStore
from paige.tools.power_cut.stores.program import InstallStore
from paige.tools.power_cut.stores.settings import AskedStore, CardStore
from paige.tools.power_cut.stores.talk import MadeStore, TalkStore
from paige.tools.power_cut.stores.updates import UpdatesStore

_DESCRIPTION = """\
Has Paige's own code write everything that it keeps on a card whose writes are recorded, cuts the power after
any of them, with all that was flushed and any part of what was not, mounts what is left, and looks with
Paige's own code: everything must be as before or as after, and what was promised must be there.
Needs root, a loop device, FUSE and qemu-storage-daemon (Debian 12: qemu-system-common; 13: qemu-utils)."""
_INSIDE: Final = "PAIGE_POWER_CUT_INSIDE"
_VOSK: Final = Path(__file__).resolve().parents[2] / "tests/models/recognizer/vosk-synthetic"
"""In a checkout."""
_STORES: Final[tuple[Store, ...]] = (
    *(TimersStore(), ListsStore(), CardStore(), AskedStore()),
    *(UpdatesStore(), InstallStore(), ModelsStore(), TalkStore(), MadeStore()),
)
_OF_VOSK: Final = (SpeechStore, FetchedStore)
_SHOWN: Final = 3
"""Of what is wrong, for each store."""


def main() -> int:
    """Do it, and give the exit status: 1 where anything is wrong, 2 where this machine cannot."""
    arguments = _arguments()
    why = lacking()
    if why is not None:
        sys.stderr.write(f"power_cut: {why}\n")
        return 2
    if os.environ.get(_INSIDE) is None:
        # However this ends, no mount and no daemon is left.
        inside = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
        again = (*inside, sys.executable, "-m", "paige.tools.power_cut", *sys.argv[1:])
        os.execvpe("unshare", again, {**os.environ, _INSIDE: "1"})  # noqa: S606, S607 # our own words
    logging.disable()  # of what Paige would tell its owner
    chosen: list[Store] = [*_STORES]
    if arguments.vosk.is_dir():
        chosen += [one(arguments.vosk) for one in _OF_VOSK]
    else:
        sys.stderr.write(f"power_cut: speech models are left out: {arguments.vosk} is not there\n")
    if arguments.store:
        chosen = [one for one in chosen if one.name in arguments.store]
    try:
        results = list(_results(chosen, arguments))
    except CardFailed as error:
        sys.stderr.write(f"power_cut: {error}\n")
        return 2
    _show(results)
    return 1 if any(result.wrong for result in results) else 0


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m paige.tools.power_cut", description=_DESCRIPTION)
    parser.add_argument("--cuts", type=int, default=100, help="of each store, twice (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (default: 1)")
    names = [*(one.name for one in _STORES), *(one.name for one in _OF_VOSK)]
    parser.add_argument("--store", action="append", choices=names, help="only this one")
    parser.add_argument("--vosk", type=Path, default=_VOSK, help="a Vosk model (default: that of the tests)")
    parser.add_argument(
        "--unsynced", action="store_true", help="have Paige sync nothing, to see that this would be noticed"
    )
    parser.add_argument("--images", type=Path, help="a folder for cards on which something is wrong")
    return parser.parse_args()


def _results(chosen: list[Store], arguments: Namespace) -> Iterator[Result]:
    """Of each store, alone on its card and with a neighbour."""
    results: dict[tuple[str, bool], Result] = {}

    def all_of_them() -> Iterator[Result]:
        for store in chosen:
            for neighbour in (False, True):
                yield from prove(
                    store,
                    arguments.cuts,
                    arguments.seed,
                    neighbour=neighbour,
                    synced=not arguments.unsynced,
                    images=arguments.images,
                )

    for result in progress(all_of_them(), 2 * len(chosen) * arguments.cuts):
        results[result.store, result.neighbour] = result
    yield from results.values()


def _show(results: list[Result]) -> None:
    head = ("what", "card", "promises", "writes", "flushes", "KiB", "before", "after", "between", "wrong")
    line = "{:<24} {:<9} {:>8} {:>7} {:>7} {:>7} {:>6} {:>6} {:>7} {:>6}\n"
    sys.stdout.write(line.format(*head))
    for one in results:
        shown = (one.store, "shared" if one.neighbour else "alone", one.promises, one.requests - one.flushes)
        found = (one.found[what] for what in ("before", "after", "between"))
        sys.stdout.write(line.format(*shown, one.flushes, one.bytes >> 10, *found, len(one.wrong)))
    for one in results:
        for wrong in one.wrong[:_SHOWN]:
            sys.stdout.write(f"\nWRONG {one.store}: {_told(wrong)}\n")


def _told(wrong: Wrong) -> str:
    cut = wrong.cut
    expected = "\n    or ".join(dict.fromkeys(wrong.expected))
    return (
        f"cut after {cut.at} requests, {cut.keeps} of what was not flushed is there (seed {cut.seed})\n"
        f"  found  {wrong.found}\n  expected {expected}"
    )


if __name__ == "__main__":
    sys.exit(main())
