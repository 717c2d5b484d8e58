"""The page over HTTP: what a browser gets, and what nobody else does."""

import asyncio
import json
import re
import socket
import time
from contextlib import suppress

import pytest
from tests.device.page.conftest import HOST, PATIENCE, TOKEN, Page, served_page
from tests.device.scene import Scene

from paige.device.errors import PortUnusable
from paige.device.page import feed as feeds
from paige.device.page.address import PageAddress
from paige.device.page.app import PageApp, policy_of
from paige.device.page.feed import Feed
from paige.device.page.guard import MOST_GUESSES, Guard
from paige.device.page.server import PageLimits, PageServer
from paige.iot.presence import Topics
from paige.iot.requests import MOST_ANSWERED, Gate, Request

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_page_asks_for_nothing_from_elsewhere_and_may_not(scene: Scene) -> None:
    async with served_page(scene) as page:
        found = await page.ask("GET", "/")
    assert found.status == 200
    assert found.headers["content-type"] == "text/html; charset=UTF-8"
    html = found.body.decode()
    assert re.findall(r'(?:src|href)="(?!data:)', html) == []
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "innerHTML" not in html
    policy = found.headers["content-security-policy"]
    assert policy == policy_of(html)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(re.findall("sha256-", policy)) == 2, "one script and one style"
    assert found.headers["x-frame-options"] == "DENY"
    assert "set-cookie" not in found.headers


async def test_what_is_typed_is_done_and_every_browser_sees_it(scene: Scene) -> None:
    async with served_page(scene) as page, page.news() as first, page.news() as second:
        assert (await first.event())[1]["name"] == "Test House"
        answer = await page.say("turn on the kitchen lamp")
        assert answer.status == 200
        assert [one["status"] for one in answer.json["outcomes"]] == ["done"]
        assert scene.state("light.kitchen_lamp") == "on"
        for news in (first, second):
            turn = await news.until("turn")
            assert turn["id"] == answer.json["id"]
            assert turn["outcomes"] == [{"name": "Kitchen Lamp", "status": "done", "state": "on"}]
            assert turn["meant"] == [{"intent": "HassTurnOn", "slots": {"name": "Kitchen Lamp"}}]
            assert turn["reply"]["text"] == "Turned on the Kitchen Lamp."
    assert answer.headers["cache-control"] == "no-store"


async def test_who_comes_later_sees_what_was(scene: Scene) -> None:
    async with served_page(scene) as page:
        said = (await page.say("what time is it")).json
        async with page.news() as news:
            name, hello = await news.event()
        assert name == "hello"
        assert [one["id"] for one in hello["kept"]] == [said["id"]]


async def test_a_lock_asks_first_and_the_answer_is_for_that_question_alone(scene: Scene) -> None:
    async with served_page(scene) as page:
        asked = (await page.say("unlock the front door", here="Kitchen")).json
        assert asked["reply"]["expects"] == "confirmation"
        assert scene.state("lock.front_door") == "locked"
        again = (await page.say("open the garage door", here="Kitchen")).json
        assert again["reply"]["expects"] == "confirmation"
        late = await page.say("yes", answers=asked["id"])
        assert late.status == 409, "that yes was for the front door"
        assert scene.state("lock.front_door") == "locked"
        right = await page.say("yes", answers=again["id"])
        assert [one["service"] for one in right.json["outcomes"]] == ["open_cover"]
        assert (await page.say("yes", answers=again["id"])).status == 409
        await page.say("close the garage door")


async def test_no_command_is_done_twice_and_none_late(scene: Scene) -> None:
    async with served_page(scene) as page, page.news() as news:
        assert (await page.say("what time is it", "once")).status == 200
        again = await page.say("what time is it", "once")
        assert (again.status, again.json["error"]) == (409, "it was received before")
        late = await page.say("what time is it", expires=time.time() - 1)
        assert (late.status, "too late" in late.json["error"]) == (409, True)
        await page.say("which day is it", "last")
        assert [(await news.until("turn"))["text"] for _ in range(2)] == [
            "what time is it",
            "which day is it",
        ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": None}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"http://{HOST}"}, 403),  # another port of this machine
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),  # a name made to point here
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": None}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": "application/json; charset=utf-8"}, 200),
    ],
)
async def test_a_page_of_somebody_else_commands_nothing(
    scene: Scene, headers: dict[str, str | None], status: int
) -> None:
    async with served_page(scene) as page, page.news() as news:
        found = await page.post(b'{"id": "x", "text": "what time is it"}', **headers)
        assert found.status == status
        if status != 200:
            assert found.json["error"]
        assert (await page.say("which day is it")).status == 200
        assert (await news.until("turn"))["text"] == (
            "which day is it" if status != 200 else "what time is it"
        )


