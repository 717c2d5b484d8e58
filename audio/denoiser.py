"""Noise taken out of an utterance by a small neural network, before a recognizer hears it.

The network sees the energies of bands of a whole utterance, and says for each band and moment what share of
the amplitude is speech. `make denoiser` makes it; `denoising/README.md` says of what.
"""

from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE

FRAME: Final = 512
"""Samples of which a spectrum is taken, 32 ms."""
HOP: Final = 256
BANDS: Final = 48
"""Evenly spaced in mel: finer than what recognizers hear, coarser than the tones of a voice."""
LEAST_ENERGY: Final = 1e-7
"""Added to energies before their logarithm; full scale is 1."""
QUIET_SHARE: Final = 10
"""A band's noise is told by its quietest tenth."""
SCALE: Final = 0.3
"""Of the logarithms, so that the network's inputs are about 1."""
_KEPT: Final = 0.15
"""Share of the amplitude of noise that is left: what looks like noise may have been speech."""
_PEAK: Final = 0.5
_FULL_SCALE: Final = 32_768.0
_LOWEST, _HIGHEST = 60.0, 7_800.0
"""Hertz: the middles of the first band and the last."""

Array = NDArray[np.float32]


def denoise(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """An utterance with less noise, at half of full scale of 16 bits. Shape: [samples] to [samples].

    The same sound gives the same samples; nothing is kept between utterances.
    """
    loudest = float(np.abs(sound).max(initial=0))
    if loudest == 0:
        return sound
    spectra = _spectra(sound * (_PEAK / loudest))  # [frames, bins]
    energies = (spectra.real**2 + spectra.imag**2).astype(np.float32) @ band_means()  # [frames, BANDS]
    shares = network().run(None, {"features": features(energies)[np.newaxis]})[0][0]  # [frames, BANDS]
    gains = _KEPT + (1 - _KEPT) * (shares @ band_shares().T)  # [frames, bins]
    return _sound(spectra * gains, len(sound)) * _FULL_SCALE


def features(energies: Array) -> Array:
    """What the network sees of the energies of an utterance. Shape: [frames, BANDS] to [frames, 3 BANDS].

    Their logarithms above the mean of all, above the mean of their band, and above the noise of their band.
    """
    logs = np.log(energies + LEAST_ENERGY)
    least = max(1, len(logs) // QUIET_SHARE) - 1
    noise = np.partition(logs, least, axis=0)[least]  # [BANDS]
    seen: Array = np.concatenate((logs - logs.mean(), logs - logs.mean(axis=0), logs - noise), axis=1)
    return (seen * np.float32(SCALE)).astype(np.float32)


@cache
def band_shares() -> Array:
    """How much each frequency has of each band: triangles in mel that sum up to 1. Shape: [bins, BANDS]."""
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (_LOWEST, _HIGHEST))
    middles = 700 * (10 ** (np.linspace(low, high, BANDS) / 2595) - 1)  # [BANDS]
    frequencies = np.arange(FRAME // 2 + 1) * (RATE / FRAME)  # [bins]
    return np.stack(
        [np.interp(frequencies, middles, row) for row in np.eye(BANDS)], axis=1
    ).astype(np.float32)  # fmt: skip


@cache
def band_means() -> Array:
    """What turns the energies of frequencies into the mean energy of each band. Shape: [bins, BANDS]."""
    shares = band_shares()
    means: Array = shares / np.maximum(shares.sum(axis=0), 1e-6)
    return means


def _window() -> NDArray[np.float64]:
    """The square root of Hann's: applied twice, halves that overlap sum up to 1. Shape: [FRAME]."""
    return np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME))


def _spectra(sound: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Shape: [samples] to [frames, bins]."""
    padded = np.pad(sound, (HOP, 2 * FRAME - HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    return np.fft.rfft(frames * _window())


def _sound(spectra: NDArray[np.complex128], length: int) -> NDArray[np.float64]:
    """Back from `_spectra`, the first samples of it. Shape: [frames, bins] to [length]."""
    frames = np.fft.irfft(spectra, FRAME) * _window()  # [frames, FRAME]
    halves = frames.reshape(-1, 2, HOP)
    sound = halves[1:, 0] + halves[:-1, 1]  # [frames - 1, HOP]
    return sound.reshape(-1)[:length]


@cache
def network() -> Any:  # noqa: ANN401  # it publishes no types
    """The network, which is read once; who will soon need it asks for it early."""
    import onnxruntime  # noqa: TID251  # `paige.audio` has switched its telemetry off; only who listens needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    file = (resources.files("paige.audio") / "denoising" / "denoiser.onnx").read_bytes()
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
