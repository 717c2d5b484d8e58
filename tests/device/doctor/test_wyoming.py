"""What answers on other machines, over TCP."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.device.satellites.conftest import HOST, served

from paige.audio.voices import open_voice
from paige.device.config.load import Loaded, load
from paige.device.config.schema import Satellites, Speech, Voice
from paige.device.doctor.finding import Verdict
from paige.device.doctor.wyoming import others
from paige.device.satellites.services import Services


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return load(None, {"PAIGE_STATE_DIR": str(tmp_path), "HOME": str(tmp_path)})


@contextmanager
def running(services: Services) -> Iterator[int]:
    """A server in a thread of its own, as on another machine."""
    ports, begun, over = list[int](), Event(), Event()

    async def serve() -> None:
        async with served(services) as server:
            ports.append(server.port)
            begun.set()
            await asyncio.to_thread(over.wait)

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert begun.wait(30)
    try:
        yield ports[0]
    finally:
        over.set()
        thread.join()


def test_where_none_are_wanted_none_are_missed(loaded: Loaded) -> None:
    assert others(loaded).verdict is Verdict.OK


def test_each_must_be_there_and_be_what_is_wanted_of_it(loaded: Loaded) -> None:
    with running(Services(voice=open_voice(None, "en"))) as port:
        there = f"{HOST}:{port}"
        right = replace(loaded, config=replace(loaded.config, voice=Voice(server=there)))
        assert others(right).text == f"{there} is a voice"
        wrong = replace(loaded, config=replace(loaded.config, speech=Speech(server=there)))
        assert others(wrong).text == f"{there} is not a recognizer"
    gone = replace(
        loaded, config=replace(loaded.config, satellites=Satellites(wyoming=(f"{there} Kitchen",)))
    )
    found = others(gone)
    assert found.verdict is Verdict.WRONG
    assert f"{there} cannot be reached" in found.text
