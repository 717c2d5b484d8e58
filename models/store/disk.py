"""What must survive a cut of power: it is on the disk before anything says that it is there."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from paige.models.errors import ModelUnusable, StoreFailed
from paige.models.store.listing import FileEntry
from paige.models.store.progress import Action, Progress, Told

_READ_ONLY: Final = 0o444


@contextmanager
def locked(file: Path, told: Told, *, alone: bool = True) -> Iterator[None]:
    """Alone with the store, or among those who only look at it.

    The kernel ends it with the process, however that ends.
    """
    how = os.O_RDWR | os.O_CREAT if alone else os.O_RDONLY
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    descriptor = os.open(file, how | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            told(Progress(Action.WAIT))
            fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def pin(folder: Path) -> int | None:
    """A descriptor; as long as it is open, nobody clears the folder away. None where that has happened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if folder.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def clear(folder: Path) -> None:
    """Take a folder away, unless somebody has pinned it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    except BlockingIOError:
        pass  # it goes at the next start
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """See to it that a file's bytes, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot be asked for it
            raise
    finally:
        os.close(descriptor)


def put(data: bytes | str, file: Path, fresh: Path, mode: int | None = None) -> None:
    """Write a file in the place of what it was, in one step that lasts.

    Args:
        data: All of it.
        file: Where it is to be.
        fresh: What it is called until it is whole; on the same file system.
        mode: Who may read, write and run it; as the umask has it by default.

    Raises:
        OSError: The disk does not take it; the file is what it was.
    """
    try:
        with fresh.open("wb") as to:
            to.write(data.encode() if isinstance(data, str) else data)
            to.flush()
            if mode is not None:
                os.fchmod(to.fileno(), mode)
            os.fsync(to.fileno())
        fresh.replace(file)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    sync(file.parent)


class Objects:
    """Files by their hashes.

    Args:
        folder: Where they lie.
        work: A folder on the same file system for files that are not whole yet.
    """

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        self._work = work

    def path(self, entry: FileEntry) -> Path:
        """Where a file is, if it is there."""
        return self.folder / entry.sha256

    def fault(self, entry: FileEntry) -> str | None:
        """What is wrong with a file, as a clause; None where nothing is."""
        try:
            found = FileEntry.of(self.path(entry))
        except FileNotFoundError:
            return "it is missing"
        except OSError as error:
            return f"it cannot be read: {error.strerror}"
        return None if found == entry else difference(found, entry)

    def take(self, name: str, pieces: Iterable[bytes], entry: FileEntry) -> None:
        """Write a file, if it is what it should be.

        Raises:
            ModelUnusable: It is not.
        """
        import hashlib

        fresh, digest, size = self._work / entry.sha256, hashlib.sha256(), 0
        with fresh.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > entry.size:
                    raise ModelUnusable(f"{name}: it has more than the {entry.size:,} bytes it should have")
                digest.update(piece)
                file.write(piece)
        found = FileEntry(size, digest.hexdigest())
        if found != entry:
            raise ModelUnusable(f"{name}: {difference(found, entry)}")
        self._keep(fresh, entry)

    def adopt(self, file: Path, entry: FileEntry) -> None:
        """Take a file of which is known what it is, and which lies on the same file system."""
        if self.fault(entry) is not None:
            self._keep(file, entry)

    def _keep(self, fresh: Path, entry: FileEntry) -> None:
        fresh.chmod(_READ_ONLY)
        sync(fresh)
        fresh.replace(self.path(entry))

    def link(self, files: Iterable[tuple[str, FileEntry]], to: Path) -> None:
        """Make a folder with some of them under names of their own, which takes no room.

        Raises:
            StoreFailed: The file system knows no links.
        """
        to.mkdir()
        for name, entry in files:
            try:
                os.link(self.path(entry), to / name)
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):
                    raise
                raise StoreFailed(
                    f"{self.folder}: this file system has no links (FAT and exFAT have none); set state_dir "
                    "to a folder on another, such as ext4"
                ) from error

    def sweep(self, wanted: Set[str]) -> None:
        """Take away all but those with these hashes."""
        for file in self.folder.iterdir():
            if file.name not in wanted:
                file.unlink()


def difference(found: FileEntry, expected: FileEntry) -> str:
    """In what a file is not what it should be, as a clause."""
    if found.size != expected.size:
        return f"it has {found.size:,} bytes; {expected.size:,} were expected"
    return f"it is damaged: its hash is {found.sha256[:12]}…; {expected.sha256[:12]}… was expected"


def free(folder: Path) -> int:
    """Bytes that may still be written there."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
