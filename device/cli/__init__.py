"""The command line: finds the subcommand, runs it, and turns whatever happens into a line and an exit status.

Only what the chosen subcommand needs is imported, so that a short command starts fast on a small board.
"""

import difflib
import gc
import importlib
import logging
import os
import sys
import threading
import traceback
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, TextIO, cast

from paige.audio.errors import AudioError
from paige.device.cli.command import PROMPT_THREAD, Subcommand
from paige.device.config.secret import redact
from paige.device.errors import DeviceError
from paige.iot.errors import IotError
from paige.models.errors import ModelError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

DONE: Final = 0
NOT_DONE: Final = 1
USED_WRONGLY: Final = 2
INTERRUPTED: Final = 130
_GARBAGE_AFTER: Final = 50_000
"""New objects, less those that are gone, after which to look for cycles among them."""

_BUILT_IN: Final[Mapping[str, str]] = {
    name: f"paige.device.cli.{name}"
    for name in (
        "run",
        "satellite",
        "say",
        "listen",
        "parse",
        "models",
        "generate",
        "doctor",
        "config",
        "install",
        "uninstall",
        "provision",
        "update",
        "selftest",
    )
}
"""Modules whose `COMMAND` is a subcommand."""

_GROUPS: Final = (
    ("To begin", ("demo", "doctor")),
    ("Every day", ("run", "say", "satellite")),
    ("Language models", ("models", "generate", "import")),
    ("Configuration", ("provision", "config")),
    ("This machine", ("install", "uninstall", "update", "selftest")),
    ("For programs: a line in, a line of JSON out", ("parse", "listen")),
)

_HEAD: Final = """\
usage: paige COMMAND [OPTION …]

Paige is a private voice assistant for a house. It understands speech and text, switches
what speaks MQTT, and says whether that was done. Nothing leaves the house.
"""

_TAIL: Final = """\
  paige COMMAND --help      what a command does, with examples
  paige --version           which Paige this is

examples:
  paige demo                        see it work, without any hardware
  paige doctor                      is this machine ready?
  paige say "turn on the kitchen light"

exit status: 0 done, 1 not done, 2 used wrongly, 130 interrupted.
PAIGE_DEBUG=1 shows where in the program an error comes from.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `paige` with these arguments, those of the process by default, and give the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _standard_streams()
    # What is made at the start stays; by default it is searched for garbage again and again as it grows,
    # which was half of the processor time of making a recognizer ready.
    gc.set_threshold(_GARBAGE_AFTER)
    # What is logged is for `paige run`, which writes it; elsewhere the answer or the error says all there is.
    logging.getLogger("paige").addHandler(logging.NullHandler())
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _leave_prompt()
        return INTERRUPTED
    except BrokenPipeError:
        _give_up(sys.stdout)  # our reader went away, as `head` does
        return NOT_DONE
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else DONE
    except (AudioError, ModelError, IotError, DeviceError) as error:
        return _not_done(str(error), error)
    except ModuleNotFoundError as error:
        return _not_done(_without(error.name or ""), error)
    except OSError as error:
        _give_up(sys.stdout)  # perhaps its disk is full
        return _not_done(f"the system refused: {error}", error)
    except Exception as error:  # noqa: BLE001  # a user never meets a traceback, whatever it is that broke
        inside = f"something inside Paige broke ({type(error).__name__}: {error})"
        return _not_done(f"{inside}; please report it, with what PAIGE_DEBUG=1 adds", error)
    finally:
        _give_up(sys.stderr)
    return status


def _standard_streams() -> None:
    """See to it that there are three, as a service manager may close them, and that each takes any text."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # until the end
        elif isinstance(stream, TextIOWrapper):
            # A locale without “✓”, or input in another one, must not end a command halfway.
            stream.reconfigure(errors="backslashreplace")


def _leave_prompt() -> None:
    """End at once where a thread waits for a line: Python 3.13.5 waits at its end for what that holds."""
    if any(thread.name == PROMPT_THREAD for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)


def _give_up(stream: TextIO) -> None:
    """Drop what cannot be written: the interpreter would stumble over it at its end, and exit with 120."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _dispatch(arguments: list[str]) -> int:
    if not arguments:
        sys.stderr.write(_help())
        return USED_WRONGLY
    name, *rest = arguments
    if name in ("-h", "--help", "help") and not rest:
        sys.stdout.write(_help())
        return DONE
    if name in ("-V", "--version"):
        sys.stdout.write(f"paige {_version()}\n")
        return DONE
    if name == "help":
        name, rest = rest[0], ["--help"]
    command = _find(name)
    if command is None:
        sys.stderr.write(f"paige: {_unknown(name)}\n")
        return USED_WRONGLY
    parser = _Parser(
        prog=f"paige {command.name}",
        description=command.description,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", default=SUPPRESS, help="show this and end")
    command.configure(parser)
    return command.run(parser.parse_args(rest))


class _Parser(ArgumentParser):
    """Says with its status that it was used wrongly where nobody can be told, too; Python 3.11.2 did not."""

    def error(self, message: str) -> NoReturn:
        with suppress(OSError):
            self.print_usage(sys.stderr)
            sys.stderr.write(f"{self.prog}: error: {message}\n")
        raise SystemExit(USED_WRONGLY)


def _find(name: str) -> Subcommand | None:
    if name in _BUILT_IN:
        return cast("Subcommand", importlib.import_module(_BUILT_IN[name]).COMMAND)
    plugged = {entry.name: entry for entry in _plugged_in()}
    return cast("Subcommand", plugged[name].load()) if name in plugged else None


def _names() -> list[str]:
    return list(dict.fromkeys((*_BUILT_IN, *(entry.name for entry in _plugged_in()))))


def _plugged_in() -> "Iterable[EntryPoint]":
    # Reading what is installed takes as long as everything else at the start; most commands need none of it.
    from importlib.metadata import entry_points

    return entry_points(group="paige.commands")


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _names(), n=1)
    if name.startswith("-"):
        said = f"a command comes first, and {name} is none"
    else:
        said = f"there is no command {name!r}"
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"{said}; {meant}'paige --help' lists all"


def _help() -> str:
    return "\n".join([_HEAD, *_list(), _TAIL])


def _list() -> Iterator[str]:
    names = _names()
    grouped = {name for _, group in _GROUPS for name in group}
    others = ("Other", tuple(name for name in names if name not in grouped))
    for title, group in (*_GROUPS, others):
        present = [name for name in group if name in names]
        if present:
            yield f"{title}\n" + "".join(f"  {name:<10}{_summary(name)}\n" for name in present)


def _summary(name: str) -> str:
    try:
        command = _find(name)
    except Exception as error:  # noqa: BLE001  # one broken plug-in must not take the help of the others away
        return f"(cannot be used here: {error})"
    return command.summary if command is not None else ""


def _version() -> str:
    from paige.device.version import paige_version  # it reads what is installed, as _plugged_in does

    return paige_version()


def _without(library: str) -> str:
    if library in sys.stdlib_module_names:
        own = library.removeprefix("_")
        return f"{sys.executable} was built without {own}; use another Python, such as Debian's python3"
    return f"the library {library} is missing; install it: pip install 'paige[demo]'"


def _not_done(text: str, error: Exception) -> int:
    with suppress(OSError):  # nobody can be told where its disk is full, and the status says it
        if os.environ.get("PAIGE_DEBUG") == "1":
            sys.stderr.write(redact("".join(traceback.format_exception(error))))
        sys.stderr.write("".join(f"paige: {line}\n" for line in redact(text).splitlines() or ["not done"]))
    return NOT_DONE
