"""Where a model is computed is what was asked for, or an error that says why it is not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # noqa: TID251  # a session of the runtime itself, that fails as one would
import pytest
from tests.audio.voices.test_piper import make_voice

from paige.audio import execution
from paige.audio.errors import ExecutionUnusable, VoiceUnusable
from paige.audio.execution import PROVIDERS, Execution, Placed, offered, place
from paige.audio.voices import PiperVoice

VERSION, OFFERED = offered()
MISSING = next(name for name in PROVIDERS if name not in OFFERED)
SAID = "Hello, lamp. Is it on?"


def speech(voice: PiperVoice) -> list[list[int]]:
    return [piece.tolist() for piece in voice.say(SAID)]


def test_a_provider_that_the_runtime_does_not_have_is_refused_and_the_voice_speaks_on(tmp_path: Path) -> None:
    voice = PiperVoice(make_voice(tmp_path))
    before = speech(voice)
    with pytest.raises(ExecutionUnusable) as refused:
        voice.compute_on(Execution((MISSING,)))
    has = ", ".join(OFFERED) or "nothing but the processor"
    assert str(refused.value) == (
        f"{MISSING}: ONNX Runtime {VERSION} here has {has}, and no {MISSING}; "
        "install a build that has it in place of this one, or take it out of `execution`"
    )
    assert speech(voice) == before


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_the_runtime_lists_computes_the_same_or_says_why_it_cannot(name: str, tmp_path: Path) -> None:
    if name not in OFFERED:
        pytest.skip(f"ONNX Runtime {VERSION} here has no {name}")
    voice = PiperVoice(make_voice(tmp_path))
    before, processors = speech(voice), voice._session
    refused, placed = None, None
    try:
        placed = voice.compute_on(Execution((name,), tmp_path))
    except ExecutionUnusable as error:
        refused = str(error)
    if refused is not None:  # its libraries are not here
        assert refused.startswith(f"{name}: ONNX Runtime {VERSION} lists {name} and cannot load it: lib")
        assert "\n" not in refused
        assert voice._session is processors
    if placed is not None:
        assert placed.operators[name] > 0
        assert voice._session is placed.session is not processors
        assert placed.session.get_providers()[0] == execution._PROVIDERS[name].name
    np.testing.assert_allclose(np.concatenate(speech(voice)), np.concatenate(before), atol=2)


@pytest.fixture
def as_another(monkeypatch: pytest.MonkeyPatch) -> str:
    """The processor's own provider, as if it were another: all that this runtime surely has."""
    another = execution._Provider("CPUExecutionProvider", "", "", {})
    monkeypatch.setitem(execution._PROVIDERS, "another", another)
    monkeypatch.setitem(execution._NAMES, another.name, "another")
    return "another"


@pytest.mark.filterwarnings("ignore:Duplicate provider")
def test_a_voice_that_was_tried_out_elsewhere_speaks_there(as_another: str, tmp_path: Path) -> None:
    voice = PiperVoice(make_voice(tmp_path))
    before, processors = speech(voice), voice._session
    placed = voice.compute_on(Execution((as_another,)))
    assert list(placed.operators) == [as_another]
    assert str(placed) == f"{placed.operators[as_another]} operators on another"
    assert voice._session is placed.session is not processors
    assert speech(voice) == before


@pytest.mark.filterwarnings("ignore:Duplicate provider")
def test_one_that_fails_later_goes_back_to_the_processor_and_says_so_once(
    as_another: str, tmp_path: Path
) -> None:
    (tmp_path / "several").mkdir()
    voice, told = PiperVoice(make_voice(tmp_path)), list[str]()
    before = speech(voice)
    voice.compute_on(Execution((as_another,)), told.append)
    # The session of a voice that wants a speaker, too, fails whenever it is run.
    voice._session = PiperVoice(make_voice(tmp_path / "several", speakers=2))._session
    assert speech(voice) == before == speech(voice)
    assert len(told) == 1
    assert "sid" in told[0]


def test_one_that_computes_nothing_is_not_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As with `AzureExecutionProvider`, which the runtime lists, opens a session with, and never uses."""
    azure = execution._Provider("AzureExecutionProvider", "", "", {})
    if azure.name not in onnxruntime.get_available_providers():
        pytest.skip(f"ONNX Runtime {VERSION} here has no {azure.name}")
    monkeypatch.setitem(execution._PROVIDERS, "azure", azure)
    with pytest.raises(ExecutionUnusable, match=r"azure: it computes none of en_US-tiny-low\.onnx; "):
        PiperVoice(make_voice(tmp_path)).compute_on(Execution(("azure",)))


@pytest.mark.filterwarnings("ignore:Duplicate provider")
def test_what_cannot_be_computed_there_is_said_in_one_line(as_another: str, tmp_path: Path) -> None:
    file = make_voice(tmp_path)

    def tried(given: dict[str, Any]) -> Placed:
        return place(file, onnxruntime.SessionOptions(), Execution((as_another,)), [given])

    given = {"input": np.array([[1]]), "input_lengths": np.array([1]), "scales": np.ones(3, np.float32)}
    assert tried(given).operators
    with pytest.raises(
        ExecutionUnusable, match=r"failed when it was first computed: .*for this device"
    ) as failed:
        tried({**given, "scales": np.ones(3, np.int64)})
    assert "\n" not in str(failed.value)
    with pytest.raises(ExecutionUnusable, match=r"what it makes of en_US-tiny-low\.onnx is no number"):
        tried({**given, "scales": np.array([np.nan, 1, 1], np.float32)})
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(ExecutionUnusable, match="did not open it there"):
        tried(given)
    with pytest.raises(VoiceUnusable):
        PiperVoice(file)


def test_tensorrt_keeps_its_engines_where_it_is_told(tmp_path: Path) -> None:
    found = execution._options(execution._PROVIDERS["tensorrt"], tmp_path)
    assert found == {
        "trt_engine_cache_enable": "True",
        "trt_engine_cache_path": str(tmp_path),
        "trt_timing_cache_enable": "True",
        "trt_timing_cache_path": str(tmp_path),
    }
    assert execution._options(execution._PROVIDERS["tensorrt"], None) == {}
    assert "cudnn_conv_algo_search" in json.dumps(execution._options(execution._PROVIDERS["cuda"], tmp_path))
