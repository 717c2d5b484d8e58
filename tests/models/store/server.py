"""A real HTTP server on this machine that misbehaves as it is told."""

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Served:
    """What it serves, and how."""

    files: dict[str, bytes]
    """By path."""
    etag: Callable[[bytes], str | None] = lambda data: f'"{hash(data)}"'
    modified: str | None = None
    ranges: bool = True
    cut_after: list[int | None] = field(default_factory=list)
    """Bytes after which the connection ends, for each request for a file that is not the manifest."""
    stall_after: list[int | None] = field(default_factory=list)
    """The same, but it stays open and silent."""
    length: Callable[[int], int | None] = lambda size: size
    """What it says that the length is."""
    spoil: Callable[[str, bytes], bytes] = lambda path, data: data
    """What is sent in the place of the bytes."""
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    """Statuses and headers in the place of files, by path; each once."""
    changed: Callable[["Served", int], None] = lambda served, count: None
    """Called before each answer."""
    offset: int = 0
    """By how much the part that is sent lies beside the one that was asked for."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Paths and headers of all requests."""
    url: str = ""

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def sent(self, name: str) -> list[str | None]:
        """The header of that name in each request for a file that is not the manifest."""
        return [headers.get(name) for path, headers in self.asked if not path.endswith("manifest.json")]


class _Handler(BaseHTTPRequestHandler):
    served: Served
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        served = self.served
        path = self.path.partition("?")[0]
        served.asked.append((self.path, dict(self.headers)))
        served.changed(served, len(served.asked))
        if answers := served.answers.get(path):
            status, headers = answers.pop(0)
            self._head(status, headers | {"Content-Length": "0"})
            return
        data = served.files.get(path)
        if data is None:
            self._head(404, {"Content-Length": "0"})
            return
        self._send(path, data)

    def _send(self, path: str, data: bytes) -> None:
        served = self.served
        tag = served.etag(data)
        headers = {"ETag": tag} if tag else {}
        headers |= {"Last-Modified": served.modified} if served.modified else {}
        begin = self._begin(tag)
        if begin >= len(data) and begin:
            self._head(416, {"Content-Range": f"bytes */{len(data)}", "Content-Length": "0"})
            return
        body = served.spoil(path, data)[begin:]
        length = served.length(len(body))
        headers |= {} if length is None else {"Content-Length": str(length)}
        if begin:
            at = begin + served.offset
            headers["Content-Range"] = f"bytes {at}-{len(data) - 1}/{len(data)}"
        self._head(206 if begin else 200, headers)
        if path.endswith("manifest.json"):
            self.wfile.write(body)
            return
        cut = served.cut_after.pop(0) if served.cut_after else None
        stall = served.stall_after.pop(0) if served.stall_after else None
        self.wfile.write(body if cut is None and stall is None else body[: cut if cut is not None else stall])
        self.wfile.flush()
        if stall is not None:
            self.rfile.read(1)  # until the other side gives up
        if cut is not None or length != len(body):
            with suppress(OSError):  # the other side was quicker
                self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _begin(self, tag: str | None) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if found is None or not self.served.ranges:
            return 0
        return int(found[1]) if condition in (None, tag, self.served.modified) else 0

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as it is called there
        """Nothing is written."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other side went away, as it may."""


@contextmanager
def serving(served: Served, tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """A server of its own, as long as it is needed."""
    handler = type("Handler", (_Handler,), {"served": served})
    with _Server(("127.0.0.1", 0), handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
            served.url = f"https://localhost:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
