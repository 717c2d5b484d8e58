"""What the denoiser learns from: noises that sound, speech that is kept, mixtures at the ratio asked for."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pytest

from paige.audio.chunk import RATE, Samples
from paige.tools.training.denoiser import noises, speech
from paige.tools.training.denoiser.filters import Sound, band, filtered, in_room, peaking
from paige.tools.training.denoiser.mixing import Mixer, at_ratio, loudest
from paige.tools.training.denoiser.noises import KINDS, LENGTH, noise
from paige.tools.training.denoiser.speech import Spoken, trimmed
from paige.tools.training.denoiser.texts import of_file
from paige.tools.training.denoiser.voices import FESTIVAL, FLITE, Espeak, Festival, Flite, Voice, installed


def tone(frequency: float, seconds: float = 1.0) -> Sound:
    return np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def mixer(seed: int = 1) -> Mixer:
    said = [(tone(pitch, 1.5) * 9000).astype(np.int16) for pitch in (120, 180)]
    clips = np.stack([noise(np.random.default_rng([seed, number])) for number in range(2)])
    return Mixer([Spoken("hum", 1.0, said)], clips, seed, size=3, seconds=2.0)


@pytest.mark.parametrize("kind", [*KINDS], ids=lambda kind: kind.__name__)
def test_each_kind_of_noise_sounds_and_is_finite(kind: Callable[[np.random.Generator], Sound]) -> None:
    for seed in range(3):
        sound = kind(np.random.default_rng(seed))
        assert sound.shape == (LENGTH,)
        assert np.isfinite(sound).all()
        assert sound.std() > 0
        assert np.array_equal(sound, kind(np.random.default_rng(seed)))


def test_a_noise_fills_16_bits_without_clipping_and_its_seed_makes_it_again(tmp_path: Path) -> None:
    made = noises.stored(tmp_path / "noises.npy", 3, seed=5)
    assert made.shape == (3, LENGTH)
    assert np.all(np.abs(made.astype(np.int32)).max(axis=1) >= 19_990)
    assert np.all(np.abs(made.astype(np.int32)).max(axis=1) <= 20_000)
    assert not np.array_equal(made[0], made[1])
    again = noises.stored(tmp_path / "others.npy", 3, seed=5)
    assert np.array_equal(made, again)
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".part"] == []


def test_filters_do_to_tones_what_their_names_say() -> None:
    def gain(sound: Sound, before: Sound) -> float:
        return float(20 * np.log10(sound.std() / before.std()))

    for frequency in (400.0, 1000.0, 4000.0):
        assert gain(peaking(tone(frequency), frequency, 2.0, 9.0), tone(frequency)) == pytest.approx(
            9, abs=0.01
        )
        assert gain(band(tone(frequency), frequency, 2.0), tone(frequency)) == pytest.approx(0, abs=0.01)
        assert gain(band(tone(frequency), frequency * 1.9, 6.0), tone(frequency)) < -12
    # As the difference equation y[n] = 0.2 x[n] + 0.8 y[n-1] has it, once its beginning has faded.
    sound, last, expected = tone(300.0), 0.0, []
    for sample in sound:
        last = 0.2 * sample + 0.8 * last
        expected.append(last)
    assert filtered(sound, (0.2,), (1, -0.8))[200:] == pytest.approx(np.array(expected)[200:], abs=1e-6)


def test_a_room_repeats_and_does_not_begin_before_the_sound() -> None:
    sound, response = np.zeros(RATE), np.zeros(500)
    sound[100], sound[-1] = 1.0, 1.0
    response[0], response[400] = 1.0, 0.5
    heard = in_room(sound, response)
    assert len(heard) == len(sound)
    assert heard[[100, 500]] == pytest.approx([1.0, 0.5])
    assert np.abs(heard[:100]).max() < 1e-9  # an end does not echo into the beginning


@pytest.mark.parametrize("decibels", [-1.0, 6.0, 12.0, 60.0])
def test_noise_has_the_ratio_asked_for(decibels: float) -> None:
    speech_, hiss = np.zeros(4 * RATE), np.random.default_rng(3).normal(size=4 * RATE)
    speech_[RATE : 2 * RATE] = tone(200.0)
    noise_ = at_ratio(speech_, hiss, decibels)
    assert 10 * np.log10(loudest(speech_) / loudest(noise_)) == pytest.approx(decibels, abs=1e-3)
    # Pauses make nobody quieter.
    alone = at_ratio(speech_[RATE : 2 * RATE], hiss, decibels)
    assert loudest(alone) == pytest.approx(loudest(noise_), rel=0.05)


def test_a_batch_follows_from_its_number() -> None:
    mixed, alone = mixer().batch(7)
    assert mixed.shape == alone.shape == (3, 2 * RATE)
    assert mixed.dtype == alone.dtype == np.float32
    for sounds in (mixed, alone):
        assert np.isfinite(sounds).all()
        assert np.all(sounds.std(axis=1) > 1e-4)
    assert np.abs(mixed).max() < 0.51
    again, other = mixer().batch(7), mixer().batch(8)
    assert np.array_equal(mixed, again[0])
    assert np.array_equal(alone, again[1])
    assert not np.array_equal(mixed, other[0])


@dataclass(frozen=True)
class Humming(Voice):
    """Says a tone of half a second for each word, in silence."""

    asked: list[str]
    name = "humming"

    def say(self, texts: Sequence[str], random: Random) -> list[Samples]:
        self.asked.extend(texts)
        del random
        silence = np.zeros(RATE, np.int16)
        hums = [tone(150.0, len(text.split()) / 2) * 3000 for text in texts]
        return [np.concatenate((silence, hum.astype(np.int16), silence)) for hum in hums]


def test_what_was_said_is_kept_and_not_said_again(tmp_path: Path) -> None:
    def draw(random: Random) -> Iterator[str]:
        while True:
            yield " ".join(["la"] * random.choice((1, 4)))  # one word is too short to be kept

    asked: list[str] = []
    [made] = speech.stored(tmp_path, [Humming(asked)], draw, 30, seed=1)
    assert len(asked) == 30
    long = sum(len(text) > 2 for text in asked)
    assert 0 < len(made.utterances) == long < 30
    for samples in made.utterances:
        assert len(samples) / RATE == pytest.approx(2.1, abs=0.01)  # with a margin, without the silence
        assert np.abs(samples).max() == pytest.approx(16_000, abs=2)
    [again] = speech.stored(tmp_path, [Humming(asked)], draw, 30, seed=1)
    assert len(asked) == 30
    assert all(np.array_equal(*pair) for pair in zip(made.utterances, again.utterances, strict=True))


def test_a_voice_that_says_nothing_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert speech.stored(tmp_path, [Humming([])], lambda _: iter(["", ""]), 2, seed=1) == []
    assert "humming said nothing" in capsys.readouterr().out
    assert trimmed(np.zeros(RATE, np.int16)) is None
    assert trimmed(np.zeros(0, np.int16)) is None


def test_lines_that_cannot_be_said_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text('turn on the desk lamp\n\nno\nset it to 20 degrees now\nsay "this" to everybody\n')
    assert {*islice(of_file(file)(Random(1)), 5)} == {"turn on the desk lamp"}
    file.write_text("no\n")
    with pytest.raises(ValueError, match="none of 1 lines can be said"):
        of_file(file)


def test_a_voice_is_there_or_its_package_is_named() -> None:
    there, missing = installed()
    assert there[-1] == Espeak()
    assert {*missing} <= {"flite", "festival", *(voice.package for voice in FESTIVAL)}
    assert all((voice in there) != (voice.package in missing) for voice in FESTIVAL)
    assert all((voice in there) != ("flite" in missing) for voice in FLITE)


@pytest.mark.parametrize("voice", [FLITE[2], FESTIVAL[0], Espeak()], ids=lambda voice: voice.name)
def test_a_voice_says_a_sentence(voice: Voice) -> None:
    program = {Flite: "flite", Festival: "festival"}.get(type(voice))
    if program is not None and (shutil.which(program) is None or voice not in installed()[0]):
        pytest.skip(f"{program} or its voice {voice.name} is not installed")
    [samples] = voice.say(["turn on the desk lamp, please"], Random(1))
    kept = trimmed(samples)
    assert kept is not None
    assert 1 < len(kept) / RATE < 4