@pytest.mark.parametrize("path", ["/", "/events"])
async def test_under_a_name_of_others_nothing_is_shown(scene: Scene, path: str) -> None:
    async with served_page(scene) as page:
        for host in ("evil.example", "", "127.0.0.1.evil.example", "evil.example/127.0.0.1"):
            assert (await page.ask("GET", path, Host=host)).status == 403
        assert (await page.ask("GET", "/", Host="kitchen-pi.local:10380")).status == 200
        assert (await page.ask("GET", "/", Host="Paige.Example")).status == 200
        assert (await page.ask("GET", "/events", Origin="http://evil.example")).status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"turn on the lamp"',
        b"[" * 5000,
        b"\xff\xfe",
        b'{"id": "x"}',
        b'{"id": "x", "text": 7}',
        b'{"id": "x", "text": "  "}',
        b'{"text": "what time is it"}',
        b'{"id": "a b", "text": "what time is it"}',
        b'{"id": "x", "text": "what time is it", "here": 7}',
        b'{"id": "x", "text": "what time is it", "expires": "soon"}',
        json.dumps({"id": "x", "text": "x" * 1001}).encode(),
    ],
)
async def test_what_is_no_command_is_told_so(scene: Scene, body: bytes) -> None:
    async with served_page(scene) as page:
        found = await page.post(body)
    assert found.status == 400
    assert found.json["error"]


async def test_a_question_that_there_never_was_is_not_answered(scene: Scene) -> None:
    async with served_page(scene) as page:
        for answers in ["nonsense", 7, ["x"], dict[str, str]()]:
            assert (await page.say("yes", answers=answers)).status == 409


