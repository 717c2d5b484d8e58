"""The network that is trained is the one that runs, and a training that was broken off goes on unchanged."""

from pathlib import Path

import numpy as np
import pocketsphinx
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

import onnxruntime  # noqa: E402, TID251  # they need torch; the file is run as `paige.audio.denoiser` does

from paige.audio import denoiser  # noqa: E402
from paige.audio.chunk import RATE  # noqa: E402
from paige.tools.training.denoiser import cepstra  # noqa: E402
from paige.tools.training.denoiser.export import export  # noqa: E402
from paige.tools.training.denoiser.fit import Fit, Plan  # noqa: E402
from paige.tools.training.denoiser.loss import Loss  # noqa: E402
from paige.tools.training.denoiser.mixing import Batch, Mixer  # noqa: E402
from paige.tools.training.denoiser.network import Cleaner, Network, features  # noqa: E402
from paige.tools.training.denoiser.noises import noise  # noqa: E402
from paige.tools.training.denoiser.speech import Spoken  # noqa: E402

PLAN = Plan(steps=6, warm_up=2)


def network(width: int = 8) -> Network:
    torch.manual_seed(1)
    return Network(width)


@pytest.fixture(scope="module")
def mixer() -> Mixer:
    time = np.arange(2 * RATE) / RATE
    hum = sum(np.sin(2 * np.pi * 130 * number * time) / number for number in range(1, 20))
    words = hum * (np.sin(2 * np.pi * 2 * time) > 0) * 8000
    clips = np.stack([noise(np.random.default_rng([1, number])) for number in range(3)])
    return Mixer([Spoken("hum", 1.0, [words.astype(np.int16)])], clips, seed=1, size=2, seconds=1.5)


def energies(frames: int) -> denoiser.Array:
    random = np.random.default_rng(frames)
    return np.asarray(10 ** random.uniform(-9, 1, (frames, denoiser.BANDS)), np.float32)


@pytest.mark.parametrize("frames", [1, 5, 19, 20, 250])
def test_what_it_learns_from_is_what_it_will_see(frames: int) -> None:
    seen = features(torch.from_numpy(energies(frames))[None])[0].numpy()
    assert seen.shape == (frames, 3 * denoiser.BANDS)
    np.testing.assert_allclose(seen, denoiser.features(energies(frames)), atol=2e-5)


def test_the_file_says_what_the_network_says(tmp_path: Path) -> None:
    made = network().eval()
    export(made, tmp_path / "denoiser.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "denoiser.onnx"))
    for frames in (7, 333):
        seen = denoiser.features(energies(frames))[np.newaxis]
        with torch.no_grad():
            expected = made(torch.from_numpy(seen)).numpy()
        [shares] = session.run(None, {"features": seen})
        assert shares.shape == (1, frames, denoiser.BANDS)
        np.testing.assert_allclose(shares, expected, atol=1e-5)


def test_the_network_has_as_many_weights_as_the_file_that_comes_with_paige() -> None:
    assert sum(weights.numel() for weights in Network().parameters()) == 525_488


def test_what_is_speech_alone_comes_back_as_it_was() -> None:
    made = network()
    with torch.no_grad():
        made.out.weight.zero_()
        made.out.bias.fill_(30.0)  # it says of everything that it is speech
    sound = torch.randn(2, RATE) * 0.1
    torch.testing.assert_close(Cleaner(made)(sound), sound, atol=1e-5, rtol=1e-4)


def test_the_front_end_is_that_of_pocketsphinx_and_its_model() -> None:
    lines = (Path(pocketsphinx.get_model_path("en-us")) / "en-us" / "feat.params").read_text().splitlines()
    said = dict(line.split(maxsplit=1) for line in lines)
    assert (float(said["-lowerf"]), float(said["-upperf"])) == (cepstra.LOWEST, cepstra.HIGHEST)
    assert (int(said["-nfilt"]), int(said["-lifter"])) == (cepstra.FILTERS, cepstra.LIFTER)
    assert (said["-transform"], said["-feat"]) == ("dct", "1s_c_d_dd")
    flat = np.ones((1, cepstra.FILTERS)) @ cepstra.cosines()
    assert flat[0] == pytest.approx([np.sqrt(cepstra.FILTERS), *[0] * (cepstra.CEPSTRA - 1)], abs=1e-9)
    assert cepstra.filters().sum(axis=0) * RATE / 512 == pytest.approx(np.ones(cepstra.FILTERS), abs=1e-9)


def test_nothing_is_lost_where_nothing_is_different(mixer: Mixer) -> None:
    mixed, alone = map(torch.from_numpy, mixer.batch(3))
    loss = Loss()
    assert float(loss(alone, alone)[0]) == 0
    assert float(loss(mixed, alone)[0]) > 0.1
    # What it is compared with is one recording's: loudness alone is no difference to what is seen.
    _, louder = loss(alone * 2, alone)
    _, noisy = loss(mixed, alone)
    assert float(louder) < float(noisy) / 2


def test_what_is_broken_off_goes_on_as_if_it_had_not_been(tmp_path: Path, mixer: Mixer) -> None:
    whole, first, second = network(), network(), network()
    assert Fit(whole, mixer.batch, PLAN, tmp_path / "whole.pt").run()
    assert not Fit(first, mixer.batch, PLAN, tmp_path / "parts.pt").run(minutes=0)
    fit = Fit(second, mixer.batch, PLAN, tmp_path / "parts.pt")
    assert fit.step == 1
    assert fit.run()
    for one, other in zip(whole.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_it_learns(tmp_path: Path, mixer: Mixer) -> None:
    def same(_: int) -> tuple[Batch, Batch]:
        return mixer.batch(3)

    fit = Fit(network(16), same, Plan(steps=40, rate=1e-2, warm_up=2), tmp_path / "state.pt")
    mixed, alone = map(torch.from_numpy, mixer.batch(3))
    with torch.no_grad():
        untaught = float(Loss()(Cleaner(network(16))(mixed), alone)[1])
    assert fit.run()
    _, cleaned = fit.judged()
    assert cleaned < untaught
