"""Files over HTTP, fetched on from where it stopped, from servers of which nothing is believed."""

import http.client
import json
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from paige.models.errors import DownloadFailed, NoRoom
from paige.models.store.disk import free, sync
from paige.models.store.progress import Action, Progress, Told
from paige.models.store.unfinished import PART

Advance = Callable[[int, int], None]
"""Is told how many bytes there are by now, and of how many, or 0."""
SILENCE: Final = 30.0
"""Seconds that a server may say nothing."""
_PIECE: Final = 1 << 16
_SPARE: Final = 64 << 20
"""Bytes that a file leaves on the disk whose server does not say how long it is."""
_ATTEMPTS: Final = 6
"""In a row that bring nothing; with the waits between them a minute passes."""
_LONGEST_WAIT: Final = 30.0
"""Seconds."""
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses of servers that may answer otherwise after a while."""
_NOTE: Final = ".note"
_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_REDIRECTS: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be fetched."""

    url: str
    to: Path
    """Where it is to lie; while it is not whole, under this name with `PART` behind it."""
    size: int | None = None
    """Bytes, where that is known."""
    most: int | None = None
    """Bytes that are too many, where the size is not known."""
    checked: bool = False
    """Whether its hash is known: then what was begun goes on though the server cannot vouch for it."""

    @property
    def part(self) -> Path:
        """What there is of it."""
        return self.to.with_name(self.to.name + PART)

    @property
    def note(self) -> Path:
        """Which version of it that is of, in the server's words."""
        return self.to.with_name(self.to.name + _NOTE)

    def discard(self) -> None:
        """Take away what there is."""
        for file in (self.part, self.note, self.to):
            file.unlink(missing_ok=True)