async def test_too_much_at_once_is_refused(scene: Scene) -> None:
    async with served_page(scene) as page:
        assert (await page.post(b" " * 20_000)).status == 413
        head = page.head("GET", "/", {f"X-{number}": "x" * 1000 for number in range(20)})
        assert _status(await page.send(head)) == 400
        assert _status(await page.send(b"GET /" + b"x" * 100_000)) == 400


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / \r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n",  # who tries TLS
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /say HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST /say HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_told_so_without_a_trace(
    scene: Scene, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    async with served_page(scene) as page:
        assert _status(await page.send(data)) == 400
        assert (await page.ask("GET", "/")).status == 200
    assert "Traceback" not in capfd.readouterr().err


async def test_who_sends_half_a_request_and_is_silent_is_hung_up_on_and_keeps_nobody_out(
    scene: Scene,
) -> None:
    limits = PageLimits(request_seconds=0.3, clients=4)
    body = b'{"id": "x", "text": "what'
    async with served_page(scene, limits=limits) as page:
        halves = (
            b"",
            b"GET / HT",
            b"GET / HTTP/1.1\r\nHost: x\r\n",
            page.head("POST", "/say", {"Content-Length": "90"}) + body,
        )
        answers = await asyncio.gather(*map(page.send, halves))
        assert answers == [b""] * 4
        assert (await page.ask("GET", "/")).status == 200


async def test_half_a_request_and_goodbye_does_nothing(scene: Scene) -> None:
    async with served_page(scene) as page, page.news() as news:
        whole = page.head(
            "POST",
            "/say",
            {"Origin": page.origin, "Content-Type": "application/json", "Content-Length": "90"},
        )
        for half in (whole, whole + b'{"id": "x", "text": "what time is it"', whole[:40], whole[:-2]):
            reader, writer = await page.connect()
            writer.write(half)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        assert (await page.say("which day is it")).status == 200
        assert (await news.until("turn"))["text"] == "which day is it"


async def test_without_its_token_nothing_is_seen_or_done_and_guessing_ends(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    async with served_page(scene, TOKEN) as page:
        assert (await page.ask("GET", "/", Authorization=None)).status == 200, "it asks for the token"
        assert (await page.ask("GET", "/events", Authorization=None)).status == 401
        body = b'{"id": "x", "text": "what time is it"}'
        assert (await page.post(body, Authorization=None)).status == 401
        async with page.news() as news:
            assert news.answer.status == 200
            assert (await page.post(body)).status == 200
            assert (await news.until("turn"))["text"] == "what time is it"
        for number in range(MOST_GUESSES):
            wrong = await page.ask("GET", "/events", Authorization=f"Bearer {TOKEN}{number}")
            assert wrong.status == 401
        assert (await page.ask("GET", "/events")).status == 429, "it was right, and comes too late"
    assert caplog.text.count(f"a wrong token for the page, from {HOST}") == MOST_GUESSES
    assert TOKEN not in caplog.text


async def test_names_are_sent_as_data_and_never_as_html(scene: Scene) -> None:
    async with served_page(scene) as page, page.news() as news:
        text = "turn on the <img src=x onerror=alert(1)>\n\ndata: x"
        answer = await page.say(text)
        assert answer.headers["content-type"].startswith("application/json")
        assert (await news.until("turn"))["text"] == text
        assert news.answer.headers["content-type"] == "text/event-stream; charset=UTF-8"
        assert news.answer.headers["x-content-type-options"] == "nosniff"


async def test_who_never_reads_is_hung_up_on_and_delays_nobody(scene: Scene) -> None:
    limits = PageLimits(request_seconds=0.5, buffer=4096)
    async with served_page(scene, limits=limits) as page, page.news() as news:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect((HOST, page.port))
            deaf.sendall(page.head("GET", "/events", {}))
            assert page.feed is not None
            await _until_watched_by(page.feed, 2)
            long = "x" * 5000
            for number in range(100):
                page.feed.announcement(f"{number} {long}", None)
                assert (await news.until("announcement"))["text"].startswith(f"{number} ")
            began = time.monotonic()
            assert (await page.say("what time is it")).status == 200
            assert time.monotonic() - began < limits.request_seconds, "it waits for nobody"
            assert (await news.until("turn"))["text"] == "what time is it"
            await _until_watched_by(page.feed, 1)
            deaf.settimeout(PATIENCE)
            assert not (await asyncio.to_thread(_rest, deaf)).endswith(b"\n\n"), (
                "nothing waits for it any more"
            )


async def test_who_goes_makes_room_for_the_next(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_VIEWERS", 1)
    async with served_page(scene) as page:
        for _ in range(3):
            async with page.news() as news:
                assert (await news.event())[0] == "hello"
                assert (await page.ask("GET", "/events")).status == 503
            assert page.feed is not None
            await _until_watched_by(page.feed, 0)
        assert (await page.ask("HEAD", "/events")).status == 200
        await _until_watched_by(page.feed, 0)


async def test_more_connections_than_a_household_has_are_not_taken(scene: Scene) -> None:
    async with served_page(scene, limits=PageLimits(clients=2)) as page:
        async with page.news(), page.news():
            with pytest.raises(ConnectionError):
                raise_if_empty(await page.send(page.head("GET", "/", {})))
        await asyncio.sleep(0.1)
        assert (await page.ask("GET", "/")).status == 200


async def test_a_sign_of_life_comes_when_nothing_happens(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "HEARTBEAT_SECONDS", 0.05)
    async with served_page(scene) as page:
        reader, writer = await page.connect()
        writer.write(page.head("GET", "/events", {}))
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b": alive\n\n")
        writer.close()


async def test_other_paths_and_methods_lead_nowhere(scene: Scene) -> None:
    async with served_page(scene) as page:
        assert (await page.ask("GET", "/../../etc/passwd")).status == 404
        assert (await page.ask("GET", "/page.html")).status == 404
        assert (await page.ask("GET", "/say")).status == 405
        assert (await page.ask("POST", "/events")).status == 405
        options = await page.ask("OPTIONS", "/say", Origin="http://evil.example")
        assert [name for name in options.headers if name.startswith("access-control")] == []


async def test_more_commands_at_a_time_than_anybody_gives_are_refused() -> None:
    asked, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def answer(_: Request) -> bytes:
        asked.release()
        await go_on.wait()
        return b"{}"

    app = PageApp(Feed("x"), Guard((), None), Gate(Topics()), answer)
    async with PageServer(app, PageAddress(HOST, 0)) as server:
        page = Page(server.port)
        many = [asyncio.create_task(page.say("hello")) for _ in range(MOST_ANSWERED)]
        for _ in many:
            await asyncio.wait_for(asked.acquire(), PATIENCE)
        assert (await page.say("hello")).status == 503
        go_on.set()
        assert {(await one).status for one in many} == {200}
        assert (await page.say("hello")).status == 200


async def test_a_port_that_is_taken_is_one_clear_line(scene: Scene) -> None:
    async with served_page(scene) as page:
        app = PageApp(Feed("x"), Guard((), None), Gate(Topics()), _nobody)
        with pytest.raises(
            PortUnusable, match=rf"{re.escape(HOST)}, port {page.port}: .*in use.*page\.listen"
        ):
            await PageServer(app, PageAddress(HOST, page.port)).__aenter__()


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
async def test_an_address_that_this_machine_does_not_have_yet_is_waited_for(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = PageApp(Feed("x"), Guard((), None), Gate(Topics()), _nobody)
    async with PageServer(app, PageAddress(host, 10380)):
        assert "as soon as this machine has that address" in caplog.text


async def _nobody(_: object) -> bytes:
    raise AssertionError("nobody is asked")


def raise_if_empty(data: bytes) -> None:
    if not data:
        raise ConnectionResetError


async def _until_watched_by(feed: Feed | None, count: int) -> None:
    assert feed is not None
    async with asyncio.timeout(PATIENCE):
        while len(feed._viewers) != count:  # noqa: ASYNC110  # nobody but a test waits for browsers to go
            await asyncio.sleep(0.01)


def _rest(connection: socket.socket) -> bytes:
    pieces = []
    with suppress(ConnectionResetError):
        while piece := connection.recv(4096):
            pieces.append(piece)
    return b"".join(pieces)


def _status(data: bytes) -> int:
    return int(data.split()[1])
