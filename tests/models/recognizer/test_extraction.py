"""What a model hears is what PocketSphinx hears, and noise is taken out of it."""

from pathlib import Path

import numpy as np
import pocketsphinx
import pytest

from paige.audio.chunk import RATE, Utterance
from paige.audio.wav import read_wav
from paige.models.errors import ModelUnusable
from paige.models.recognizer.extraction import Extractor
from paige.models.recognizer.features import COEFFICIENTS, Array, FrontEnd
from paige.models.recognizer.noise import Cleaner, Sounds
from paige.models.recognizer.pocketsphinx_model import SphinxModel

MODEL = SphinxModel.find()
FRONT = FrontEnd.of(MODEL.acoustic / "feat.params")
SPOKEN = read_wav(Path(__file__).parents[3] / "tools/demo/recordings/01-kitchen-lamp.wav").samples
SOUND = SPOKEN + np.random.default_rng(1).normal(0, 40, len(SPOKEN)).round()


def test_cepstra_are_those_of_pocketsphinx(tmp_path: Path) -> None:
    decoder = pocketsphinx.Decoder(
        hmm=str(MODEL.acoustic),
        dict=str(MODEL.dictionary),
        lm=None,
        mfclogdir=str(tmp_path),
        loglevel="FATAL",
    )
    decoder.config["remove_noise"] = False  # the model's own file switches it on
    decoder.reinit_feat()
    decoder.add_allphone_file("it", str(MODEL.phones))
    decoder.activate_search("it")
    decoder.start_utt()
    decoder.process_raw(SOUND.astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    (file,) = tmp_path.iterdir()
    theirs = np.frombuffer(file.read_bytes()[4:], ">f4").reshape(-1, COEFFICIENTS)
    ours = FRONT.logarithms(FRONT.energies(SOUND)) @ FRONT.to_cepstra
    assert len(theirs) - len(ours) in (0, 1)  # it also hears the last, half-empty frame
    assert np.abs(theirs[: len(ours)] - ours).max() < 1e-3


def test_the_energy_of_white_noise_is_as_computed() -> None:
    noise = np.random.default_rng(2).normal(0, 50, 20 * RATE)
    assert FRONT.energies(noise).mean(axis=0) == pytest.approx(FRONT.of_white_noise(50), rel=0.1)


def test_smooth_logarithms_come_back_from_their_cepstra() -> None:
    cepstra = np.random.default_rng(3).normal(0, 10, (5, COEFFICIENTS))
    assert np.allclose(cepstra @ FRONT.to_logarithms @ FRONT.to_cepstra, cepstra)


def off(one: Array, other: Array) -> float:
    """How far cepstra are from others, in what they vary."""
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    return float((((one - other) / other.std(axis=0)) ** 2).mean())


@pytest.mark.parametrize("level", [100, 300])
def test_what_noise_covered_is_as_quiet_as_it_was(level: float) -> None:
    cleaner = Cleaner(FRONT, Sounds.of(MODEL.acoustic))
    energies = FRONT.energies(SOUND)
    loud = energies.sum(axis=1) > np.percentile(energies.sum(axis=1), 60)

    def depth(cepstra: Array) -> float:
        """How much quieter pauses are than speech."""
        return float(cepstra[loud, 0].mean() - cepstra[~loud, 0].mean())

    clean = cleaner.clean(energies, FRONT.of_white_noise(40))
    noisy = FRONT.energies(SOUND + np.random.default_rng(4).normal(0, level, len(SOUND)))
    heard = FRONT.logarithms(noisy) @ FRONT.to_cepstra
    cleaned = cleaner.clean(noisy, FRONT.of_white_noise(float(np.hypot(level, 40))))
    assert abs(depth(cleaned) - depth(clean)) < 0.6 * abs(depth(heard) - depth(clean))


def test_the_microphone_does_not_matter() -> None:
    cleaner = Cleaner(FRONT, Sounds.of(MODEL.acoustic))
    quiet = FRONT.of_white_noise(10)
    energies = FRONT.energies(SOUND)
    tinny = np.linspace(0.2, 3, FRONT.bands)  # a microphone that likes high sounds
    one, other = cleaner.clean(energies, quiet), cleaner.clean(energies * tinny, quiet * tinny)
    assert off(other, one) < 0.01


def test_speech_is_heard_where_it_is_and_silence_is_not() -> None:
    extractor = Extractor(MODEL.acoustic)
    pause = np.zeros(2 * RATE, np.int16)
    samples = np.concatenate((pause, SPOKEN, pause))
    heard = extractor.extract(Utterance(samples, start=0.0, speech_end=len(samples) / RATE))
    assert heard is not None
    assert 2.0 < heard.begin < 2.6
    assert 1.0 < len(heard.cepstra) / 100 < 2.3
    assert extractor.extract(Utterance(pause, start=0.0, speech_end=2.0)) is None


def test_a_model_that_hears_in_another_way_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "feat.params"
    file.write_text("-transform legacy\n-feat 1s_c_d_dd\n")
    with pytest.raises(ModelUnusable, match="-transform is legacy, expected dct"):
        FrontEnd.of(file)
    file.write_text("-transform dct -feat 1s_c_d_dd -nfilt many\n")
    with pytest.raises(ModelUnusable, match="does not say how the model hears"):
        FrontEnd.of(file)


@pytest.mark.parametrize("content", [b"", b"s3\nendhdr\n", b"s3\nendhdr\n\x44\x33\x22\x11\x01\0\0\0\xff"])
def test_files_without_gaussians_are_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("means", "variances"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelUnusable, match="means"):
        Sounds.of(tmp_path)
