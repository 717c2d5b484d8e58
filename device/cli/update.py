"""`paige update`: newer versions of the program, of models and of skills, and the way back."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.device.config.load import Loaded
    from paige.device.updates.bundle import Bundle
    from paige.device.updates.judging import Machine, Refusal, Wishes
    from paige.device.updates.trust import TrustedKeys
    from paige.device.updates.updating import Ended, Report, Updater

_DESCRIPTION = """\
Brings newer versions of Paige, of its models and its skills into use, if they are signed by somebody whose
key is in updates.keys. SOURCE is a bundle, a folder with bundles such as a USB stick, or left out, for the
address in updates.url.

A version is unpacked beside the one that runs, tried, and brought into use when nobody talks with Paige.
The service is restarted and watched, and a spoken sentence is tried once more. What does not do is taken back
by itself, also after a cut of power, and not tried again.

  status      what is in use, and what failed
  rollback    use what was in use before; once more, and it is the newer one again
  recover     bring to its end what was cut off (the service manager does it)
  fetch       fetch what is newer at updates.url to the folder DETAIL, and bring nothing of it into use
  fetched     bring into use what was fetched to the folder DETAIL (the service manager does both, the one
              as a user without rights, the other without a network)

examples:
  sudo paige update /media/usb
  paige update status
  sudo paige update rollback skills"""

_FETCH, _FETCHED = "fetch", "fetched"


def _configure(parser: ArgumentParser) -> None:
    words = "SOURCE|status|rollback|recover|fetch|fetched"
    parser.add_argument("source", nargs="?", metavar=words, help="see above")
    parser.add_argument(
        "detail",
        nargs="?",
        metavar="DETAIL",
        help="of a rollback: program (default), models or skills; of what is or was fetched: the folder",
    )
    parser.add_argument("--allow-older", action="store_true", help="take a version that is not newer, too")
    parser.add_argument("--again", action="store_true", help="take a version that failed here, too")
    parser.add_argument(
        "--failed", metavar="WHY", help="of recover: what is on trial must not stay, and this is why"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def _run(arguments: Namespace) -> int:
    from paige.device.config.load import load

    os.umask(0o022)  # the service, which is another user, reads what is unpacked
    needs_folder = arguments.source in (_FETCH, _FETCHED)
    if arguments.detail is not None and arguments.source != "rollback" and not needs_folder:
        sys.stderr.write("paige update: only a rollback takes a component\n")
        return 2
    if arguments.detail is None and needs_folder:
        sys.stderr.write(f"paige update: which folder? paige update {arguments.source} FOLDER\n")
        return 2
    loaded = load(arguments.config, os.environ)
    action: dict[str | None, Callable[[Namespace, Loaded], int]] = {
        "status": _status,
        "rollback": _rollback,
        "recover": _recover,
        _FETCH: _fetch,
    }
    return action.get(arguments.source, _take)(arguments, loaded)


def updater(loaded: "Loaded", told: Callable[[str], None]) -> "Updater":
    """What updates this machine."""
    from paige.device.service_state import SERVICE_STATE
    from paige.device.updates.judging import Machine
    from paige.device.updates.trying import SelfTest
    from paige.device.updates.unit import SystemdUnit
    from paige.device.updates.updating import Updater
    from paige.device.version import paige_version

    machine, environ = Machine.here(paige_version()), dict(os.environ)
    if loaded.source("state_dir") == "default" and SERVICE_STATE.is_dir():
        # Who types `sudo paige update` has another than the service.
        environ["PAIGE_STATE_DIR"] = str(SERVICE_STATE)
    return Updater(loaded.config.updates.folder, machine, SystemdUnit(), SelfTest(environ), told=told)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _take(arguments: Namespace, loaded: "Loaded") -> int:
    from paige.device.updates.judging import Wishes
    from paige.device.updates.trust import TrustedKeys
    from paige.device.updates.updating import End, Ended

    keys, wishes = (
        TrustedKeys.load(loaded.config.updates.keys),
        Wishes(arguments.allow_older, arguments.again),
    )
    results: list[Ended | Refusal] = []
    complaints: tuple[str, ...] = ()
    one = updater(loaded, _tell)
    cut_off = one.recover()
    if cut_off is not None:
        results.append(cut_off)
    if arguments.source is not None:
        from paige.device.updates.source import bundles_at, bundles_fetched

        fetched = arguments.source == _FETCHED
        place, found = (arguments.detail, bundles_fetched) if fetched else (arguments.source, bundles_at)
        bundles, complaints = found(Path(place), keys, one.machine)
        results += [one.take(bundle, wishes) for bundle in bundles]
    elif loaded.config.updates.url is not None:
        results += _take_from_address(arguments, loaded, one, keys, wishes)
    told = [_result(result) for result in results]
    if arguments.json:
        _write({"results": told, "complaints": complaints})
    else:
        nothing = [] if results or complaints else [_nothing(arguments, loaded)]
        sys.stdout.write("".join(f"{line}\n" for line in [*map(_line, results), *complaints, *nothing]))
    bad = any(isinstance(result, Ended) and result.end is End.FAILED for result in results)
    # What was named was to be taken; what was fetched is there until the next time.
    named = arguments.source not in (None, _FETCHED)
    refused = named and any(not isinstance(result, Ended) for result in results)
    return 1 if bad or refused or complaints else 0


def _take_from_address(
    arguments: Namespace, loaded: "Loaded", one: "Updater", keys: "TrustedKeys", wishes: "Wishes"
) -> "list[Ended | Refusal]":
    from paige.device.updates.source import FETCHED

    folder = loaded.config.updates.folder / FETCHED
    results = [one.take(bundle, wishes) for bundle in _fetching(folder, loaded, one.machine, keys, wishes)]
    for file in folder.iterdir():  # it is needed no more
        file.unlink()
    return results


def _fetch(arguments: Namespace, loaded: "Loaded") -> int:
    from paige.device.updates.judging import Machine, Wishes
    from paige.device.updates.trust import TrustedKeys
    from paige.device.version import paige_version

    keys = TrustedKeys.load(loaded.config.updates.keys)
    wishes, machine = Wishes(arguments.allow_older, arguments.again), Machine.here(paige_version())
    told = []
    if loaded.config.updates.url is not None:
        folder = Path(arguments.detail)
        told = [
            {"component": str(one.manifest.component), "version": str(one.manifest.version)}
            for one in _fetching(folder, loaded, machine, keys, wishes)
        ]
    if arguments.json:
        _write({"fetched": told})
    else:
        lines = [f"{one['component']} {one['version']} was fetched" for one in told]
        sys.stdout.write("".join(f"{line}\n" for line in lines or [_nothing(arguments, loaded)]))
    return 0


def _fetching(
    folder: Path, loaded: "Loaded", machine: "Machine", keys: "TrustedKeys", wishes: "Wishes"
) -> "Iterator[Bundle]":
    """What is newer at the address that is configured, each fetched when it is asked for."""
    from paige.device.cli.progress import Shown
    from paige.device.updates.journal import Journal
    from paige.device.updates.source import Address

    settings, shown = loaded.config.updates, Shown()
    assert settings.url is not None, "whoever asks has looked"
    address = Address(settings.url, folder, keys, machine, shown)
    try:
        for bundle in address.bundles(Journal.load(settings.folder), wishes):
            shown.end()
            yield bundle
    finally:
        shown.end()


def _nothing(arguments: Namespace, loaded: "Loaded") -> str:
    if arguments.source == _FETCHED:
        return "nothing newer was fetched"
    if arguments.source not in (None, _FETCH):
        return f"{arguments.source}: nothing there is for this machine"
    if loaded.config.updates.url is None:
        return "no address is configured (updates.url), so nothing was asked for: paige update /media/usb"
    return f"nothing newer is there{_age(loaded)}"


def _age(loaded: "Loaded") -> str:
    """How old what is here is, where somebody may be keeping what is newer back."""
    from datetime import UTC, datetime

    from paige.device.updates.age import newest

    one = newest(loaded.config.updates.folder)
    if one is None:
        return ""
    days = one.days(datetime.now(UTC).date())
    return f"; the newest here is {one.component} {one.version} of {one.dated}, {days} days old"


def _status(arguments: Namespace, loaded: "Loaded") -> int:
    from paige.device.version import paige_version

    reports = updater(loaded, _tell).reports()
    if arguments.json:
        _write({"paige": paige_version(), "components": [_told(report) for report in reports]})
        return 0
    sys.stdout.write(f"paige     {paige_version()} answers this\n")
    for report in reports:
        sys.stdout.write(f"{report.component:<9} {_standing(report)}\n")
    return 0


def _rollback(arguments: Namespace, loaded: "Loaded") -> int:
    from paige.device.updates.manifest import Component

    try:
        component = Component(arguments.detail or Component.PROGRAM)
    except ValueError:
        sys.stderr.write(f"paige update: {arguments.detail!r} is no component: program, models or skills\n")
        return 2
    place = updater(loaded, _tell).roll_back(component)
    now = "what is installed" if place is None else str(place.version)
    if arguments.json:
        _write({"component": component, "now": None if place is None else str(place.version)})
    else:
        sys.stdout.write(f"{component}: {now} is in use\n")
    return 0


def _recover(arguments: Namespace, loaded: "Loaded") -> int:
    from paige.device.errors import UpdateBusy
    from paige.device.updates.updating import End

    try:
        ended = updater(loaded, _tell).recover(arguments.failed)
    except UpdateBusy as busy:
        _tell(str(busy))
        return 0
    line = "nothing is on trial" if ended is None else _line(ended)
    if arguments.json:
        _write({"result": None if ended is None else _result(ended)})
    else:
        sys.stdout.write(f"{line}\n")
    return 1 if ended is not None and ended.end is End.FAILED and arguments.failed is None else 0


def _line(result: "Ended | Refusal") -> str:
    from paige.device.updates.judging import Refusal

    return f"not taken: {result.text}" if isinstance(result, Refusal) else str(result)


def _result(result: "Ended | Refusal") -> dict[str, Any]:
    from paige.device.updates.judging import Refusal

    if isinstance(result, Refusal):
        return {"end": "refused", "why": str(result.why), "text": result.text}
    return {
        "end": str(result.end),
        "component": str(result.component),
        "version": str(result.version),
        "why": result.why,
    }


def _standing(report: "Report") -> str:
    """A component, for people."""
    used = next((place for place in report.places if place.used), None)
    parts = ["what is installed is in use"]
    if used is not None:
        parts = [f"{used.version}{'' if used.dated is None else f' of {used.dated}'} is in use"]
    parts += [f"{place.version} is kept" for place in report.places if not place.used]
    if report.trial is not None:
        parts.append(f"{report.trial.version} is on trial since {report.trial.began}")
    parts += [f"{one.version} failed on {one.at[:10]}: {one.why}" for one in report.standing.failures]
    return "; ".join(parts)


def _told(report: "Report") -> dict[str, Any]:
    """A component, for programs."""
    used = next((place for place in report.places if place.used), None)
    return {
        "component": str(report.component),
        "used": None if used is None else str(used.version),
        "date": None if used is None or used.dated is None else used.dated.isoformat(),
        "kept": [str(place.version) for place in report.places if not place.used],
        "trial": None if report.trial is None else str(report.trial.version),
        "failed": [
            {"version": str(one.version), "why": one.why, "at": one.at} for one in report.standing.failures
        ],
    }


def _write(told: object) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


COMMAND = Subcommand("update", "newer versions, from a stick or an address", _DESCRIPTION, _configure, _run)
