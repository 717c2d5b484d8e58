"""What speech was before noise came to it, as far as a model of speech tells.

Noise adds to speech in energy, so in the logarithms that a recognizer hears it covers what is weak and leaves
what is strong. Given the noise and the channel, each sound of a model of speech has a place where it is then
heard; how far each frame was moved is the mean over the sounds that it may be. The channel (microphone,
distance, voice) is found by expectation maximization.

Source: P. Moreno, B. Raj, R. Stern, "A vector Taylor series approach for environment-independent speech
recognition", ICASSP 1996, of first order in the variances.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from paige.models.errors import ModelUnusable
from paige.models.recognizer.features import COEFFICIENTS, Array, FrontEnd

_SOUNDS_A_PHONE: Final = 6
"""So many kinds of sound stand for each phone; 16 were no better than 8, nor 8 than 6."""
_CLUSTERING_ROUNDS: Final = 8
_CHANNEL_ROUNDS: Final = 2
_UNCERTAIN: Final = 0.05
"""Share of a sound's variance that is left where noise covers it: noise is never as even as its mean."""
_BEGINNING, _BYTE_ORDER = b"endhdr\n", b"\x44\x33\x22\x11"


@dataclass(frozen=True)
class Sounds:
    """What clean speech is made of, in cepstra without their mean: a mixture of Gaussians."""

    means: Array  # [sounds, coefficients]
    variances: Array  # [sounds, coefficients]
    shares: Array
    """Logarithms. Shape: [sounds]."""

    @classmethod
    def of(cls, acoustic: Path) -> "Sounds":
        """Those of an acoustic model, fewer and wider than there.

        Raises:
            ModelUnusable: when its files cannot be read.
        """
        means, variances = (_gaussians(acoustic / name) for name in ("means", "variances"))
        if means.shape != variances.shape:
            raise ModelUnusable(f"{acoustic}: there are not as many variances as means")
        found = [_fewer(*one) for one in zip(means, variances, strict=True)]
        middle, spread, share = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return cls(middle, spread, np.log(share / share.sum()))


def _gaussians(file: Path) -> Array:
    """The static part of a file of means or variances. Shape: [codebooks, densities, coefficients]."""
    try:
        header, _, content = file.read_bytes().partition(_BEGINNING)
        if not header.startswith(b"s3") or content[:4] != _BYTE_ORDER:
            raise ModelUnusable(f"{file}: this is no file of Sphinx's, or of another byte order")
        codebooks, streams, densities = np.frombuffer(content, "<i4", 3, 4).tolist()
        lengths = np.frombuffer(content, "<i4", streams, 16).tolist()
        # Behind the lengths of the streams stands how many numbers follow.
        numbers = np.frombuffer(content, "<f4", codebooks * densities * sum(lengths), 20 + 4 * streams)
        first = numbers.reshape(codebooks, -1)[:, : densities * lengths[0]]
        return first.reshape(codebooks, densities, lengths[0])[:, :, :COEFFICIENTS].astype(np.float64)
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{file}: it cannot be read: {error}") from error


def _fewer(means: Array, variances: Array) -> tuple[Array, Array, Array]:
    """Some Gaussians as fewer: their means, variances and shares, by k-means.

    Shapes: [densities, coefficients] to [sounds, coefficients] twice and [sounds].
    """
    width = means.std(axis=0) + 1e-9
    # They begin evenly along the coefficient that varies most, so that the same model gives the same sounds.
    order = np.argsort(means[:, 0])
    middles = np.array(
        [part.mean(axis=0) for part in np.array_split(means[order], _SOUNDS_A_PHONE) if len(part)]
    )
    nearest = np.zeros(len(means), int)
    for _ in range(_CLUSTERING_ROUNDS):
        nearest = (((means[:, None] - middles) / width) ** 2).sum(axis=2).argmin(axis=1)  # [densities]
        middles = np.array(
            [
                means[nearest == one].mean(axis=0) if (nearest == one).any() else middles[one]
                for one in range(len(middles))
            ]
        )
    kept = [one for one in range(len(middles)) if (nearest == one).any()]
    spread = [
        (variances[nearest == one] + means[nearest == one] ** 2).mean(axis=0) - middles[one] ** 2
        for one in kept
    ]
    share = [(nearest == one).mean() for one in kept]
    return middles[kept], np.array(spread), np.array(share)


