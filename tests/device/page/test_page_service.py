"""The page of `paige run` as a process: real speech to a real recognizer, real HTTP."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.device.page.conftest import HOST, TOKEN, Page
from tests.device.test_service import House, embedded, house_at

from paige.tools.broker import EmbeddedBroker

ROOT = Path(__file__).parents[3]
RECORDING = ROOT / "tools/demo/recordings/08-open-garage.wav"

LOOK = """
import json, sys
from paige.device.cli import main
from paige.device.service import Service
ready = Service._tell_ready
Service._tell_ready = lambda self, house: (ready(self, house), self.stop())
main(["run"])
print(json.dumps(sorted(sys.modules)))
"""
"""The service until it is ready, and what it had loaded by then."""


@pytest.fixture
async def one_house(tmp_path: Path) -> AsyncIterator[House]:
    async with embedded(tmp_path) as port, house_at(port, tmp_path) as one:
        yield one


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def service(
    house: House, page: Page, *arguments: str, module: str = "paige.device.cli", **environment: str
) -> AsyncIterator[Process]:
    wanted = {"PAIGE_PAGE_LISTEN": f"{HOST}:{page.port}"} | environment
    process = await house.start(*arguments, stdin=DEVNULL, module=module, **wanted)
    async with house.listening("paige/paige/status") as until:
        await until(b"online")
    yield process


async def test_what_is_said_is_seen_while_it_is_said_and_its_question_is_answered_by_a_button(
    one_house: House, port: int
) -> None:
    page = Page(port)
    environment = {"PAIGE_WAKE_MODE": "always", "PAIGE_HOUSE_NAME": "<b>Home</b>"}
    module = "paige.tools.bench.recorded_service"
    async with service(one_house, page, str(RECORDING), module=module, **environment) as process:
        assert process.stderr is not None
        while b"listening to" not in await process.stderr.readline():
            pass
        async with page.news() as news:
            _, hello = await news.event()
            assert hello["name"] == "<b>Home</b>"
            assert hello["states"]["broker"] == {"state": "connected", "complaint": ""}
            process.send_signal(signal.SIGUSR1)
            words: list[str | None] = []
            turn = None
            while turn is None or words[-1] is not None:
                name, told = await news.event()
                if name == "hearing":
                    words.append(told["words"])
                elif name == "turn":
                    turn = told
            heard = [one for one in words if one]
            assert len(heard) > 1, "it is seen word by word"
            assert "garage" in heard[-1]
            assert turn["spoken"]
            assert turn["reply"]["expects"] == "confirmation"
            answer = await page.say("yes", answers=turn["id"])
            assert [one["service"] for one in answer.json["outcomes"]] == ["open_cover"]


async def test_the_page_shows_what_comes_over_mqtt_and_timers_that_end(one_house: House, port: int) -> None:
    page = Page(port)
    async with service(one_house, page, "run"), page.news() as news:
        assert (await news.until("hello"))["kept"] == []
        _, turn = await one_house.say("turn on the kitchen lamp")
        seen = await news.until("turn")
        assert (seen["id"], seen["outcomes"][0]["status"]) == (turn["id"], "done")
        await page.say("set a timer for 1 second")
        assert "timer" in (await news.until("announcement"))["text"]


async def test_of_two_timers_that_are_called_alike_a_button_chooses_one(one_house: House, port: int) -> None:
    page = Page(port)
    async with service(one_house, page, "run"):
        await page.say("set a timer for 5 minutes")
        await asyncio.sleep(1.5)  # what is left is told in seconds, and tells them apart
        await page.say("set a timer for 5 minutes")
        asked = (await page.say("pause the timer")).json
        assert asked["reply"]["expects"] == "choice"
        chosen = (await page.say(asked["reply"]["choices"][1], answers=asked["id"])).json
        assert chosen["reply"]["text"].startswith("Paused the Living Room timer with")


async def test_a_broker_that_goes_and_a_microphone_that_is_not_there_are_seen(
    tmp_path: Path, port: int
) -> None:
    page = Page(port)
    async with EmbeddedBroker() as broker:
        house = House(broker.port, tmp_path)
        process = await house.start("run", PAIGE_PAGE_LISTEN=f"{HOST}:{port}")
        async with house.listening("paige/paige/status") as until:
            await until(b"online")
    try:
        async with page.news() as news:
            states = (await news.until("hello"))["states"]
            while states["broker"]["state"] == "connected" or "microphone" not in states:
                one = await news.until("state")
                states[one["part"]] = one
            assert states["broker"]["state"] == "down"
            assert f"{HOST}:{broker.port}" in states["broker"]["complaint"]
            assert states["microphone"]["state"] == "lost"
            assert states["microphone"]["complaint"]
    finally:
        process.kill()
        await process.wait()


async def test_a_page_for_all_needs_its_token_which_no_log_shows(one_house: House, port: int) -> None:
    page = Page(port, headers={"Authorization": f"Bearer {TOKEN}"})
    status, out, err = await one_house.paige("run", PAIGE_PAGE_LISTEN=f"0.0.0.0:{port}")
    assert (status, out) == (1, "")
    assert "environment variable PAIGE_PAGE_LISTEN: page.listen: others than this machine reach" in err
    assert "set page.token" in err
    async with service(
        one_house, page, "run", PAIGE_PAGE_TOKEN=TOKEN, PAIGE_PAGE_LISTEN=f"0.0.0.0:{port}"
    ) as process:
        assert (await page.ask("GET", "/events", Authorization=None)).status == 401
        assert (await page.say("what time is it")).status == 200
        async with page.news() as news:
            assert len((await news.until("hello"))["kept"]) == 1
        process.terminate()
        _, log = await process.communicate()
        assert process.returncode == 0
    assert f"the page is served at http://{socket.gethostname()}:{port}/" in log.decode()
    assert TOKEN not in log.decode()
    assert "Traceback" not in log.decode()


async def test_a_port_that_is_taken_ends_the_start_with_one_line(one_house: House) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        status, out, err = await one_house.paige(
            "run", PAIGE_PAGE_LISTEN=f"{HOST}:{taken.getsockname()[1]}", PAIGE_LOG_LEVEL="error"
        )
    assert (status, out) == (1, "")
    assert err.startswith("paige: the page cannot be served at 127.0.0.1, port ")
    assert err.endswith("choose another for page.listen\n")
    assert len(err.splitlines()) == 1


async def test_a_house_without_a_page_loads_nothing_for_it(one_house: House) -> None:
    file = one_house.folder / "look.py"
    file.write_text(LOOK)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(file), env=one_house.environment, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert b"ready after" in err
    assert "paige.device.service" in json.loads(out)
    assert [name for name in json.loads(out) if "microdot" in name or "device.page." in name] == [
        "paige.device.page.address"
    ]
