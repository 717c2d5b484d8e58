"""An acoustic model as it is written is one that Vosk reads and computes as it should."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from paige.models.recognizer.vosk_model import try_folder
from paige.tools.vosk.acoustic import Acoustic, Layer, write
from paige.tools.vosk.phones import NAMES, SOUNDS

MODEL = Path(__file__).parents[1] / "models" / "recognizer" / "vosk-synthetic"
FEATURES = 40


def layers(random: np.random.Generator, hidden: int) -> tuple[Layer, ...]:
    def layer(offsets: tuple[int, ...], inputs: int, outputs: int) -> Layer:
        weights = random.normal(0, 0.1, (outputs, len(offsets) * inputs)).astype(np.float32)
        return Layer(offsets, weights, np.zeros(outputs, np.float32))

    return (
        layer((-2, -1, 0, 1, 2), FEATURES, hidden),
        layer((-3, 0, 3), hidden, hidden),
        layer((0,), hidden, len(SOUNDS)),
    )


@pytest.mark.parametrize("hidden", [8, 33])
def test_vosk_reads_what_is_written(hidden: int, tmp_path: Path) -> None:
    folder = shutil.copytree(MODEL, tmp_path / "model")
    even = np.full(len(SOUNDS), 1 / len(SOUNDS), np.float32)
    model = Acoustic(
        layers(np.random.default_rng(hidden), hidden), even, np.full(len(SOUNDS), 0.7, np.float32)
    )
    (folder / "am" / "final.mdl").write_bytes(write(model))
    try_folder(folder)


def test_a_network_that_always_says_one_sound_makes_vosk_hear_its_word(tmp_path: Path) -> None:
    import vosk

    vosk.SetLogLevel(-1)
    folder = shutil.copytree(MODEL, tmp_path / "model")
    bias = np.zeros(len(SOUNDS), np.float32)
    bias[SOUNDS.index("AY")] = 9  # the word `i`
    still = Layer((0,), np.zeros((len(SOUNDS), FEATURES), np.float32), bias)
    even = np.full(len(SOUNDS), 1 / len(SOUNDS), np.float32)
    model = Acoustic((still,), even, np.full(len(SOUNDS), 0.9, np.float32))
    (folder / "am" / "final.mdl").write_bytes(write(model))
    recognizer = vosk.KaldiRecognizer(vosk.Model(str(folder)), 16000, '["i", "off", "lamp"]')
    recognizer.AcceptWaveform(bytes(32000))
    assert set(json.loads(recognizer.FinalResult())["text"].split()) == {"i"}


def test_the_file_names_as_many_phones_as_there_are() -> None:
    even = np.full(len(SOUNDS), 0.5, np.float32)
    written = write(Acoustic(layers(np.random.default_rng(0), 8), even, even))
    assert written.startswith(b"\0B<TransitionModel> <Topology> ")
    triples = written.index(b"<Triples> ") + len(b"<Triples> ")
    assert written[triples : triples + 5] == b"\x04" + len(NAMES).to_bytes(4, "little")