class Cleaner:
    """Takes noise out of speech.

    Args:
        front_end: How the model of the speech hears.
        sounds: What clean speech is made of.
    """

    def __init__(self, front_end: FrontEnd, sounds: Sounds) -> None:
        self._front_end = front_end
        self._sounds = sounds

    def clean(self, energies: Array, noise: Array) -> Array:
        """Cepstra of the speech without noise and without channel. Shape: [frames, coefficients].

        Args:
            energies: Speech in noise; [frames, bands].
            noise: The mean energies of the noise alone; [bands].
        """
        front = self._front_end
        heard = front.logarithms(energies) @ front.to_cepstra  # [frames, coefficients]
        noise = front.logarithms(noise)
        channel = heard.mean(axis=0)  # [coefficients]
        for _ in range(_CHANNEL_ROUNDS):
            places = self._places(channel, noise)
            channel = channel + places.towards(heard)
        places = self._places(channel, noise)
        cleaned: Array = heard - places.likely(heard) @ places.moved - channel
        return cleaned

    def _places(self, channel: Array, noise: Array) -> "_Places":
        """Where each sound is heard."""
        front, sounds = self._front_end, self._sounds
        speech = (sounds.means + channel) @ front.to_logarithms  # [sounds, bands]
        over = noise - speech
        moved = np.logaddexp(0, over) @ front.to_cepstra  # [sounds, coefficients]
        kept = 1 / (1 + np.exp(over))  # share of speech in each band: what a louder voice changes there
        turns = (
            kept[:, None, :] * front.to_logarithms
        ) @ front.to_cepstra  # [sounds, coefficients, coefficients]
        variances = ((turns**2) * sounds.variances[:, :, None]).sum(axis=1) + _UNCERTAIN * sounds.variances
        return _Places(sounds.means + channel + moved, moved, turns, 1 / variances, sounds.shares)


@dataclass(frozen=True)
class _Places:
    """Where the sounds of speech are heard through one channel in one noise."""

    means: Array  # [sounds, coefficients]
    moved: Array
    """How far from where they are without noise. Shape: [sounds, coefficients]."""
    turns: Array
    """How much of a move of clean speech is heard. Shape: [sounds, coefficients before, after]."""
    precisions: Array  # [sounds, coefficients]
    shares: Array  # [sounds]

    def likely(self, heard: Array) -> Array:
        """How probable each sound is in each frame. Shape: [frames, coefficients] to [frames, sounds]."""
        sharp = self.means * self.precisions
        fits = (heard**2) @ self.precisions.T - 2 * heard @ sharp.T + (sharp * self.means).sum(axis=1)
        odds = self.shares + 0.5 * np.log(self.precisions).sum(axis=1) - 0.5 * fits
        shares = np.exp(odds - odds.max(axis=1, keepdims=True))
        likely: Array = shares / shares.sum(axis=1, keepdims=True)
        return likely

    def towards(self, heard: Array) -> Array:
        """By how much the channel must change for what was heard to be likelier. Shape: [coefficients]."""
        likely = self.likely(heard)
        weights = likely.sum(axis=0)  # [sounds]
        missing = (
            likely.T @ heard - weights[:, None] * self.means
        ) * self.precisions  # [sounds, coefficients]
        slope = np.einsum("sab,sb->a", self.turns, missing)  # [coefficients]
        scaled = self.turns * np.sqrt(self.precisions * weights[:, None])[:, None, :]
        flat = scaled.transpose(1, 0, 2).reshape(COEFFICIENTS, -1)
        curve = flat @ flat.T  # [coefficients, coefficients]
        curve += 1e-3 * np.trace(curve) / COEFFICIENTS * np.eye(COEFFICIENTS)
        step: Array = np.linalg.solve(curve, slope)
        return step
