"""What the page answers: itself, the news, and commands."""

import asyncio
import base64
import hashlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from importlib import resources
from typing import Any, Final, Self, cast

from microdot.microdot import Microdot, Request, Response

from paige.device.page.feed import Feed, Viewer
from paige.device.page.guard import Denied, Guard
from paige.iot.requests import MOST_ANSWERED, Gate, RequestRefused, decode
from paige.iot.requests import Request as Sentence

_log = logging.getLogger(__name__)

_JSON: Final = "application/json"
_ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class PageApp:
    """The routes `/`, `/events` and `/say`.

    All of them are coroutines: microdot runs anything else in another thread.

    Args:
        feed: What happens.
        guard: Who may see it.
        gate: Lets each command through once, and in time.
        answer: Does as a request says and gives its turn as JSON. It must not raise.
        clock: Unix time in seconds.
    """

    def __init__(
        self,
        feed: Feed,
        guard: Guard,
        gate: Gate,
        answer: Callable[[Sentence], Awaitable[bytes]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._feed = feed
        self._guard = guard
        self._gate = gate
        self._answer = answer
        self._clock = clock
        self._answering = 0
        self._html = resources.files("paige.device.page").joinpath("page.html").read_bytes()
        self._headers = {**_ALWAYS, "Content-Security-Policy": policy_of(self._html.decode())}
        self.routes: Final = Microdot()
        """For whoever reads requests."""
        self.routes.get("/")(self._page)
        self.routes.get("/events")(self._events)
        self.routes.post("/say")(self._say)
        self.routes.before_request(self._of_this_house)
        self.routes.after_request(self._protected)
        self.routes.after_error_request(self._protected)

    async def _of_this_house(self, request: Request) -> Response | None:
        return _denied(self._guard.host(request.headers))

    async def _protected(self, _: Request, response: Response) -> Response:
        response.headers.update(self._headers)
        return response

    async def _page(self, _: Request) -> Response:
        return Response(self._html, headers={"Content-Type": "text/html; charset=UTF-8"})

    async def _events(self, request: Request) -> Response:
        denied = self._let_in(request, origin_needed=False)
        if denied is not None:
            return denied
        viewer = self._feed.join()
        if viewer is None:
            return _error(503, "too many browsers look at this page already")

        # Its annotations know of no body that comes by and by; its documentation does.
        news = cast("Any", _News(self._feed, viewer, request))
        return Response(news, headers={"Content-Type": "text/event-stream; charset=UTF-8"})

    async def _say(self, request: Request) -> Response:
        denied = self._let_in(request, origin_needed=True)
        if denied is not None:
            return denied
        if (request.content_type or "").partition(";")[0].strip().casefold() != _JSON:
            return _error(415, f"a command comes as {_JSON}")
        body = request.body or b""
        sentence = decode(body)
        if isinstance(sentence, RequestRefused):
            return _error(400, sentence.reason)
        question = json.loads(body).get("answers")
        if question is not None:
            asked = self._feed.question(str(question))
            if asked is None:
                return _error(409, "that question is no longer open; say again what you want")
            sentence = replace(sentence, here=asked.here)
        admitted = self._gate.let_through(sentence, self._clock())
        if isinstance(admitted, RequestRefused):
            return _error(409, admitted.reason)
        return await self._answered(admitted)

    async def _answered(self, sentence: Sentence) -> Response:
        if self._answering >= MOST_ANSWERED:
            return _error(503, "too much is being answered; nothing was done")
        self._answering += 1
        try:
            answer = await self._answer(sentence)
        finally:
            self._answering -= 1
        return Response(answer, headers={"Content-Type": _JSON})

    def _let_in(self, request: Request, *, origin_needed: bool) -> Response | None:
        headers, address = request.headers, request.client_addr[0]
        denied = self._guard.origin(headers, needed=origin_needed) or self._guard.token(
            headers, address, time.monotonic()
        )
        if denied is not None and denied.status == 401 and "Authorization" in headers:
            _log.warning("a wrong token for the page, from %s", address)
        return _denied(denied)


class _News:
    """The body of an answer that goes on until the browser hangs up; `aclose` must be called in any case."""

    def __init__(self, feed: Feed, viewer: Viewer, request: Request) -> None:
        self._feed = feed
        self._viewer = viewer
        self._gone = asyncio.Event()
        self._hanging_up = asyncio.create_task(self._until_hung_up(request), name="page-viewer")
        self._events = viewer.events(self._gone)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._events)

    async def aclose(self) -> None:
        self._hanging_up.cancel()
        await self._events.aclose()
        self._feed.leave(self._viewer)

    async def _until_hung_up(self, request: Request) -> None:
        """A browser sends nothing after its request; what ends this wait is that it has gone."""
        reader, _ = request.sock
        with suppress(OSError):
            await reader.read(1)
        self._gone.set()


def policy_of(html: str) -> str:
    """The Content-Security-Policy that lets a page do what is written in it, and ask us, and nothing else."""
    hashes = {
        tag: " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
            for text in re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        )
        for tag in ("script", "style")
    }
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _denied(denied: Denied | None) -> Response | None:
    return None if denied is None else _error(denied.status, denied.reason)


def _error(status: int, reason: str) -> Response:
    return Response(
        json.dumps({"error": reason}, ensure_ascii=False), status, {"Content-Type": f"{_JSON}; charset=UTF-8"}
    )
