"""Whenever a process ends, or a disk refuses, there is the old version or the new one, and nothing else.

Here a part of all system calls is tried, as each takes a process; `python tests/models/store/interruption.py`
tries as many as it is told.
"""

import json
import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.models.store.conftest import everything, made

from paige.models.errors import StoreFailed
from paige.models.store.sources import FolderSource
from paige.models.store.store import Store

EVERY = {"add": 13, "remove": 5, "rollback": 1}
"""Of about 250, 40 and 14 calls."""


@pytest.mark.parametrize("how", ["kill", "fail"])
@pytest.mark.parametrize("action", EVERY)
def test_there_is_the_old_version_or_the_new_one(action: str, how: str, place: Path) -> None:
    store = Store(place / "base")
    versions = [made(1), made(2)] if action == "rollback" else [made(1)]
    for version in versions:
        store.add(FolderSource(version), "m")
    before = [version.id for version in store.record("m").versions]
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("interruption.py")),
            *(store.folder, made(2), action, how, str(EVERY[action])),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    attempts = [json.loads(line) for line in done.stdout.splitlines()]
    after = attempts[-1]["versions"]
    assert after != before
    assert {one["ended"] for one in attempts} >= {"killed" if how == "kill" else "refused", "done"}
    for one in attempts:
        assert one["ended"] != "broken", done.stderr
        assert one["versions"] in (before, after), one
        assert (one["faults"], one["left"]) == ([], []), one
    kept = [one["versions"] == after for one in attempts]
    assert not all(kept)
    assert how == "fail" or kept == sorted(kept)  # what one call has made the next does not take away


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")]
)
@pytest.mark.parametrize("unread", ["names", "downloads"])
def test_a_folder_that_cannot_be_read_is_not_an_empty_one(
    unread: str, error: OSError, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in (made(1), made(2)):
        store.add(FolderSource(version), "m")
    (store.folder / "downloads").mkdir()
    before = everything(store)

    def broken(call: Any) -> Any:
        def called(folder: Any = ".") -> Any:
            if Path(folder) == store.folder / unread:
                raise error
            return call(folder)

        return called

    with monkeypatch.context() as patched:
        for name in ("listdir", "scandir"):
            patched.setattr(os, name, broken(getattr(os, name)))
        with suppress(StoreFailed):
            store.rollback("m")
    assert everything(store) == before
    assert not [*store.verify("m")]


class Disk:
    """Which names and bytes a cut of power could still take."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._place = place
        self.unsafe: set[Path] = set()
        self.synced: set[int] = set()
        self.committed: list[set[Path]] = []
        for name in ("replace", "link", "mkdir", "fsync"):
            monkeypatch.setattr(os, name, self._seen(name, getattr(os, name)))

    def _seen(self, name: str, call: Any) -> Any:
        def called(*arguments: Any, **more: Any) -> Any:
            result = call(*arguments, **more)
            if name == "fsync":
                found = os.fstat(arguments[0])
                self.synced.add(found.st_ino)
                if stat.S_ISDIR(found.st_mode):
                    self.unsafe -= {path for path in self.unsafe if path.stat().st_ino == found.st_ino}
                return result
            made = Path(arguments[0] if name == "mkdir" else arguments[1])
            if not made.is_relative_to(self._place):
                return result
            self.unsafe = {path for path in self.unsafe if path.exists()} | {made.parent}
            if made.parent.name == "names":
                self.committed.append(self.unsafe - {made.parent})
            if made.is_file() and made.stat().st_ino not in self.synced:
                self.unsafe.add(made)
            return result

        return called


def test_all_that_a_record_speaks_of_is_on_the_disk_before_the_record(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(place, monkeypatch)
    store = Store(place / "deep" / "models")
    for version in (1, 2):
        store.add(FolderSource(made(version)), "m")
    store.rollback("m")
    work = store.folder / "work"
    assert len(disk.committed) == 3
    for unsafe in disk.committed:
        assert {path for path in unsafe if not path.is_relative_to(work)} == set()
    assert {path for path in disk.unsafe if not path.is_relative_to(work)} == set()
