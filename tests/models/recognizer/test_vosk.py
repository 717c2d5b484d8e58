"""Vosk itself, with a small model of its format that hears synthetic speech: see `vosk-synthetic/README`."""

import gc
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.models.recognizer.test_pocketsphinx import language, small_home, utterance

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples, Utterance
from paige.audio.voices.library import Manner
from paige.models.errors import ModelUnusable
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.vosk import VoskRecognizer
from paige.models.recognizer.vosk_model import check_folder
from paige.tools.vosk.voices import HELD_OUT, Talker

MODEL = Path(__file__).parent / "vosk-synthetic"
SMALL = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst", "graph/Gr.fst")


def say(text: str, voice: str = "en-us+f4") -> Samples:
    """By a voice that the model was not made with, as loud as people, and half a second of silence around."""
    assert voice.partition("+")[2] in HELD_OUT
    spoken = Talker(Manner(voice, speed=150), size=1.0).say(text) * 12_000  # [samples]
    silence = np.zeros(RATE // 2)
    sound = np.concatenate([silence, spoken, silence])
    return (sound + np.random.default_rng(1).normal(0, 10, len(sound))).astype(np.int16)


def chunks(samples: Samples, start: float = 0.0) -> Iterator[AudioChunk]:
    for at in range(0, len(samples), CHUNK_SAMPLES):
        yield AudioChunk(samples[at : at + CHUNK_SAMPLES], start + at / RATE)


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> VoskRecognizer:
    recognizer = VoskRecognizer(MODEL)
    recognizer.restrict(small_home(tmp_path_factory.mktemp("home")))
    return recognizer


SENTENCES = (
    "turn on the kitchen lamp",
    "turn off the bedroom light",
    "close the living room blinds",
    "what is the outdoor temperature",
)


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_of_the_language_is_heard(recognizer: VoskRecognizer, text: str) -> None:
    heard = recognizer.recognize(utterance(say(text)))
    assert heard.text == text
    assert heard.confidence > 0.8
    assert all(0 < word.confidence <= 1 for word in heard.words)


@pytest.mark.parametrize("text", ["my mother bought seven bananas yesterday", "stop the music please"])
def test_what_is_no_sentence_of_the_language_is_none(recognizer: VoskRecognizer, text: str) -> None:
    assert recognizer.recognize(utterance(say(text))).empty


def test_noise_and_silence_are_none(recognizer: VoskRecognizer) -> None:
    noise = np.random.default_rng(2).normal(0, 1000, 2 * RATE).astype(np.int16)
    for samples in (noise, np.zeros(2 * RATE, np.int16), np.zeros(0, np.int16)):
        assert recognizer.recognize(utterance(samples)).empty


def test_what_it_may_have_been_instead_is_told_too(recognizer: VoskRecognizer, tmp_path: Path) -> None:
    (home,) = recognizer._languages
    recognizer.restrict(language(tmp_path, "turn on (two|to|for|four) lamps"))
    heard = recognizer.recognize(utterance(say("turn on four lamps")))
    recognizer.restrict(home)
    both = (heard, *heard.others)
    assert {"turn on for lamps", "turn on four lamps"} <= {one.text for one in both}
    assert len({one.text for one in both}) == len(both)
    assert all(other.words and not other.others for other in heard.others)
    assert [one.confidence for one in both] == sorted((one.confidence for one in both), reverse=True)


def test_words_have_their_times_in_the_utterance_however_many_there_were_before(
    recognizer: VoskRecognizer,
) -> None:
    plain, pause = say(SENTENCES[0]), np.zeros(2 * RATE, np.int16)
    first = recognizer.recognize(utterance(plain))
    later = recognizer.recognize(utterance(np.concatenate((pause, plain))))
    again = recognizer.recognize(utterance(plain))
    assert [word.text for word in first.words] == SENTENCES[0].split()
    assert 0.4 < first.words[0].start < 0.8
    assert first.words[-1].end < len(plain) / RATE - 0.3
    for one, two in zip(first.words, first.words[1:], strict=False):
        assert one.start < one.end <= two.start + 0.04
    for one, shifted, repeated in zip(first.words, later.words, again.words, strict=True):
        assert shifted.start == pytest.approx(one.start + 2, abs=0.1)
        assert (repeated.start, repeated.end) == pytest.approx((one.start, one.end), abs=1e-3)


def test_words_appear_while_they_are_spoken_and_the_end_tells_what_the_whole_would(
    recognizer: VoskRecognizer,
) -> None:
    samples = say(SENTENCES[2])
    stream = recognizer.stream()
    assert stream.partial == ""
    partials: list[str] = []
    for chunk in chunks(samples):
        stream.hear(chunk)
        if stream.partial and stream.partial not in partials[-1:]:
            partials.append(stream.partial)
    assert len(partials) > 2
    assert len(partials[0].split()) < len(partials[-1].split())
    streamed, whole = stream.end(utterance(samples)), recognizer.recognize(utterance(samples))
    assert streamed.text == whole.text == SENTENCES[2]
    assert [word.start for word in streamed.words] == pytest.approx(
        [word.start for word in whole.words], abs=0.04
    )


def test_an_utterance_goes_on_after_what_seemed_its_end(recognizer: VoskRecognizer) -> None:
    samples = say(SENTENCES[0])
    half = len(samples) // 2
    stream = recognizer.stream()
    for chunk in chunks(samples[:half]):
        stream.hear(chunk)
    assert stream.end(utterance(samples[:half])).text != SENTENCES[0]
    for chunk in chunks(samples[half:], half / RATE):
        stream.hear(chunk)
    heard = stream.end(utterance(samples))
    assert heard.text == SENTENCES[0]
    assert heard.words[-1].end > half / RATE


def test_times_are_the_utterances_own_where_the_stream_began_before_it(recognizer: VoskRecognizer) -> None:
    samples = np.concatenate((np.zeros(RATE, np.int16), say(SENTENCES[0])))
    stream = recognizer.stream()
    for chunk in chunks(samples, start=100.0):
        stream.hear(chunk)
    heard = stream.end(Utterance(samples[RATE:], start=101.0, speech_end=102.0))
    assert 0.4 < heard.words[0].start < 0.8


def test_streams_and_whole_utterances_do_not_disturb_each_other(recognizer: VoskRecognizer) -> None:
    first, second = say(SENTENCES[0]), say(SENTENCES[2])
    one, other, dropped = recognizer.stream(), recognizer.stream(), recognizer.stream()
    for a, b in zip(chunks(first), chunks(second), strict=False):
        one.hear(a)
        other.hear(b)
        dropped.hear(a)
    del dropped
    texts: list[str] = []
    thread = threading.Thread(target=lambda: texts.append(recognizer.recognize(utterance(first)).text))
    thread.start()
    for b in [*chunks(second)][len([*chunks(first)]) :]:
        other.hear(b)
    thread.join()
    assert one.end(utterance(first)).text == SENTENCES[0]
    assert other.end(utterance(second)).text == SENTENCES[2]
    assert texts == [SENTENCES[0]]


def test_answers_come_first_and_the_home_is_heard_still(recognizer: VoskRecognizer, tmp_path: Path) -> None:
    (home,) = recognizer._languages
    answers = language(tmp_path, "(yes|no) please", "the (kitchen|bedroom) lamp")
    try:
        recognizer.restrict(answers, home)
        stream = recognizer.stream()
        for chunk in chunks(say("the bedroom lamp")):
            stream.hear(chunk)
        assert stream.end(utterance(say("the bedroom lamp"))).text == "the bedroom lamp"
        assert recognizer.recognize(utterance(say(SENTENCES[0]))).text == SENTENCES[0]
    finally:
        recognizer.restrict(home)


def test_words_that_the_model_does_not_have_are_told_and_the_others_heard(tmp_path: Path) -> None:
    recognizer = VoskRecognizer(MODEL)
    recognizer.restrict(language(tmp_path, "turn on the (lamp|zigbeeplug)"))
    assert recognizer.unpronounceable == {"zigbeeplug"}
    assert recognizer.recognize(utterance(say("turn on the lamp"))).text == "turn on the lamp"


def test_memory_does_not_grow_with_what_was_heard(recognizer: VoskRecognizer) -> None:
    samples = say("turn on the lamp")

    def hear(times: int) -> int:
        for _ in range(times):
            stream = recognizer.stream()
            for at in range(0, len(samples), RATE // 4):
                stream.hear(AudioChunk(samples[at : at + RATE // 4], at / RATE))
            stream.end(utterance(samples))
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = hear(10)
    assert hear(30) - before < 4 << 20


def folder_with(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_small_model_is_taken_in_both_layouts(tmp_path: Path) -> None:
    check_folder(folder_with(tmp_path / "new", *SMALL))
    check_folder(folder_with(tmp_path / "old", "final.mdl", "mfcc.conf", "HCLr.fst", "Gr.fst"))


def test_a_folder_that_is_no_model_is_refused_by_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="no such folder"):
        VoskRecognizer(tmp_path / "none")
    with pytest.raises(ModelUnusable, match=r"no Vosk model: it has no am/final\.mdl"):
        VoskRecognizer(folder_with(tmp_path, "README"))
    with pytest.raises(ModelUnusable, match=r"lacks graph/Gr\.fst"):
        VoskRecognizer(folder_with(tmp_path, *SMALL[:-1]))


def test_a_large_model_whose_words_are_fixed_is_refused_with_what_to_take(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="take a small model"):
        check_folder(folder_with(tmp_path, *SMALL[:3], "graph/HCLG.fst"))


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def garble(file: Path) -> None:
    file.write_bytes(b"no such thing\n" * 100)


@pytest.mark.parametrize(
    ("name", "damage", "why"),
    [
        ("am/final.mdl", cut, "Failed to read matrix"),
        ("am/final.mdl", garble, "xpected"),
        ("conf/mfcc.conf", garble, "config file"),
        ("graph/HCLr.fst", cut, ""),
        ("graph/Gr.fst", garble, "Bad FST header"),
        ("graph/words.txt", garble, ""),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_damage_that_would_end_the_process_is_told_with_what_vosk_says(
    name: str, damage: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    damage(folder / name)
    with pytest.raises(ModelUnusable, match=f"model: Vosk cannot use this model.*({why})"):
        VoskRecognizer(folder)


def test_vosk_without_a_model_says_where_to_get_one() -> None:
    with pytest.raises(ModelUnusable, match=r"alphacephei\.com"):
        open_recognizer("vosk")
