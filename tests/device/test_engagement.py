"""Whether somebody talks with Paige, as another process sees it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from tests.device.test_service import embedded, house_at

from paige.device import engagement
from paige.device.engagement import Engagement, undisturbed

HOLDER = """
import asyncio, sys
from pathlib import Path
from paige.device.engagement import Engagement

async def hold():
    with Engagement(Path(sys.argv[1])).engaged():
        print(flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


def quiet(file: Path) -> bool:
    with undisturbed(file, 0.0) as alone:
        return alone


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "conversation"
    path.touch()
    return path


async def test_a_conversation_lasts_from_its_first_sign_to_some_time_after_its_last(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engagement, "LINGER_SECONDS", 0.1)
    one = Engagement(file)
    assert quiet(file)
    with one.engaged():
        with one.engaged():
            assert not quiet(file)
        await asyncio.sleep(0.2)
        assert not quiet(file), "the outer one goes on"
    assert not quiet(file), "somebody may say more"
    one.sign()
    await asyncio.sleep(0.06)
    one.sign()
    await asyncio.sleep(0.06)
    assert not quiet(file), "the time began anew"
    await asyncio.sleep(0.15)
    assert quiet(file)
    one.sign()
    one.close()
    assert quiet(file)


async def test_it_needs_no_file_and_takes_one_that_comes_later(tmp_path: Path) -> None:
    Engagement().sign()
    late = tmp_path / "conversation"
    one = Engagement(late)
    with one.engaged():
        assert quiet(late), "which makes the file"
    with one.engaged():
        assert not quiet(late)
    one.close()


async def test_who_is_restarted_this_moment_is_not_kept_waiting(file: Path) -> None:
    one = Engagement(file)
    with undisturbed(file, 0.0) as alone, one.engaged():
        assert alone
    assert quiet(file)


def test_a_process_that_is_killed_talks_with_nobody(file: Path) -> None:
    told, waits = [], []
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert not quiet(file)

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                process.kill()
                process.wait()

        with undisturbed(file, 60.0, lambda: told.append(1), sleep) as alone:
            assert alone
    assert (len(waits), told) == (3, [1])


async def test_the_service_is_undisturbed_until_somebody_says_something(file: Path) -> None:
    async with (
        embedded(file.parent) as port,
        house_at(port, file.parent) as house,
        house.service(PAIGE_UPDATES_FOLDER=str(file.parent)) as service,
    ):
        assert quiet(file)
        await house.say("turn on the kitchen lamp")
        assert not quiet(file), "somebody may say more"
        service.terminate()
        await service.wait()
        assert quiet(file)
