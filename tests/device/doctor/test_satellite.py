"""What the doctor looks at on a board that is a satellite, over real sockets."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.device.satellites.conftest import HOST, answer
from tests.device.satellites.own_satellite import own_satellite
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe
from wyoming.satellite import RunSatellite

from paige.device.config.load import Loaded, load
from paige.device.config.schema import Wake
from paige.device.doctor.finding import Verdict
from paige.device.doctor.satellite import _address, _users, assistant, own_name
from paige.device.install.plan import SATELLITE

OF_PAIGE_ALONE = {
    "profile",
    "kernel",
    "disk",
    "clock",
    "broker",
    "home",
    "devices",
    "models",
    "voice",
    "page",
}


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return load(None, {"PAIGE_STATE_DIR": str(tmp_path), "HOME": str(tmp_path)})


async def test_it_says_who_uses_it_or_what_is_to_be_done(loaded: Loaded) -> None:
    async with own_satellite() as here:
        alone = await asyncio.to_thread(assistant, loaded, here.port)
        async with AsyncTcpClient(HOST, here.port) as hub:
            await hub.write_event(RunSatellite().event())
            await hub.write_event(Describe().event())
            await answer(hub)
            used = await asyncio.to_thread(assistant, loaded, here.port)
    gone = assistant(loaded, here.port)
    assert (alone.verdict, alone.text.endswith("none is connected")) == (Verdict.WARNING, True)
    assert f'satellites.wyoming: ["{own_name(here.port)}"]' in alone.remedy
    assert (used.verdict, used.text) == (Verdict.OK, f"{own_name(here.port)} is used by the one at {HOST}")
    assert gone.verdict is Verdict.WARNING
    assert gone.text == f"nothing answers at port {here.port} of this board"
    assert gone.remedy.startswith("start it: sudo systemctl start paige-satellite")


async def test_another_program_in_its_place_and_a_button_are_wrong(loaded: Loaded) -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), HOST, 0) as other:
        found = await asyncio.to_thread(assistant, loaded, other.sockets[0].getsockname()[1])
    assert (found.verdict, "--listen" in found.remedy) == (Verdict.WRONG, True)
    push = replace(loaded, config=replace(loaded.config, wake=Wake(mode="push")))
    assert "has no button" in assistant(push).text


def test_addresses_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    assert _address("0100007F" if sys.byteorder == "little" else "7F000001") == "127.0.0.1"
    if sys.byteorder == "little":
        assert _address("0000000000000000FFFF00000501A8C0") == "192.168.1.5"
        assert _address("000080FE000000000000000001000000") == "fe80::1"
    assert [*_users(1, tmp_path)] == []


def doctor(tmp_path: Path, *options: str, enabled: str) -> dict[str, str]:
    """The verdicts of a machine where systemd starts one of the two units."""
    systemctl = tmp_path / "bin" / "systemctl"
    systemctl.parent.mkdir(exist_ok=True)
    systemctl.write_text(f'#!/bin/sh\n[ "$*" = "is-enabled --quiet {enabled}" ]\n')
    systemctl.chmod(0o755)
    environment = {
        "PATH": f"{systemctl.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
        "PAIGE_STATE_DIR": str(tmp_path / "state"),
        "PAIGE_MQTT_PORT": "1",
    }
    told = subprocess.run(
        [sys.executable, "-m", "paige.device.cli", "doctor", "--json", *options],
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return {row["check"]: row["verdict"] for row in json.loads(told.stdout)["findings"]}


def test_a_satellite_is_asked_for_nothing_that_only_its_assistant_needs(tmp_path: Path) -> None:
    found = doctor(tmp_path, enabled=SATELLITE)
    assert not OF_PAIGE_ALONE & found.keys()
    looked_at = ["config", "board", "memory", "microphone", "wake words", "speaker", "assistant", "updates"]
    assert [*found] == looked_at


@pytest.mark.parametrize("option", ["--satellite", "--no-satellite"])
def test_an_option_counts_more_than_what_is_switched_on(tmp_path: Path, option: str) -> None:
    enabled = "paige.service" if option == "--satellite" else SATELLITE
    found = doctor(tmp_path, option, enabled=enabled)
    assert ("broker" in found, "assistant" in found) == (option != "--satellite", option == "--satellite")
