"""Earcons are short, sound as they are written, and click nowhere."""

import numpy as np
import pytest

from paige.audio.earcons import EARCON_RATE, NOTES, Earcon, earcon


@pytest.mark.parametrize("which", Earcon)
def test_each_is_short_begins_and_ends_in_silence_and_is_no_louder_than_speech(which: Earcon) -> None:
    sound = earcon(which).astype(float) / 32768
    assert 0.1 <= len(sound) / EARCON_RATE <= (1.0 if which is Earcon.RING else 0.4)
    assert np.abs(sound).max() == pytest.approx(0.35, abs=0.01)
    assert np.abs(sound[[0, -1]]).max() < 0.005
    assert abs(sound.mean()) < 0.001
    # A click is energy where no note is: there is none above ten times the highest.
    power = np.abs(np.fft.rfft(sound)) ** 2
    heard = np.fft.rfftfreq(len(sound), 1 / EARCON_RATE)
    assert power[heard > 13_200].sum() < 1e-6 * power.sum()
    assert power[heard < 300].sum() < 0.02 * power.sum()


@pytest.mark.parametrize("which", Earcon)
def test_its_notes_are_in_its_spectrum(which: Earcon) -> None:
    sound = earcon(which).astype(float)
    for note in NOTES[which]:
        begin = round((note.start + 0.02) * EARCON_RATE)
        stretch = sound[begin : begin + round(0.05 * EARCON_RATE)]
        power = np.abs(np.fft.rfft(stretch * np.hanning(len(stretch)), EARCON_RATE))
        low, high = round(note.frequency * 0.97), round(note.frequency * 1.03)
        assert power[low:high].max() > 0.4 * power.max()


def test_what_goes_on_rises_and_what_is_over_falls() -> None:
    rises = {which: NOTES[which][-1].frequency - NOTES[which][0].frequency for which in Earcon}
    assert min(rises[which] for which in (Earcon.WAKE, Earcon.AGAIN, Earcon.DONE)) > 0
    assert rises[Earcon.REFUSED] < 0


def test_a_ring_is_even_when_it_is_repeated() -> None:
    ring = earcon(Earcon.RING)
    assert len(ring) == EARCON_RATE
    assert not ring[round(0.65 * EARCON_RATE) :].any()


def test_nobody_can_spoil_it_for_the_others() -> None:
    with pytest.raises(ValueError, match="read-only"):
        earcon(Earcon.WAKE)[0] = 1
