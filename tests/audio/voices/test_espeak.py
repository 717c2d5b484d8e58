"""eSpeak NG speaks within this process, for several at a time, whatever it is given."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paige.audio.chunk import Samples
from paige.audio.errors import VoiceUnusable
from paige.audio.voices import EspeakVoice, open_voice
from paige.audio.voices.library import EspeakLibrary, espeak

SENTENCE = "The lamp in the living room is on."


def said(voice: EspeakVoice, text: str = SENTENCE) -> Samples:
    return np.concatenate(list(voice.say(text)))


def seconds(voice: EspeakVoice, text: str = SENTENCE) -> float:
    return len(said(voice, text)) / voice.rate


def fundamental(sound: Samples, rate: int) -> float:
    """The strongest repetition of a voice, in hertz, by its cepstrum: formants do not hide it there."""
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(float), 1024)[::512] * np.hanning(1024)
    echo = np.fft.irfft(np.log(np.abs(np.fft.rfft(frames)) + 100)).mean(axis=0)
    shortest, longest = rate // 400, rate // 60
    return rate / (shortest + int(echo[shortest:longest].argmax()))


def test_a_sentence_comes_in_pieces_and_is_heard() -> None:
    voice = EspeakVoice()
    pieces = list(voice.say(SENTENCE))
    assert voice.rate == 22_050
    assert len(pieces) > 20
    assert max(len(piece) for piece in pieces) <= 0.1 * voice.rate
    assert 1.2 < sum(map(len, pieces)) / voice.rate < 3
    assert np.abs(np.concatenate(pieces)).max() > 5_000


def test_speed_and_pitch_are_obeyed() -> None:
    assert seconds(EspeakVoice(speed=350)) < 0.7 * seconds(EspeakVoice())
    low, high = (EspeakVoice(pitch=pitch) for pitch in (20, 90))
    assert fundamental(said(high), high.rate) > 1.2 * fundamental(said(low), low.rate)


@pytest.mark.parametrize("voice", ["en-GB", "en-us+f3", "de", "pt-BR", "zh"])
def test_a_voice_is_found_by_name_or_language(voice: str) -> None:
    assert not np.array_equal(said(EspeakVoice(voice)), said(EspeakVoice()))


def test_the_voice_of_a_language_is_the_default() -> None:
    assert open_voice(None, "en").name == "eSpeak en-us"
    assert open_voice(None, "pt-BR").name == "eSpeak pt-BR"
    assert open_voice("en-gb-x-rp", "en").name == "eSpeak en-gb-x-rp"


def test_a_voice_that_is_not_there_is_refused_and_the_next_one_speaks() -> None:
    with pytest.raises(VoiceUnusable, match="no voice for 'nope'"):
        EspeakVoice("nope")
    with pytest.raises(VoiceUnusable, match="80 to 450"):
        EspeakVoice(speed=10)
    assert seconds(EspeakVoice()) > 1


def test_nothing_to_say_is_no_sound() -> None:
    assert list(EspeakVoice().say("… \x00 *")) == []


def test_a_long_text_is_said_part_by_part() -> None:
    voice = EspeakVoice()
    text = "This is a sentence of a long reply. " * 200
    assert len(next(voice.say(text))) < 0.1 * voice.rate  # without the rest of it
    assert seconds(voice, text) == pytest.approx(
        200 * seconds(voice, "This is a sentence of a long reply. "), rel=0.5
    )


def test_several_threads_hear_what_each_asked_for() -> None:
    voices = [EspeakVoice("en-us"), EspeakVoice("de", speed=250), EspeakVoice("en-us", pitch=90)]
    alone = [said(voice) for voice in voices]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(said, voices * 10))
    for number, sound in enumerate(together):
        assert abs(len(sound) - len(alone[number % 3])) < 0.01 * len(sound)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_harmless(text: str) -> None:
    for piece in EspeakVoice("en-us").say(text):
        assert piece.dtype == np.int16


def test_pronunciations_come_clause_by_clause() -> None:
    clauses = espeak().pronounce("Zigbee, is it 5:30? Yes (really)! Off", "en-us")
    assert [clause.end for clause in clauses] == [",", "?", "!", ""]
    assert clauses[0].phonemes == "zˈɪɡbiː"


def test_data_that_is_not_there_or_too_deep_is_said_and_ends_nothing() -> None:
    with pytest.raises(VoiceUnusable, match="nearer to the root"):
        EspeakLibrary("libespeak-ng.so", "/" + "deep/" * 40)
    # In a process of its own: a second library would share its globals with the first.
    program = (
        "import espeakng_loader as e\n"
        "from paige.audio.errors import VoiceUnusable\n"
        "from paige.audio.voices.library import EspeakLibrary\n"
        "try:\n    EspeakLibrary(e.get_library_path(), '/nowhere')\n"
        "except VoiceUnusable as error:\n    print('refused:', error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("refused: /nowhere: eSpeak NG cannot use its data")
