"""The step that puts the program into place."""

import compileall
import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from paige.device.install.program import Member, Program

# <fcntl.h> and <linux/fs.h>
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
_CANNOT_EXCHANGE: Final = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@dataclass(frozen=True, slots=True)
class Copy:
    """The folder of a program, copied out of the environment that runs this."""

    path: Path
    """Where it belongs."""
    seen: Path
    """What that place is called on the machine itself; it stands in what Python compiles."""
    program: Program | None
    """What belongs there; None where it is only to be taken away."""

    @property
    def doing(self) -> str:
        """See `Step`."""
        assert self.program is not None
        kind = f"Paige {self.program.version} for Python {self.program.python}"
        return f"copy {kind} to {self.path} ({self.program.size / 1e6:.0f} MB)"

    @property
    def undoing(self) -> str:
        """See `Step`."""
        return f"remove {self.path.parent}, where the program is"

    def done(self) -> bool:
        """See `Step`: each file has its size and its time, as rsync looks at it, and there is no other."""
        assert self.program is not None
        if not self.path.is_dir():
            return False
        wanted = {member.path: member for member in self.program.members}
        present = set(_files(self.path))
        return present == wanted.keys() and all(_is_copy(self.path / path, wanted[path]) for path in present)

    def undone(self) -> bool:
        """See `Step`."""
        return not self.path.parent.exists()

    def do(self) -> None:
        """See `Step`: whenever the power goes, the program before is there or this one."""
        assert self.program is not None
        new = self.path.with_name("program.new")
        if new.exists():
            shutil.rmtree(new)
        for member in self.program.members:
            _put(member, new / member.path)
        compileall.compile_dir(
            new, quiet=2, maxlevels=50, stripdir=str(new), prependdir=str(self.seen), workers=0
        )
        os.sync()
        _take_the_place(new, self.path)

    def undo(self) -> None:
        """See `Step`."""
        shutil.rmtree(self.path.parent)


def _files(folder: Path) -> Iterator[PurePosixPath]:
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            yield PurePosixPath(Path(inside, name).relative_to(folder).as_posix())


def _is_copy(path: Path, member: Member) -> bool:
    if isinstance(member.source, bytes):
        return path.read_bytes() == member.source
    here, there = path.stat(), member.source.stat()
    return here.st_size == there.st_size and int(here.st_mtime) == int(there.st_mtime)


def _put(member: Member, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(member.source, bytes):
        path.write_bytes(member.source)
    else:
        shutil.copy2(member.source, path)
    path.chmod(member.mode)


def _take_the_place(new: Path, path: Path) -> None:
    """Let `new` be `path` from now on, with no moment without either, and remove what was there."""
    if not path.exists():
        new.rename(path)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(path), _RENAME_EXCHANGE):
        number = ctypes.get_errno()
        if number not in _CANNOT_EXCHANGE:
            raise OSError(number, os.strerror(number), str(path))
        # A file system without that: for a moment there is none, and the same command again puts it there.
        old = path.with_name("program.old")
        path.rename(old)
        new.rename(path)
        new = old
    shutil.rmtree(new)
