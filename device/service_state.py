"""Where the service keeps its state, for what root does for it by hand."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SERVICE_STATE = Path("/var/lib/paige")
"""`StateDirectory=paige` of the unit; only root may look into it."""
_TOLD = ("PAIGE_STATE_DIR", "STATE_DIRECTORY", "XDG_STATE_HOME")
_WRITTEN = ("models", "prefixes")


@contextmanager
def state_of_service(environ: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Variables with which root's `sudo paige models add …` means the models of the service.

    What was written meanwhile belongs to the service afterwards, which may then renew and remove it.
    Where no service is, for others than root, and where a variable names a folder, they are as they were.
    """
    if os.geteuid() != 0 or not SERVICE_STATE.is_dir() or any(environ.get(name) for name in _TOLD):
        yield environ
        return
    try:
        yield {**environ, "STATE_DIRECTORY": str(SERVICE_STATE)}
    finally:
        owner = SERVICE_STATE.stat()
        for folder in (SERVICE_STATE / name for name in _WRITTEN):
            if folder.is_dir() and not folder.is_symlink():
                _hand_over(folder, owner.st_uid, owner.st_gid)


def _hand_over(folder: Path, user: int, group: int) -> None:
    """Never through a link: the service may write here, too, and must not get by it what is not its own."""
    for _, folders, files, descriptor in os.fwalk(folder):
        os.fchown(descriptor, user, group)
        for name in (*folders, *files):
            os.chown(name, user, group, dir_fd=descriptor, follow_symlinks=False)
