"""What `paige doctor` says of where models are computed."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.audio.test_execution import MISSING, OFFERED, VERSION, as_another
from tests.audio.voices.test_piper import make_voice
from tests.device.board.test_profile import configured

from paige.device.cli.doctor import line_of
from paige.device.config.load import Loaded
from paige.device.doctor.execution import execution
from paige.device.doctor.finding import Verdict
from paige.device.show import Style

__all__ = ["as_another"]  # a fixture


def asking(loaded: Loaded, *wanted: str) -> Loaded:
    return replace(loaded, config=replace(loaded.config, execution=wanted))


def test_who_asks_for_nothing_is_told_what_there_is(tmp_path: Path) -> None:
    found = execution(configured(tmp_path))
    assert found.verdict is Verdict.OK
    assert found.text.startswith(
        f"the processor; ONNX Runtime {VERSION} has {', '.join(OFFERED) or 'nothing'}"
    )


def test_what_the_runtime_does_not_have_is_wrong_and_comes_with_what_to_do(tmp_path: Path) -> None:
    found = execution(configured(tmp_path, execution=MISSING, voice_name=str(make_voice(tmp_path))))
    assert found.verdict is Verdict.WRONG
    line = line_of("execution", found, Style(colour=False))
    assert line.startswith(f"wrong    execution   {MISSING}: ONNX Runtime {VERSION} here has ")
    remedy = "Install a build that has it in place of this one, or take it out of `execution`.\n"
    assert line.endswith(f"; the processor is used instead. {remedy}")


@pytest.mark.filterwarnings("ignore:Duplicate provider")
def test_what_computes_is_shown_with_what_it_computes_and_how_fast(
    as_another: str,
    tmp_path: Path,
) -> None:
    loaded = asking(configured(tmp_path, voice_name=str(make_voice(tmp_path))), as_another)
    found = execution(loaded)
    assert found.verdict is Verdict.OK
    assert found.text.startswith("another computes en_US-tiny-low: ")
    assert "operators on another; a sentence in 0." in found.text
    assert "on the processor in 0." in found.text


@pytest.mark.filterwarnings("ignore:Duplicate provider")
def test_where_nothing_uses_it_a_small_network_is_tried(
    as_another: str,
    tmp_path: Path,
) -> None:
    found = execution(asking(configured(tmp_path), as_another))
    assert found.verdict is Verdict.WARNING
    assert found.text.startswith("another can compute a small network (")
    assert "a Piper voice" in found.remedy


def test_a_voice_that_cannot_be_used_comes_first(tmp_path: Path) -> None:
    found = execution(configured(tmp_path, execution=MISSING, voice_name=str(tmp_path / "no.onnx")))
    assert found.verdict is Verdict.WRONG
    assert "because the voice cannot be used" in found.text
