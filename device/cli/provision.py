"""`paige provision`: the owner says what Paige must know of the house."""

import getpass
import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from paige.device.cli.command import Subcommand
from paige.device.show import Style

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.device.doctor.finding import Finding
    from paige.device.install.provision import Answers, Kept, Provision

_SYSTEM = Path("/etc/paige/paige.yaml")
_DESCRIPTION = """\
Asks what Paige must know: house, room, microphone, loudspeaker, wake word, broker. Microphone and broker are
tried at once; a satellite has no broker. The answers go into the configuration, in which all else stays as
it is; the broker's password goes into a file beside it that only its owner reads. Asked again, what is there
is what an empty line keeps.

With --from, the answers are taken from a file of the same keys as the configuration (paige config reference
lists them), with secrets in it as they are; it is removed when it has been taken over. A board
does so at its start with /boot/firmware/paige.yaml, which is paige.yaml on the card's first partition.

examples:
  sudo paige provision
  sudo paige provision --from answers.yaml --dry-run
  paige provision --config paige.yaml"""


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"what to write; else $PAIGE_CONFIG, else {_SYSTEM} for root, or ~/.config/paige/paige.yaml",
    )
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="take the answers from here")
    parser.add_argument(
        "--satellite",
        action=BooleanOptionalAction,
        help="ask what a satellite must know (default: where paige-satellite.service is switched on)",
    )
    parser.add_argument("--keep", action="store_true", help="leave the file of --from where it is")
    parser.add_argument("--dry-run", action="store_true", help="show the result, and change nothing")


def _run(arguments: Namespace) -> int:
    from paige.device.install.provision import kept, provision
    from paige.device.install.provision_files import read_if_there, remove, write

    source: Path | None = arguments.source
    if source is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(
            "paige provision: there is no terminal to ask on; write the answers into a file and give it: "
            "paige provision --from FILE\n"
        )
        return 2
    path = arguments.config or _usual()
    before = kept(path, read_if_there(path))
    answers = _asked(before, arguments.satellite) if source is None else _read(source, path)
    result = provision(before, answers)
    if arguments.dry_run:
        _show(result, before)
        return 0
    if source is None and not _agreed(result, before):
        return 1
    write(result)
    _say_done(result)
    if source is not None and not arguments.keep:
        remove(source)
        sys.stdout.write(f"{source} was taken over and removed\n")
    return 0


def _usual() -> Path:
    if named := os.environ.get("PAIGE_CONFIG"):
        return Path(named)
    if os.geteuid() == 0:
        return _SYSTEM
    from paige.device.config.load import search_path

    return search_path(os.environ)[0]


def _read(source: Path, path: Path) -> "Answers":
    from paige.device.errors import ProvisionFailed
    from paige.device.install.provision import answers_of
    from paige.device.install.provision_files import read_if_there

    if source.resolve() == path.resolve():
        raise ProvisionFailed(f"{source} is the configuration itself; `paige config check` examines it")
    data = read_if_there(source)
    if data is None:
        raise ProvisionFailed(f"{source} is not there; nothing was changed")
    return answers_of(data, str(source), path.parent)


class _Terminal:
    """A `Person` of the questions, in front of this terminal."""

    def __init__(self) -> None:
        self._style = Style.of(sys.stdout)

    def ask(self, prompt: str) -> str:
        return input(prompt).strip()

    def ask_secretly(self, prompt: str) -> str:
        return getpass.getpass(prompt)

    def tell(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")

    def show(self, what: str, finding: "Finding") -> None:
        from paige.device.cli.doctor import line_of

        sys.stdout.write(line_of(what, finding, self._style))


def _asked(before: "Kept", satellite: bool | None) -> "Answers":  # as the option has it
    import contextlib

    from paige.device.errors import ProvisionFailed
    from paige.device.install.plan import is_satellite
    from paige.device.install.provision_machine import ThisMachine
    from paige.device.install.provision_questions import ask_all

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # a line that is typed can be corrected
    sys.stdout.write(f"The answers go into {before.path}.\n")
    try:
        satellite = is_satellite() if satellite is None else satellite
        return ask_all(before, _Terminal(), ThisMachine(before.loaded), satellite=satellite)
    except EOFError:
        raise ProvisionFailed("the input ended; nothing was changed") from None


def _agreed(result: "Provision", before: "Kept") -> bool:
    if result.nothing:
        return True
    sys.stdout.write("\n")
    _show(result, before)
    if not input("\nWrite this? [yes]: ").strip().lower().startswith("n"):
        return True
    sys.stdout.write("Nothing was changed.\n")
    return False


def _show(result: "Provision", before: "Kept") -> None:
    from paige.device.install.provision import shown

    sys.stdout.write(f"# {result.path}\n{shown(result, before)}")
    for file in result.secrets:
        what = "a secret that only its owner reads" if file.secret else "removed"
        sys.stdout.write(f"# {file.path}: {what}\n")


def _say_done(result: "Provision") -> None:
    if result.nothing:
        sys.stdout.write(f"{result.path} says all this already\n")
        return
    files = ", ".join(str(path) for path in (result.path, *(one.path for one in result.secrets)))
    sys.stdout.write(
        f"Written: {files}\nNext: paige doctor; a service that runs takes it up when it restarts\n"
    )


COMMAND = Subcommand("provision", "say what Paige must know of your house", _DESCRIPTION, _configure, _run)
