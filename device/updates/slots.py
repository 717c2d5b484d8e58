"""Two places for each component, of which one is in use.

    ROOT/
        lock                    one update at a time
        conversation            held by the service while somebody talks to it; see `paige.device.engagement`
        journal.json            see `paige.device.updates.journal`
        COMPONENT/
            a/ b/               files
            a.json b.json       the manifest of each, written when all of it is on the disk: without it, a
            a.json.minisig …    slot is not whole, and nobody uses it
            a.failed b.failed   there where what is in it failed its trial; the launcher passes it over
            current             a link to a or b, changed in one step; none where what is installed is used
        work/                   what is not whole yet
        fetched/                downloads that go on after a cut

The launcher reads the same files, in firmware-configs/launcher/paige.
"""

import compileall
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from paige.device.errors import BundleInvalid
from paige.device.updates.bundle import Advance, Bundle, Signed
from paige.device.updates.journal import Slot
from paige.device.updates.manifest import Component, Manifest
from paige.models.store.disk import put, sync
from paige.models.store.listing import FileEntry

FOLDER: Final = Path("/var/lib/paige-updates")
CURRENT: Final = "current"
WORK: Final = "work"
_MANIFEST: Final = ".json"
_SIGNATURE: Final = ".json.minisig"
_FAILED: Final = ".failed"
_AT_ONCE: Final = 8
"""Files that are synced at a time: the file system writes its own notes once for all of them."""


class Slots:
    """The slots of one component.

    Args:
        root: The folder of all updates.
        component: Whose.
    """

    def __init__(self, root: Path, component: Component) -> None:
        self.component = component
        self._folder = root / str(component)
        self._work = root / WORK

    def path(self, slot: Slot) -> Path:
        """Where the files of a slot are."""
        return self._folder / str(slot)

    @property
    def current(self) -> Slot | None:
        """The slot that is in use; None where none is, or it is not whole."""
        slot = self.linked
        whole = slot is not None and self.manifest(slot) is not None and self.path(slot).is_dir()
        return slot if whole else None

    @property
    def linked(self) -> Slot | None:
        """The slot that the link names, whole or not; None where there is none, or it names none."""
        try:
            return Slot(str((self._folder / CURRENT).readlink()))
        except (OSError, ValueError):
            return None

    def manifest(self, slot: Slot) -> Manifest | None:
        """What is in a slot; None where it is not whole. Whoever wrote it here has checked its signature."""
        try:
            found = Manifest.from_json(self._beside(slot, _MANIFEST).read_bytes())
        except (OSError, BundleInvalid):
            return None
        return found if found.component is self.component else None

    def fill(self, slot: Slot, bundle: Bundle, advance: Advance = lambda _: None) -> None:
        """Unpack a bundle into a slot that is not in use; it is whole, and on the disk, when this returns.

        Raises:
            BundleInvalid: A file of the bundle is damaged; the slot is empty.
            OSError: The disk does not take it; the slot is not whole.
        """
        self.empty(slot)
        folder = self.path(slot)
        folder.mkdir(mode=0o755)
        try:
            bundle.unpack(folder, advance)
        except BundleInvalid:
            self.empty(slot)
            raise
        if self.component is Component.PROGRAM:
            # The service cannot write there, and would compile all of it at each start.
            compileall.compile_dir(folder, quiet=2)
        _sync_all(folder)
        sync(self._folder)
        self._mark_whole(slot, bundle.signed)

    def empty(self, slot: Slot) -> None:
        """Take away what is in a slot that is not in use; from its first step on it is not whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for ending in (_MANIFEST, _SIGNATURE, _FAILED):
            self._beside(slot, ending).unlink(missing_ok=True)
        sync(self._folder)
        if self.path(slot).exists():
            shutil.rmtree(self.path(slot))

    def faults(self, slot: Slot) -> Iterator[str]:
        """What of a slot is not as it was unpacked, each as a sentence; nothing where all is."""
        manifest = self.manifest(slot)
        if manifest is None:
            yield f"{self.path(slot)} is not whole"
            return
        for path, entry in manifest.files.items():
            try:
                if FileEntry.of(self.path(slot) / path) != entry:
                    yield f"{self.path(slot) / path} is damaged: its hash is another"
            except OSError as error:
                yield f"{self.path(slot) / path} cannot be read: {error.strerror}"

    def mark_failed(self, slot: Slot) -> None:
        """Have the launcher pass a slot over that it may still be told to start."""
        self._beside(slot, _FAILED).touch()
        sync(self._folder)

    def has_failed(self, slot: Slot) -> bool:
        """Whether what is in a slot failed its trial."""
        return self._beside(slot, _FAILED).exists()

    def use(self, slot: Slot | None) -> None:
        """Have another slot in use, in one step; None for what is installed."""
        link = self._folder / CURRENT
        if slot is None:
            link.unlink(missing_ok=True)
        else:
            fresh = self._work / f"{self.component}-{CURRENT}"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(str(slot))
            fresh.replace(link)
        with suppress(FileNotFoundError):  # nothing was ever unpacked
            sync(self._folder)

    def _beside(self, slot: Slot, ending: str) -> Path:
        return self._folder / f"{slot}{ending}"

    def _mark_whole(self, slot: Slot, signed: Signed) -> None:
        for ending, data in ((_SIGNATURE, signed.signature), (_MANIFEST, signed.text)):
            put(data, self._beside(slot, ending), self._work / f"{self.component}-{slot}{ending}")


def _sync_all(folder: Path) -> None:
    """See to it that a folder is on the disk, with all that is in it."""
    tree = [*os.walk(folder)]
    with ThreadPoolExecutor(_AT_ONCE) as several:
        for _ in several.map(sync, [Path(path) / file for path, _, files in tree for file in files]):
            pass
    for path, _, _ in tree:
        sync(Path(path))
