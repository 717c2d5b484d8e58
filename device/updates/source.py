"""Where bundles come from: a file, a folder such as a USB stick, or the address that is configured."""

import os
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.device.errors import BundleInvalid, UpdateFailed
from paige.device.updates.address import parse_address
from paige.device.updates.bundle import Bundle
from paige.device.updates.journal import Journal
from paige.device.updates.judging import Machine, Wishes
from paige.device.updates.manifest import MOST_BYTES, Component, bundle_name, version_of_comment
from paige.device.updates.trust import MOST_SIGNATURE, TrustedKeys, parse_signature
from paige.models.errors import DownloadFailed, ModelError
from paige.models.store.fetching import Fetcher, Wanted
from paige.models.store.progress import Action, Progress, Told

ENDING: Final = ".update"
HINT: Final = ".minisig"
FETCHED: Final = "fetched"
_MOST_FILES: Final = 1000
"""In a folder that is looked through."""
_MISSING: Final = "the server answers 404"


def bundles_at(
    place: Path, keys: TrustedKeys, machine: Machine
) -> tuple[tuple[Bundle, ...], tuple[str, ...]]:
    """The newest bundle of each component for this machine, in a file or a folder.

    Args:
        place: A bundle, or a folder with bundles beside other things; it is not looked into its folders.
        keys: Whose signatures count.
        machine: This one.

    Returns:
        The bundles, in the order of `Component`, and why others were not taken, each as a sentence.

    Raises:
        BundleInvalid: The file that was named is none.
        UpdateFailed: There is nothing there.
    """
    if place.is_file():
        return (Bundle(place.resolve(), keys),), ()
    if not place.is_dir():
        raise UpdateFailed(f"{place}: there is no such file or folder")
    best: dict[Component, Bundle] = {}
    complaints = []
    files = sorted(file for file in place.iterdir() if file.name.endswith(ENDING))[:_MOST_FILES]
    for file in files:
        try:
            bundle = Bundle(file, keys)
        except BundleInvalid as error:
            complaints.append(str(error))
            continue
        found = bundle.manifest
        if found.made is not None and found.made != machine.made:
            continue  # a stick may serve several boards
        known = best.get(found.component)
        if known is None or found.version > known.manifest.version:
            best[found.component] = bundle
    if not files:
        raise UpdateFailed(f"{place}: no file there ends with {ENDING}, as bundles of updates do")
    return tuple(best[one] for one in Component if one in best), tuple(complaints)


def bundles_fetched(
    folder: Path, keys: TrustedKeys, machine: Machine
) -> tuple[tuple[Bundle, ...], tuple[str, ...]]:
    """What `Address` has put into a folder, in another process, which has fewer rights than this one.

    Nothing that lies there is believed: a file is looked at if it has a name that a bundle for this machine
    has, is a plain file, and belongs to whoever the folder does; its signature is checked once more.

    Args:
        folder: The folder, which must not be one that others than root can put another in the place of.
        keys: Whose signatures count.
        machine: This one.

    Returns:
        The bundles, in the order of `Component`, and why others were not taken, each as a sentence.
    """
    bundles, complaints = [], []
    try:
        owner = folder.stat().st_uid
    except FileNotFoundError:
        return (), ()
    for component in Component:
        file = folder / f"{name_at_address(component, machine)}{ENDING}"
        try:
            if os.path.lexists(file):
                bundles.append(Bundle(file, keys, owner))
        except BundleInvalid as error:
            complaints.append(str(error))
    return tuple(bundles), tuple(complaints)


def name_at_address(component: Component, machine: Machine) -> str:
    """What the bundle of a component for a machine is called there, without an ending."""
    return bundle_name(component, machine.made if component is Component.PROGRAM else None)


@dataclass(frozen=True, slots=True)
class Address:
    """A folder on a server: a bundle for each component and kind of machine, and its signature beside it.

    The signature tells the version, so that nothing large is fetched in vain; that it is right is known only
    with the bundle.
    """

    url: str
    folder: Path
    """Where what is fetched lies."""
    keys: TrustedKeys
    machine: Machine
    told: Told

    def bundles(self, journal: Journal, wishes: Wishes) -> Iterator[Bundle]:
        """What is newer there than what is here, one after the other, each fetched when it is asked for.

        Raises:
            UpdateFailed: The server cannot be reached, or what it has is none.
        """
        parse_address(self.url)
        self.folder.mkdir(parents=True, exist_ok=True)
        fetcher = Fetcher(self.told)
        for component in Component:
            name = name_at_address(component, self.machine)
            try:
                if self._is_new(fetcher, component, name, journal, wishes):
                    yield self._bundle(fetcher, name)
                else:
                    self._wanted(name).discard()  # what was fetched at another time, and is in use by now
            except ModelError as error:
                raise UpdateFailed(str(error)) from error

    def _is_new(
        self, fetcher: Fetcher, component: Component, name: str, journal: Journal, wishes: Wishes
    ) -> bool:
        hint = Wanted(self._address(f"{name}{HINT}"), self.folder / f"{name}{HINT}", most=MOST_SIGNATURE)
        hint.discard()
        try:
            fetcher.fetch(hint, lambda done, total: None)
        except DownloadFailed as error:
            if _MISSING in str(error):
                return False  # no updates of this component, or not for this machine
            raise
        comment = parse_signature(hint.to.read_bytes(), hint.url).trusted_comment
        version = version_of_comment(component, comment)
        if version is None:
            raise BundleInvalid(f"{hint.url}: its trusted comment is {comment[:80]!r}, and names no version")
        known = journal.of(component)
        if known.failure(version) is not None and not wishes.again:
            return False
        floors = [known.highest] + ([self.machine.paige] if component is Component.PROGRAM else [])
        return wishes.older or all(floor is None or version > floor for floor in floors)

    def _bundle(self, fetcher: Fetcher, name: str) -> Bundle:
        wanted = self._wanted(name)
        wanted.to.unlink(missing_ok=True)  # of another time; what is not whole goes on

        def advance(done: int, total: int) -> None:
            self.told(Progress(Action.DOWNLOAD, name, done, total))

        fetcher.fetch(wanted, advance)
        try:
            return Bundle(wanted.to, self.keys)
        except BundleInvalid:
            wanted.discard()
            raise

    def _wanted(self, name: str) -> Wanted:
        return Wanted(self._address(f"{name}{ENDING}"), self.folder / f"{name}{ENDING}", most=2 * MOST_BYTES)

    def _address(self, name: str) -> str:
        parts = urllib.parse.urlsplit(self.url)
        return parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment="").geturl()
