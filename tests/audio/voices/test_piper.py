"""A Piper voice is given what Piper gives it; the model is tiny, of the same inputs, in the real runtime."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from paige.audio.errors import VoiceUnusable
from paige.audio.voices import PiperVoice, open_voice

SIGNS = [*"_^$ ,.?!", *"abdeghijklmnopstuvwzæðŋɐɑɔəɚɛɜɡɪɹʃʊʌʒˈˌːθᵻɾ", "\u0303"]
NUMBERS = {sign: [number] for number, sign in enumerate(SIGNS)}
HOP = 64


def make_voice(folder: Path, *, speakers: int = 1, **changed: Any) -> Path:
    """Each number sounds for 64 samples times the length scale; then come the scales and the speaker."""
    nodes = [
        helper.make_node("Cast", ["input"], ["heights"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["heights", "column"], ["rows"]),
        helper.make_node("Gather", ["scales", "one"], ["length"]),
        helper.make_node("Mul", ["length", "hop"], ["long"]),
        helper.make_node("Cast", ["long"], ["count"], to=TensorProto.INT64),
        helper.make_node("Concat", ["first", "count"], ["shape"], axis=0),
        helper.make_node("Expand", ["rows", "shape"], ["steps"]),
        helper.make_node("Reshape", ["steps", "flat"], ["sound"]),
        helper.make_node("Cast", ["input_lengths"], ["lengths"], to=TensorProto.FLOAT),
    ]
    parts = ["sound", "scales", "lengths"]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
        nodes.append(helper.make_node("Cast", ["sid"], ["speaker"], to=TensorProto.FLOAT))
        parts.append("speaker")
    nodes.append(helper.make_node("Concat", parts, ["all"], axis=0))
    nodes.append(helper.make_node("Reshape", ["all", "cube"], ["output"]))
    constants = {"column": [-1, 1], "one": [1], "first": [1], "flat": [-1], "cube": [1, 1, -1]}
    held = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in constants.items()]
    held.append(numpy_helper.from_array(np.array([HOP], np.float32), "hop"))
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "samples"])
    graph = helper.make_graph(nodes, "voice", inputs, [output], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path = folder / "en_US-tiny-low.onnx"
    onnx.save(model, str(path))
    config = {
        "audio": {"sample_rate": 16_000, "quality": "low"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.5, "length_scale": 1.5, "noise_w": 0.75},
        "phoneme_type": "espeak",
        "num_symbols": 256,
        "num_speakers": speakers,
        "phoneme_id_map": NUMBERS,
        "speaker_id_map": {"ann": 3, "bob": 7} if speakers > 1 else {},
    }
    path.with_name(path.name + ".json").write_text(json.dumps({**config, **changed}), encoding="utf-8")
    return path


def spoken(signs: str, *, length: float = 1.5, speaker: int | None = None) -> np.ndarray[Any, Any]:
    """What the tiny voice makes of phonemes, in 16 bits."""
    numbers = [1, 0]
    for sign in signs:
        numbers += [NUMBERS[sign][0], 0]
    numbers.append(2)
    tail = [0.5, length, 0.75, len(numbers), *([] if speaker is None else [speaker])]
    sound = np.concatenate((np.repeat(numbers, int(HOP * length)), tail))
    full: np.ndarray[Any, Any] = np.clip(np.rint(sound / np.abs(sound).max() * 32768), -32768, 32767)
    return full


def test_each_sentence_is_given_as_piper_gives_it(tmp_path: Path) -> None:
    voice = PiperVoice(make_voice(tmp_path))
    assert (voice.name, voice.rate) == ("en_US-tiny-low", 16_000)
    first, second, third = voice.say("Hello, lamp. Is it on? Yes")
    np.testing.assert_array_equal(first, spoken("həlˈoʊ, lˈæmp."))
    np.testing.assert_array_equal(second, spoken("ɪz ɪɾ ˈɔn?"))
    np.testing.assert_array_equal(third, spoken("jˈɛs"))
    assert first.dtype == np.int16


def test_marks_are_signs_of_their_own_and_unknown_sounds_are_left_out(tmp_path: Path) -> None:
    voice = PiperVoice(make_voice(tmp_path, espeak={"voice": "fr"}))
    (sound,) = voice.say("bon")
    np.testing.assert_array_equal(sound, spoken("bˈɔ\u0303"))


def test_speed_shortens_it(tmp_path: Path) -> None:
    (sound,) = PiperVoice(make_voice(tmp_path), speed=1.5).say("Yes")
    np.testing.assert_array_equal(sound, spoken("jˈɛs", length=1.0))


@pytest.mark.parametrize(("speaker", "number"), [(None, 3), ("bob", 7)])
def test_one_of_several_speakers_speaks(tmp_path: Path, speaker: str | None, number: int) -> None:
    (sound,) = PiperVoice(make_voice(tmp_path, speakers=2), speaker=speaker).say("Yes")
    np.testing.assert_array_equal(sound, spoken("jˈɛs", speaker=number))


def test_it_is_opened_by_file_or_folder_and_silent_where_nothing_is_said(tmp_path: Path) -> None:
    path = make_voice(tmp_path)
    assert open_voice(str(path), "en").name == open_voice(str(tmp_path), "en").name == "en_US-tiny-low"
    assert list(PiperVoice(path).say("…")) == []


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"phoneme_type": "pinyin"}, "phonemes of the kind 'pinyin'"),
        ({"phoneme_id_map": {"a": [1]}}, r"phoneme_id_map has no '\^'"),
        ({"phoneme_id_map": {"a": "x"}}, "no configuration of a Piper voice"),
        ({"audio": {}}, "no configuration of a Piper voice: KeyError"),
        ({"espeak": {"voice": "xx-none"}}, "no voice for 'xx-none'"),
        ({"num_speakers": 5}, r"its inputs are .*expected .*'sid'"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    tmp_path: Path, changed: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(VoiceUnusable, match=complaint):
        PiperVoice(make_voice(tmp_path, **changed))


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    with pytest.raises(VoiceUnusable, match=r"two files, NAME\.onnx and NAME\.onnx\.json"):
        PiperVoice(tmp_path / "nowhere.onnx")
    with pytest.raises(VoiceUnusable, match="found 0"):
        PiperVoice(tmp_path)
    path = make_voice(tmp_path)
    with pytest.raises(VoiceUnusable, match="no speaker 'eve'; there is ann, bob"):
        PiperVoice(make_voice(tmp_path, speakers=2), speaker="eve")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(VoiceUnusable, match="cannot be opened"):
        PiperVoice(path)
