"""Reads and writes the files of a configuration, each whole or not at all, whenever the power goes.

Two files cannot change in one step: secrets are first, and only after the last is it said to be done.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from paige.device.errors import ProvisionFailed
from paige.device.install.provision import Provision

_FOR_ALL = 0o644
"""The service's user has no name to own a file by, so it reads the configuration as everybody does."""
_FOR_OWNER = 0o600
_REMEDIES: Final = {
    errno.EROFS: "make its file system writable first, by switching the overlay off in raspi-config or with "
    "'mount -o remount,rw /'",
    errno.ENOSPC: "make room on the disk first, such as with 'apt-get clean'",
}


def read_if_there(path: Path) -> bytes | None:
    """What a file holds; None where there is none.

    Raises:
        ProvisionFailed: It is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProvisionFailed(
            f"{path} cannot be read: {error.strerror}; run this as root, or name another file"
        ) from error


def write(provision: Provision) -> None:
    """Put everything into place.

    Raises:
        ProvisionFailed: The disk does not take it; everything is as it was.
    """
    path = provision.path.resolve()  # a link to where its owner keeps it stays one
    wanted = {one.path: (one.secret.reveal() + "\n", _FOR_OWNER) for one in provision.secrets if one.secret}
    if provision.after != provision.before:
        wanted[path] = (provision.after, _FOR_ALL)
    fresh = dict[Path, Path]()
    with _refused(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            for file, (text, mode) in wanted.items():
                fresh[file] = file.with_name(f".{file.name}.new")
                _write_beside(file, fresh[file], text, mode)
            for file, new in fresh.items():
                new.replace(file)
        finally:
            for new in fresh.values():
                with suppress(OSError):
                    new.unlink(missing_ok=True)
        for one in provision.secrets:
            if one.secret is None:
                one.path.unlink(missing_ok=True)
        _sync(path.parent)


def remove(path: Path) -> None:
    """Take away the file that was taken over.

    Raises:
        ProvisionFailed: It cannot be removed.
    """
    try:
        path.unlink()
    except OSError as error:
        raise ProvisionFailed(
            f"{path} was taken over, and cannot be removed: {error.strerror}; remove it: it would be taken "
            "over again and again, and may hold a password"
        ) from error
    _sync(path.parent)


def _write_beside(path: Path, fresh: Path, text: str, mode: int) -> None:
    """Write a new file beside the one that it will replace; it gets that one's owner and mode."""
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FOR_OWNER)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        try:
            like = path.stat()
            mode = like.st_mode & 0o777 if mode == _FOR_ALL else mode
        except FileNotFoundError:
            like = path.parent.stat()
        if os.geteuid() == 0 and (like.st_uid, like.st_gid) != (0, 0):
            os.fchown(descriptor, like.st_uid, like.st_gid)
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    """The new names are on the disk when the folder is; not every file system can be asked for it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "run this as root, or name another file with --config")
        raise ProvisionFailed(
            f"{path} cannot be written: {error.strerror}; nothing was changed; {remedy}"
        ) from error
