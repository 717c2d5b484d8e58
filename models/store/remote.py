"""Models from the network: a folder that has a manifest, or a zip file."""

import shutil
import urllib.parse
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Final

from paige.models.errors import DownloadFailed, ModelUnusable
from paige.models.lm.manifest import MANIFEST
from paige.models.recognizer.vosk_model import MARKS
from paige.models.store.archive import ZipSource
from paige.models.store.fetching import Fetcher, Wanted, shown
from paige.models.store.intake import MOST, check
from paige.models.store.listing import FileEntry
from paige.models.store.progress import Action, Progress, Told
from paige.models.store.sources import Advance, FolderSource, Source, TreeSource, not_at_all, read
from paige.models.store.unfinished import ORIGIN

ZIP: Final = ".zip"


class RemoteFolder:
    """A folder on a server, of which no more is fetched than its manifest lists.

    Args:
        url: Of the folder.
        downloads: Where what was fetched lies until it is whole.
        fetcher: Fetches.
    """

    action = Action.DOWNLOAD

    def __init__(self, url: str, downloads: Path, fetcher: Fetcher) -> None:
        self._url, self._fetcher = url, fetcher
        self.origin, self.name = shown(self._url), _name(self._url)
        self._folder = _folder(self.origin, downloads)
        self._manifest = b""
        self._listed: Set[str] = frozenset()

    def names(self) -> Set[str]:
        """Of what the manifest lists: whatever else there is, is not asked for."""
        return self._listed

    def pieces(
        self, name: str, entry: FileEntry | None = None, advance: Advance = not_at_all
    ) -> Iterator[bytes]:
        """A file, piece by piece, when it has been fetched."""
        _begin(self._folder, self.origin)
        url = _beside(self._url, name)
        if entry is None:  # the manifest, of which nothing is known yet
            self._manifest = self._fetched(url)
        if entry is None or name == MANIFEST:
            yield self._manifest
            return
        wanted = Wanted(url, self._folder / entry.sha256, size=entry.size, checked=True)
        self._fetcher.fetch(wanted, lambda done, total: advance(done))
        yield from read(wanted.to)
        wanted.discard()

    def _fetched(self, url: str) -> bytes:
        """The manifest, which is kept if it is one: it tells what of the files is there already."""
        fresh = Wanted(url, self._folder / f"fresh-{MANIFEST}", most=MOST)
        fresh.discard()
        self._fetcher.fetch(fresh, lambda done, total: None)
        text = fresh.to.read_bytes()
        self._listed = {*check(text, self.place(MANIFEST))[1]}
        fresh.to.replace(self._folder / MANIFEST)
        return text

    def place(self, name: str) -> str:
        """Its address."""
        return shown(_beside(self._url, name))

    def spoiled(self, name: str) -> None:
        """It is taken away when it has been read, and a manifest that is none is never kept."""

    def forget(self) -> None:
        """What was fetched is needed no more."""
        shutil.rmtree(self._folder, ignore_errors=True)


class RemoteZip:
    """A zip file on a server; it is fetched when it is asked for the first time.

    Args:
        url: Of the file.
        downloads: Where it lies until the model is in the store.
        fetcher: Fetches.
        told: How far it is.
    """

    action = Action.COPY

    def __init__(self, url: str, downloads: Path, fetcher: Fetcher, told: Told) -> None:
        self._url, self._fetcher, self._told = url, fetcher, told
        self.origin, self.name = shown(url), _name(url).removesuffix(ZIP)
        self._folder = _folder(self.origin, downloads)
        self._opened: ZipSource | None = None

    def names(self) -> Set[str]:
        """Of all that is in it."""
        return self._zip().names()

    def pieces(
        self, name: str, entry: FileEntry | None = None, advance: Advance = not_at_all
    ) -> Iterator[bytes]:
        """A file, piece by piece."""
        return self._zip().pieces(name, entry, advance)

    def place(self, name: str) -> str:
        """The zip file, and what in it."""
        return f"{self.origin}: {name}"

    def spoiled(self, name: str) -> None:
        """It is damaged, and fetched from its beginning the next time."""
        self.forget()

    def forget(self) -> None:
        """What was fetched is needed no more."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _zip(self) -> ZipSource:
        if self._opened is None:
            _begin(self._folder, self.origin)
            wanted = Wanted(self._url, self._folder / f"model{ZIP}")

            def advance(done: int, total: int) -> None:
                self._told(Progress(Action.DOWNLOAD, self.name, done, total))

            self._fetcher.fetch(wanted, advance)
            try:
                self._opened = ZipSource(wanted.to, self.origin, self.name)
            except ModelUnusable:
                self.forget()  # the next time it may be another
                raise
        return self._opened


def source_of(text: str, downloads: Path, told: Told) -> Source:
    """What a user named: a folder, a zip file, or the address of one of them.

    Raises:
        ModelUnusable: It is none of them.
        DownloadFailed: It is an address of another kind, or one with a password.
    """
    if "://" in text:
        return _remote(text, downloads, told)
    path = Path(text).expanduser()
    if path.is_file():
        return ZipSource(path)
    if any((path / mark).is_file() for mark in MARKS):
        return TreeSource(path)
    return FolderSource(path)


def _remote(url: str, downloads: Path, told: Told) -> Source:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DownloadFailed(f"{shown(url)}: addresses begin with https:// or http://, and name a server")
    if parts.username is not None or parts.password is not None:
        raise DownloadFailed("an address with a password in it is not taken: others could read it")
    fetcher = Fetcher(told)
    if parts.path.endswith(ZIP):
        return RemoteZip(url, downloads, fetcher, told)
    folder = parts._replace(path=parts.path.removesuffix(MANIFEST)).geturl()
    return RemoteFolder(folder, downloads, fetcher)


def _begin(folder: Path, origin: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ORIGIN).write_text(origin, encoding="utf-8")


def _folder(origin: str, downloads: Path) -> Path:
    return downloads / FileEntry.of_bytes(origin.encode()).sha256[:16]


def _beside(url: str, name: str) -> str:
    """A file in a folder; what is asked for behind a `?` may be a key, and belongs to each."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment="").geturl()


def _name(url: str) -> str:
    """The last part of a path."""
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path.rstrip("/").rpartition("/")[2])
