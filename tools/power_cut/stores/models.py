"""Models: of language, from a folder and from a server that cuts off, and of a recognizer."""

import json
import shutil
import zipfile
from contextlib import suppress
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

from paige.models.errors import DownloadFailed
from paige.models.lm.manifest import MANIFEST
from paige.models.lm.shipped import model_folder
from paige.models.store.listing import listed
from paige.models.store.progress import nobody
from paige.models.store.remote import source_of
from paige.models.store.sources import FolderSource, TreeSource
from paige.models.store.speech import SpeechModels
from paige.models.store.store import Store
from paige.tools.power_cut.prove import Promise
from paige.tools.power_cut.stores.house import Unexpected

_NAME: Final = "m"
_GOES_ON: Final = "it goes on"


class ModelsStore:
    """The model that comes with Paige, another version of it, back to the first, and away with both."""

    name = "language models"
    megabytes = 128
    between: frozenset[str] = frozenset()

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        store = Store(_models(card))
        for folder in self._versions:
            store.add(FolderSource(folder), _NAME)
            promised(f"{folder.name} was added")
        store.rollback(_NAME)
        promised("rolled back")
        store.remove(_NAME)
        promised("removed")

    def look(self, card: Path) -> str:
        """See `Store`."""
        return _language_models(card)

    @cached_property
    def _versions(self) -> tuple[Path, Path]:
        shipped = model_folder("en")
        assert shipped is not None, "one comes with Paige"
        self._work = TemporaryDirectory()
        return shipped, _another(shipped, Path(self._work.name) / "another")


class SpeechStore:
    """A recognizer's model, another version of it, and away with it.

    Args:
        model: A Vosk model.
    """

    name = "speech models"
    megabytes = 32
    between: frozenset[str] = frozenset()

    def __init__(self, model: Path) -> None:
        self._model = model

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        models = SpeechModels(Store(_models(card)).speech)
        for folder in self._versions:
            models.add(TreeSource(folder), _NAME)
            promised(f"{folder.name} was added")
        models.remove(_NAME)
        promised("removed")

    def look(self, card: Path) -> str:
        """See `Store`."""
        return _speech_models(card)

    @cached_property
    def _versions(self) -> tuple[Path, Path]:
        self._work = TemporaryDirectory()
        another = Path(shutil.copytree(self._model, Path(self._work.name) / "another"))
        (another / "README").write_text("another\n")
        return self._model, another


class FetchedStore:
    """A recognizer's model in a zip file, fetched from a server that cuts off in the middle.

    What was begun goes on with the same command.

    Args:
        model: A Vosk model.
    """

    name = "fetched models"
    megabytes = 32
    between = frozenset({_GOES_ON})

    def __init__(self, model: Path) -> None:
        self._model = model

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        self._server.cut_after = len(self._server.file) // 2
        with suppress(DownloadFailed):
            self._add(card)
        self._server.cut_after = None
        self._add(card)
        promised("it was added")

    def look(self, card: Path) -> str:
        """See `Store`."""
        found, store = _speech_models(card), Store(_models(card))
        if not found and store.unfinished():
            self._add(card)
            _speech_models(card)
            return _GOES_ON
        return found

    def _add(self, card: Path) -> None:
        store = Store(_models(card))
        source = source_of(f"{self._server.url}/model.zip", store.downloads, nobody)
        SpeechModels(store.speech).add(source, _NAME)

    @cached_property
    def _server(self) -> "_Server":
        file = BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in sorted(self._model.rglob("*")):
                archive.write(one, Path("model") / one.relative_to(self._model))
        return _Server(file.getvalue())


def _models(card: Path) -> Path:
    return card / "var/lib/paige/models"


def _language_models(card: Path) -> str:
    store = Store(_models(card))
    store.remove_unfinished()  # a start: what was broken off is swept away
    for name in store.names():
        for fault in store.verify(name):
            raise Unexpected(f"{name}: {fault}")
        store.open(name)
    store.close()
    return "; ".join(
        f"{name} {' '.join(one.id[:8] for one in store.record(name).versions)}" for name in store.names()
    )


def _speech_models(card: Path) -> str:
    models = SpeechModels(Store(_models(card)).speech)
    for name in models.names():
        for file, why in models.faults(name):
            raise Unexpected(f"{name}: {file}: {why}")
    return "; ".join(f"{name} of {len(models.record(name).files)} files" for name in models.names())


def _another(model: Path, to: Path) -> Path:
    """Another version: one layer is another."""
    shutil.copytree(model, to)
    layer = bytearray((to / "layer-001").read_bytes())
    layer[:16] = bytes(16)
    (to / "layer-001").write_bytes(layer)
    told = json.loads((to / MANIFEST).read_bytes())
    files = listed(to, besides=MANIFEST).items()
    told["files"] = {name: {"size": entry.size, "sha256": entry.sha256} for name, entry in files}
    (to / MANIFEST).write_text(json.dumps(told))
    return to


class _Server(ThreadingHTTPServer):
    """On this machine; it has one file, and ends with this process."""

    def __init__(self, file: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.file = file
        self.cut_after: int | None = None
        """Bytes after which it ends the connection; of what is then still asked for it knows nothing."""
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        file, end = self.server.file, self.server.cut_after
        asked = self.headers.get("Range")
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if end is not None and begin >= end:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(file) - begin))
        if asked:
            self.send_header("Content-Range", f"bytes {begin}-{len(file) - 1}/{len(file)}")
        self.end_headers()
        self.wfile.write(file[begin:end])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # as it is called there
        """Nobody reads it."""
