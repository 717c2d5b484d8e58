"""The voice of the house is computed on what is configured, or on the processor, and the log says which."""

import asyncio
import logging
from pathlib import Path

import pytest
from tests.audio.test_execution import MISSING, VERSION, as_another, speech
from tests.audio.voices.test_piper import make_voice
from tests.device.test_service import PATIENCE, House

from paige.audio.voices import EspeakVoice, PiperVoice
from paige.device.execution import _kept, compute_elsewhere
from paige.tools.broker import EmbeddedBroker

__all__ = ["as_another"]  # a fixture


def moved(voice: PiperVoice, wanted: str, state: Path) -> None:
    thread = compute_elsewhere(voice, (wanted,), state)
    assert thread is not None
    thread.join(60)
    assert not thread.is_alive()


def test_nothing_is_done_where_nothing_is_asked_for(tmp_path: Path) -> None:
    assert compute_elsewhere(PiperVoice(make_voice(tmp_path)), (), tmp_path) is None


def test_what_cannot_be_had_is_a_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    voice = PiperVoice(make_voice(tmp_path))
    before = speech(voice)
    moved(voice, MISSING, tmp_path)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message.startswith(f"{MISSING}: ONNX Runtime {VERSION} here has ")
    assert record.message.endswith("; en_US-tiny-low is computed on the processor")
    assert speech(voice) == before


@pytest.mark.parametrize("voice", [None, EspeakVoice("en-us")], ids=["none", "espeak"])
def test_where_no_such_voice_speaks_that_is_said(
    voice: EspeakVoice | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert compute_elsewhere(voice, ("tensorrt", "cuda"), tmp_path) is None
    assert "execution asks for tensorrt, cuda, and no Piper voice speaks here" in caplog.text


@pytest.mark.filterwarnings("ignore:Duplicate provider")
def test_what_is_had_is_told_with_what_it_computes(
    as_another: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    voice = PiperVoice(make_voice(tmp_path))
    moved(voice, as_another, tmp_path)
    assert voice._session is not voice._processors
    assert "en_US-tiny-low is computed elsewhere, after" in caplog.text
    assert "operators on another" in caplog.text
    (tmp_path / "several").mkdir()
    voice._session = PiperVoice(make_voice(tmp_path / "several", speakers=2))._session
    caplog.clear()
    assert speech(voice)
    assert "en_US-tiny-low failed on another: " in caplog.text
    assert "it is computed on the processor from now on" in caplog.text


def test_engines_are_kept_for_this_voice_and_this_runtime_alone(tmp_path: Path) -> None:
    voice, folder = PiperVoice(make_voice(tmp_path)), tmp_path / "execution"
    kept = _kept(voice, folder)
    (kept / "some.engine").write_text("made in minutes")
    assert VERSION in kept.name
    assert _kept(voice, folder) == kept
    assert (kept / "some.engine").exists()
    with voice.file.open("ab") as model:
        model.write(b"\0")  # another voice under the same name
    other = _kept(voice, folder)
    assert [path.name for path in folder.iterdir()] == [other.name] != [kept.name]


def test_a_state_that_cannot_be_written_leaves_the_voice_on_the_processor(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    voice = PiperVoice(make_voice(tmp_path))
    (tmp_path / "execution").write_text("a file")
    moved(voice, "tensorrt", tmp_path)
    assert "en_US-tiny-low is computed on the processor" in caplog.text
    assert voice._session is voice._processors


async def test_the_service_is_ready_first_and_goes_on_without(tmp_path: Path) -> None:
    async with EmbeddedBroker() as broker:
        house, log = House(broker.port, tmp_path), list[str]()
        service = await house.start(
            "run", PAIGE_EXECUTION=MISSING, PAIGE_VOICE_NAME=str(make_voice(tmp_path))
        )
        assert service.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while not log or "is computed on the processor" not in log[-1]:
                log.append((await service.stderr.readline()).decode())
                assert log[-1], "it ended without a word on it"
        assert any("ready after" in line for line in log[:-1])
        service.terminate()
        async with asyncio.timeout(PATIENCE):
            assert (await service.communicate(), service.returncode)[1] == 0
