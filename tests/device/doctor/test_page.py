"""What the doctor says of the page, over real sockets."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.device.page.conftest import served_page
from tests.device.scene import served_house

from paige.device.config.load import Loaded, load
from paige.device.config.schema import Page
from paige.device.doctor.finding import Verdict
from paige.device.doctor.page import page


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return load(None, {"PAIGE_STATE_DIR": str(tmp_path), "HOME": str(tmp_path)})


def at(loaded: Loaded, port: int, host: str = "127.0.0.1") -> Loaded:
    return replace(loaded, config=replace(loaded.config, page=Page(listen=f"{host}:{port}")))


def test_where_none_is_wanted_none_is_missed(loaded: Loaded) -> None:
    assert page(loaded).verdict is Verdict.OK


async def test_it_says_where_the_page_is(loaded: Loaded) -> None:
    async with served_house() as scene, served_page(scene) as served:
        found = await asyncio.to_thread(page, at(loaded, served.port))
    assert (found.verdict, found.text) == (Verdict.OK, f"open http://127.0.0.1:{served.port}/ in a browser")
    found = page(at(loaded, served.port))
    assert found.verdict is Verdict.OK
    assert found.text == f"it will be at http://127.0.0.1:{served.port}/ as soon as the service runs"


def test_a_port_that_somebody_else_has_and_an_address_of_others_are_wrong(loaded: Loaded) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        found = page(at(loaded, other.getsockname()[1]))
        assert found.verdict is Verdict.WRONG
        assert "in use" in found.text
    assert page(at(loaded, 10380, "192.0.2.1")).verdict is Verdict.WRONG
