"""`paige models`: the models of this machine."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.device.cli.progress import Shown
    from paige.device.config.load import Loaded
    from paige.models.store.progress import Told
    from paige.models.store.record import Record
    from paige.models.store.speech import SpeechModel
    from paige.models.store.store import Store

_DESCRIPTION = """\
Adds models to this machine, checks them and takes them away.

A language model is a folder with manifest.json, or a zip file of one, here or on a server. A model of
the recognizer Vosk is a folder or zip file as https://alphacephei.com/vosk/models has them; take a small
one, and name it in speech.model. What is added is
compared with the hashes of its manifest and arranged for this machine's processor. Whenever the
power goes, the version before is there or the new one. Two versions of a model are kept, with what
they have in common once. A download that was cut off goes on when the same is added again.

A model takes room twice: as it came, and as this processor wants it. With what it came as, it can be
arranged again after an update of the runtime; --lean does without that.

examples:
  paige models add /media/stick/qwen3-0.6b
  paige models add https://files.example/smollm2-360m.zip --name small
  paige models add https://alphacephei.com/vosk/models/vosk-model-small-en-us-0.15.zip --name english
  paige models list
  paige models verify
  paige models rollback small
  paige models remove small"""

_NONE = "there are no models yet; 'paige models add --help' shows how one is added"


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|verify|remove|rollback")
    add = actions.add_parser("add", help="add a model, or another version of one")
    add.add_argument("source", metavar="FOLDER|FILE.zip|URL", help="the model")
    add.add_argument("--name", metavar="NAME", help="what it is called here (default: as its folder or file)")
    add.add_argument(
        "--lean",
        action="store_true",
        help="keep only what is arranged: half the room; an update of the runtime makes you add it again",
    )
    listing = actions.add_parser("list", help="show what there is, and downloads that were cut off")
    verify = actions.add_parser("verify", help="compare every file with its hash")
    verify.add_argument("name", nargs="?", metavar="NAME", help="of one model (default: all)")
    remove = actions.add_parser("remove", help="take a model away, with both versions")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", metavar="NAME", help="of the model")
    which.add_argument("--unfinished", action="store_true", help="what downloads left that were cut off")
    rollback = actions.add_parser("rollback", help="use the version before; once more, the newer one again")
    rollback.add_argument("name", metavar="NAME", help="of the model")
    for action in (add, listing, verify, remove, rollback):
        action.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")
        action.add_argument("--json", action="store_true", help="one JSON object, for programs")


def _run(arguments: Namespace) -> int:
    from paige.device.cli.progress import Shown
    from paige.device.config.load import load
    from paige.device.service_state import state_of_service

    shown = Shown()
    with state_of_service(os.environ) as environ:
        store = store_of(load(arguments.config, environ), shown)
        try:
            return _ACTIONS[arguments.action](arguments, store, shown)
        finally:
            shown.end()  # what follows begins a line, whatever it is


def store_of(loaded: "Loaded", told: "Told") -> "Store":
    """The models of a configuration: they lie where state is kept."""
    from paige.models.store.store import Store

    return Store(loaded.state_dir / "models", told)


def _add(arguments: Namespace, store: "Store", shown: "Shown") -> int:
    from paige.device.board.fitness import is_slow, remedy
    from paige.device.board.profile import profile_here
    from paige.device.config.load import load
    from paige.models.errors import StoreFailed
    from paige.models.store.remote import source_of
    from paige.models.store.speech import SpeechModels, is_speech

    source = source_of(arguments.source, store.downloads, shown)
    speech = SpeechModels(store.speech, shown)
    name = arguments.name or source.name
    hears = is_speech(source)
    if name in (store.names() if hears else speech.names()):
        raise StoreFailed(f"there is another kind of model called {name!r}; give another name with --name")
    if hears:
        model = speech.add(source, arguments.name)
        shown.end()
        _tell(arguments, _told_speech(model), f"{_line_speech(model)}\n")
        return 0
    record = store.add(source, arguments.name, lean=arguments.lean)
    shown.end()
    _tell(arguments, _told(record), f"{_line(record)}\n")
    board = profile_here(load(arguments.config, os.environ).config.board)
    if is_slow(store, record.name, board):
        sys.stderr.write(f"{record.name} is slow on this board: {remedy(record.name, board)}\n")
    return 0


def _list(arguments: Namespace, store: "Store", shown: "Shown") -> int:
    from paige.device.cli.progress import size
    from paige.models.errors import StoreFailed
    from paige.models.store.speech import SpeechModels

    told: dict[str, Any] = {"models": [], "damaged": [], "unfinished": []}
    lines = []
    for name in store.names():
        try:
            record = store.record(name)
            told["models"].append(_told(record))
            lines.append(_line(record))
        except StoreFailed as error:
            told["damaged"].append({"name": name, "why": str(error)})
            lines.append(f"{name}  {error}")
    speech = SpeechModels(store.speech)
    for name in speech.names():
        try:
            model = speech.record(name)
            told["models"].append(_told_speech(model))
            lines.append(_line_speech(model))
        except StoreFailed as error:
            told["damaged"].append({"name": name, "why": str(error)})
            lines.append(f"{name}  {error}")
    for one in store.unfinished():
        told["unfinished"].append({"origin": one.origin, "done": one.done, "total": one.total})
        of = f" of {size(one.total)}" if one.total else ""
        lines.append(f"unfinished: {size(one.done)}{of} of {one.origin}; add it again, and it goes on")
    _tell(arguments, told, "".join(f"{line}\n" for line in lines or [_NONE]))
    return 1 if told["damaged"] else 0


def _verify(arguments: Namespace, store: "Store", shown: "Shown") -> int:
    from paige.models.store.speech import SpeechModels

    speech = SpeechModels(store.speech)
    names = [arguments.name] if arguments.name else [*store.names(), *speech.names()]
    heard = [name for name in names if name in speech.names()]
    others = [name for name in names if name not in heard]
    faults = [fault for name in others for fault in store.verify(name)]
    damaged = [(name, *fault) for name in heard for fault in speech.faults(name)]
    shown.end()
    lines, records = [], {name: store.record(name) for name in others}
    for fault in faults:
        record = records[fault.name]
        older = "" if fault.version == record.versions[0].id else ", of the version before"
        kept = "as it is run here" if fault.arranged else "as it came"
        lines.append(f"{fault.name}: {fault.file} ({kept}{older}): {fault.why}")
    lines += [f"{name}: {file}: {why}" for name, file, why in damaged]
    wrong = dict.fromkeys([*(fault.name for fault in faults), *(name for name, _, _ in damaged)])
    for name in wrong:
        origin = speech.record(name).origin if name in heard else records[name].versions[0].origin
        lines.append(f"what is damaged comes back with 'paige models add {origin} --name {name}'")
    lines += [f"{name}: all as it was added" for name in names if name not in wrong]
    found: list[dict[str, Any]] = [
        {"name": one.name, "file": one.file, "version": one.version, "arranged": one.arranged, "why": one.why}
        for one in faults
    ]
    found += [{"name": name, "file": file, "why": why} for name, file, why in damaged]
    text = "".join(f"{line}\n" for line in lines or [_NONE])
    _tell(arguments, {"checked": list(names), "faults": found}, text)
    return 1 if wrong else 0


def _remove(arguments: Namespace, store: "Store", shown: "Shown") -> int:
    from paige.models.store.speech import SpeechModels

    speech = SpeechModels(store.speech)
    if arguments.unfinished:
        store.remove_unfinished()
        _tell(arguments, {"removed": "unfinished"}, "what was fetched of unfinished downloads is gone\n")
        return 0
    if arguments.name in speech.names():
        speech.remove(arguments.name)
    else:
        store.remove(arguments.name)
    _tell(arguments, {"removed": arguments.name}, f"{arguments.name} is gone\n")
    return 0


def _rollback(arguments: Namespace, store: "Store", shown: "Shown") -> int:
    record = store.rollback(arguments.name)
    _tell(arguments, _told(record), f"{_line(record)}\n")
    return 0


def _line(record: "Record") -> str:
    """A model, for people."""
    from paige.device.cli.progress import size

    version, *older = record.versions
    parts = [
        f"{record.name}  version {version.id[:8]} of {version.added[:10]}",
        f"licence {version.licence}",
        f"{size(record.size)} on flash, {size(version.arranged.size)} of it are run",
    ]
    parts += [] if version.files else ["only what is arranged"]
    parts += [f"before: {one.id[:8]} of {one.added[:10]}" for one in older]
    return "; ".join(parts)


def _line_speech(model: "SpeechModel") -> str:
    """A model of a recognizer, for people."""
    from paige.device.cli.progress import size

    parts = (f"{model.name}  for speech, by Vosk; added {model.added[:10]}", f"{size(model.size)} on flash")
    return "; ".join(parts)


def _told_speech(model: "SpeechModel") -> dict[str, Any]:
    """A model of a recognizer, for programs."""
    return {
        "name": model.name,
        "bytes": model.size,
        "recognizer": "vosk",
        "versions": [{"added": model.added, "origin": model.origin}],
    }


def _told(record: "Record") -> dict[str, Any]:
    """A model, for programs."""
    versions = [
        {
            "id": version.id,
            "added": version.added,
            "origin": version.origin,
            "licence": version.licence,
            "lean": not version.files,
            "arranged_bytes": version.arranged.size,
            "runtime": version.arranged.runtime,
        }
        for version in record.versions
    ]
    return {"name": record.name, "bytes": record.size, "versions": versions}


def _tell(arguments: Namespace, told: object, text: str) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n" if arguments.json else text)


_ACTIONS = {"add": _add, "list": _list, "verify": _verify, "remove": _remove, "rollback": _rollback}

COMMAND = Subcommand("models", "add, check and take away models", _DESCRIPTION, _configure, _run)
