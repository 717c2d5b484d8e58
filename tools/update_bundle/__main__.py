r"""Makes bundles of updates that `paige update` takes, and a key to sign them with.

    python -m paige.tools.update_bundle key --key FILE
    python -m paige.tools.update_bundle make program FOLDER --version 0.2.0 \
        --python 3.11 --processor aarch64 --key FILE --out FOLDER

FOLDER is for a program what `pip install --target FOLDER` leaves, for models one folder for each, for skills
sentence files. A key of `minisign -G` does as well. The password is asked for, or read from the environment
variable MINISIGN_PASSWORD. What lies in `--out` then goes onto a USB stick, or to the address in updates.url.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from minisign import KeyPair, SecretKey

from paige.device.errors import DeviceError
from paige.device.updates.manifest import Component, Made, Version
from paige.tools.update_bundle.errors import BundleNotMade
from paige.tools.update_bundle.making import Wanted, write


def main(argv: Sequence[str] | None = None) -> int:
    """Run it with these arguments, those of the process by default, and give the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.action == "key":
            return _make_key(arguments.key)
        print(write(_wanted(arguments), _read_key(arguments.key), arguments.out))
    except (DeviceError, OSError, ValueError) as error:
        print(f"update_bundle: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m paige.tools.update_bundle",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True)
    key = actions.add_parser("key", help="make a key: FILE, which nobody else may read, and FILE.pub")
    key.add_argument("--key", type=Path, required=True, metavar="FILE")
    make = actions.add_parser("make", help="make a bundle")
    make.add_argument("component", choices=[str(one) for one in Component])
    make.add_argument("folder", type=Path, metavar="FOLDER")
    make.add_argument("--version", type=Version.parse, required=True, help="such as 0.2.0")
    make.add_argument(
        "--needs", type=Version.parse, default=Version((0,)), help="the least Paige that can take it"
    )
    make.add_argument("--python", help="for which it was made, such as 3.11; a program needs it")
    make.add_argument("--processor", help="for which it was made, such as aarch64; a program needs it")
    make.add_argument(
        "--date",
        type=date.fromisoformat,
        default=datetime.now(UTC).date(),
        help="when it was made, such as 2026-11-23; today without this",
    )
    make.add_argument("--key", type=Path, required=True, metavar="FILE", help="the secret key")
    make.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where it is put")
    return parser


def _wanted(arguments: argparse.Namespace) -> Wanted:
    if not arguments.folder.is_dir():
        raise BundleNotMade(f"{arguments.folder}: there is no such folder")
    component = Component(arguments.component)
    made = None
    if arguments.python and arguments.processor:
        made = Made(arguments.python, arguments.processor)
    elif component is Component.PROGRAM or arguments.python or arguments.processor:
        raise BundleNotMade("a program runs with one Python on one processor: give --python and --processor")
    return Wanted(arguments.folder, component, arguments.version, arguments.needs, made, arguments.date)


def _make_key(file: Path) -> int:
    pair = KeyPair.generate()
    pair.secret_key.encrypt(_password(f"password that is to protect {file}: "))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as secret:
        secret.write(bytes(pair.secret_key) + b"\n")
    public = Path(f"{file}.pub")
    public.write_bytes(bytes(pair.public_key) + b"\n")
    print(f"{public}: copy it to /etc/paige/update-keys/ of each machine that is to take what {file} signs")
    return 0


def _read_key(file: Path) -> SecretKey:
    try:
        key = SecretKey.from_file(file)
        key.decrypt(_password(f"password of {file}: "))
    except (ValueError, AssertionError) as error:
        raise BundleNotMade(
            f"{file}: this is no secret key of minisign's with that password: {error}"
        ) from error
    return key


def _password(prompt: str) -> str:
    given = os.environ.get("MINISIGN_PASSWORD")
    return getpass.getpass(prompt) if given is None else given


if __name__ == "__main__":
    sys.exit(main())