class _Again(Exception):  # is told as a `DownloadFailed` where it does not pass
    """Something that may pass."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait
        """Seconds that the server wants."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few, and none to where anybody could listen who could not before."""

    max_redirections = _REDIRECTS

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request that follows."""
        to = urllib.parse.urlsplit(newurl).scheme
        if to not in ("http", "https") or (req.type == "https" and to == "http"):
            raise DownloadFailed(
                f"{shown(req.full_url)}: it leads on from {req.type} to {to} ({shown(newurl)}), which is not "
                "followed"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Fetcher:
    """Fetches files.

    Args:
        told: Of waits before another attempt.
        silence: Seconds that a server may say nothing.
        sleep: Waits.
    """

    def __init__(
        self, told: Told, silence: float = SILENCE, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._told, self._silence, self._sleep = told, silence, sleep
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=ssl.create_default_context()),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _Redirects(),
        ):
            self._opener.add_handler(handler)

    def fetch(self, wanted: Wanted, advance: Advance) -> None:
        """See that a file is there, whole as far as its size tells.

        Raises:
            DownloadFailed: It cannot be had; what there is of it stays, and is gone on from.
            NoRoom: There is not enough for it.
        """
        failures = 0
        if wanted.size not in (None, _size(wanted.to)):
            wanted.to.unlink(missing_ok=True)  # the power went before all of it was on the disk
        while not wanted.to.exists():
            had = _size(wanted.part)
            try:
                self._attempt(wanted, advance)
                if not wanted.checked:
                    sync(wanted.part)  # nothing else tells later whether it is whole
                wanted.part.replace(wanted.to)
                wanted.note.unlink(missing_ok=True)
            except _Again as error:
                failures = 1 if _size(wanted.part) > had else failures + 1
                if failures == _ATTEMPTS:
                    raise DownloadFailed(
                        f"{shown(wanted.url)}: {error}; {_size(wanted.part):,} bytes of it are kept, and the "
                        "same command goes on from there"
                    ) from error
                self._told(Progress(Action.RETRY, f"{shown(wanted.url).rpartition('/')[2]}: {error}"))
                self._sleep(min(_LONGEST_WAIT, max(error.wait, 2.0 ** (failures - 1))))
        advance(_size(wanted.to), _size(wanted.to))

    def _attempt(self, wanted: Wanted, advance: Advance) -> None:
        had = _size(wanted.part)
        if wanted.size is not None and had == wanted.size:
            return
        headers = {"User-Agent": "paige", "Accept-Encoding": "identity"} | _going_on(wanted, had)
        response = self._open(wanted, urllib.request.Request(wanted.url, headers=headers))  # noqa: S310  # http and https alone have handlers
        if response is None:  # all of it is there
            return
        with response:
            begin, total = _what_comes(wanted, response, had)
            if begin == 0:
                _begin(wanted, response)
            if total is not None and total - begin > free(wanted.to.parent):
                raise NoRoom(
                    f"{shown(wanted.url)}: {total - begin:,} bytes are to be fetched to {wanted.to.parent}, "
                    f"where {free(wanted.to.parent):,} are free"
                )
            self._receive(wanted, response, begin, total, advance)

    def _open(self, wanted: Wanted, request: urllib.request.Request) -> Any | None:  # noqa: ANN401  # as `urlopen`
        where = shown(wanted.url)
        try:
            return self._opener.open(request, timeout=self._silence)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    _check_whole(wanted, error)
                    return None
                if error.code in _LATER:
                    raise _Again(f"the server answers {error.code} {error.reason}", _wait(error)) from error
                raise DownloadFailed(f"{where}: the server answers {error.code} {error.reason}") from error
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise DownloadFailed(
                    f"{where}: nobody vouches for this server: {error.reason.verify_message}"
                ) from error
            raise _Again(_why(error.reason)) from error
        except (OSError, http.client.HTTPException) as error:
            raise _Again(_why(error)) from error

    def _receive(
        self,
        wanted: Wanted,
        response: Any,  # noqa: ANN401  # as `urlopen`
        begin: int,
        total: int | None,
        advance: Advance,
    ) -> None:
        done, most = begin, total or wanted.most
        with wanted.part.open("r+b") as file:
            file.truncate(begin)
            file.seek(begin)
            while True:
                try:
                    piece = response.read1(_PIECE)
                except (OSError, http.client.HTTPException) as error:
                    raise _Again(f"after {done:,} bytes {_why(error)}") from error
                if not piece:
                    break
                done += len(piece)
                if most is not None and done > most:
                    wanted.discard()
                    raise DownloadFailed(f"{shown(wanted.url)}: it has more than {most:,} bytes")
                if total is None and free(wanted.part.parent) < _SPARE + len(piece):
                    wanted.discard()
                    raise NoRoom(
                        f"{shown(wanted.url)}: the server does not say how long it is, and there is hardly "
                        f"room in {wanted.to.parent} after {done:,} bytes"
                    )
                file.write(piece)
                file.flush()  # what has come stays, however this process ends
                advance(done, total or 0)
        if total is not None and done < total:
            raise _Again(f"the connection ended after {done:,} of {total:,} bytes")


def shown(url: str) -> str:
    """An address without what may be secret in it."""
    return urllib.parse.urlunsplit((*urllib.parse.urlsplit(url)[:3], "", ""))


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _going_on(wanted: Wanted, had: int) -> dict[str, str]:
    """Headers that ask for the rest, if what there is of it can be trusted to be of the same file."""
    if not had:
        return {}
    validator = ""
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(wanted.note.read_bytes())
        if note["url"] != wanted.url:
            return {}
        validator = str(note["validator"])
    if validator:
        return {"Range": f"bytes={had}-", "If-Range": validator}
    return {"Range": f"bytes={had}-"} if wanted.checked else {}


def _begin(wanted: Wanted, response: Any) -> None:  # noqa: ANN401  # as `urlopen`
    """Note of which version of the file it is what comes.

    A weak tag is no word for the file's bytes (RFC 9110, 13.1.5).
    """
    wanted.part.write_bytes(b"")
    tag = response.headers.get("ETag", "")
    validator = tag if tag.startswith('"') else response.headers.get("Last-Modified", "")
    wanted.note.write_text(json.dumps({"url": wanted.url, "validator": validator}), encoding="utf-8")


def _what_comes(wanted: Wanted, response: Any, had: int) -> tuple[int, int | None]:  # noqa: ANN401  # as `urlopen`
    """Where what comes begins, and how long the whole file is, if the server tells.

    Raises:
        DownloadFailed: It is not what was asked for.
    """
    where = shown(wanted.url)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise DownloadFailed(f"{where}: the server compresses what it sends, which was not asked for")
    begin, total = 0, response.headers.get("Content-Length")
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if found is None or found[1] is None or int(found[1]) != had:
            wanted.discard()
            raise _Again("the server sent another part than it was asked for")
        begin, total = had, found[3]
    elif response.status != http.HTTPStatus.OK:
        raise DownloadFailed(f"{where}: the server answers {response.status} {response.reason}")
    size = int(total) if total is not None and total.isdecimal() else None
    if size is not None and wanted.most is not None and size > wanted.most:
        raise DownloadFailed(f"{where}: it has {size:,} bytes; {wanted.most:,} are too many")
    if None not in (size, wanted.size) and size != wanted.size:
        wanted.discard()
        raise DownloadFailed(
            f"{where}: the server says that it has {size:,} bytes; {wanted.size:,} were expected"
        )
    return begin, size if size is not None else wanted.size


def _check_whole(wanted: Wanted, error: urllib.error.HTTPError) -> None:
    """See whether nothing comes because all of the file is there."""
    found = _RANGE.fullmatch(error.headers.get("Content-Range", ""))
    if found is not None and found[3] == str(_size(wanted.part)) and wanted.size is None:
        return
    wanted.discard()
    raise _Again("the server has another file now")


def _wait(error: urllib.error.HTTPError) -> float:
    told = error.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else 0.0


def _why(error: object) -> str:
    """What happened to a connection, as a clause."""
    match error:
        case TimeoutError():
            return "the server is silent"
        case http.client.IncompleteRead():
            return "the connection ended too early"
        case OSError() if error.strerror:
            return error.strerror
    return f"{error}" or type(error).__name__
