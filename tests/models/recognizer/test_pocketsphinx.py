"""PocketSphinx with its own English model: it hears the language's sentences, or none of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples, Utterance
from paige.audio.conditioning import Conditioned
from paige.audio.wav import read_wav
from paige.iot.home_file import load_home
from paige.models.errors import ModelUnusable
from paige.models.grammar import language as language_module
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.made_before import MadeBefore
from paige.models.recognizer import pocketsphinx
from paige.models.recognizer.lexicon import pronounce
from paige.models.recognizer.pocketsphinx import PocketSphinxRecognizer
from paige.models.recognizer.pocketsphinx_model import Search, SphinxModel, open_decoder
from paige.models.recognizer.protocol import Stream
from paige.models.recognizer.spelling import Spelling
from paige.models.transcript import Transcript
from paige.models.vocabulary import Name, Vocabulary

RECORDINGS = Path(__file__).parents[3] / "tools" / "demo" / "recordings"
SAID = {
    recording["file"]: recording["sentence"]
    for recording in yaml.safe_load((RECORDINGS / "sentences.yaml").read_text())["recordings"]
}
LAMP = "01-kitchen-lamp.wav"


def language(folder: Path, *sentences: str, lists: dict[str, Sequence[str]] | None = None) -> Language:
    file = folder / "sentences.yaml"
    content = {
        "language": "en",
        "intents": {"Say": {"data": [{"sentences": list(sentences)}]}},
        "lists": {name: {"values": list(values)} for name, values in (lists or {}).items()},
    }
    file.write_text(yaml.safe_dump(content))
    return Language(Sentences.load([file]), Vocabulary())


def small_home(folder: Path) -> Language:
    """What a house of a few rooms and things can be asked."""
    return language(
        folder,
        "turn (on|off) the [{room}] (lamp|light|fan)",
        "(open|close|lock|unlock) the [{room}] (door|blinds|curtains)",
        "what is the {thing}",
        lists={
            "room": ["kitchen", "bedroom", "living room", "hallway", "bathroom"],
            "thing": ["temperature", "outdoor temperature", "time", "humidity in the bedroom"],
        },
    )


def utterance(samples: Samples) -> Utterance:
    return Utterance(samples, start=0.0, speech_end=len(samples) / RATE)


def test_searches_of_one_decoder_find_what_each_finds_alone(tmp_path: Path) -> None:
    model, graph = SphinxModel.find(), small_home(tmp_path).word_graph()
    dictionary = tmp_path / "words.dict"
    said = pronounce(graph.words, model.dictionary, Spelling.for_language("en"))
    dictionary.write_text("".join(f"{word} {ways[0]}\n" for word, ways in said.items()))
    sound = Conditioned(read_wav(RECORDINGS / LAMP).samples, cut=0.0, denoised=False)

    def searches(first: object, second: object) -> tuple[Search, Search]:
        sentences, phones = Search(first, beam=1e-80, lw=1.0), Search(second, allphone_ci=True, lw=2.0)
        sentences.sentences(graph)
        phones.phones(model)
        return sentences, phones

    one = open_decoder(model, dictionary)
    together = searches(one, one)
    apart = searches(open_decoder(model, dictionary), open_decoder(model, dictionary))
    for _ in range(2):
        found = [search.run(sound) for search in together]
        assert found == [search.run(sound) for search in apart]
        assert None not in found
        assert found[0] != found[1]


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> PocketSphinxRecognizer:
    recognizer = PocketSphinxRecognizer()
    recognizer.restrict(small_home(tmp_path_factory.mktemp("home")))
    return recognizer


@pytest.mark.parametrize(
    "file",
    [LAMP, "04-blinds.wav", "07-outdoor-temperature.wav", "10-lamp-here.wav"],
    ids=lambda file: SAID[file],
)
def test_a_sentence_of_the_language_is_heard(recognizer: PocketSphinxRecognizer, file: str) -> None:
    heard = recognizer.recognize(read_wav(RECORDINGS / file))
    assert heard.text == SAID[file]
    assert heard.confidence > 0.8


def test_words_have_their_times_in_the_utterance(recognizer: PocketSphinxRecognizer) -> None:
    pause = np.zeros(2 * RATE, np.int16)
    plain = recognizer.recognize(read_wav(RECORDINGS / LAMP))
    later = recognizer.recognize(utterance(np.concatenate((pause, read_wav(RECORDINGS / LAMP).samples))))
    assert [word.text for word in later.words] == SAID[LAMP].split()
    assert later.words[0].start == pytest.approx(plain.words[0].start + 2, abs=0.1)
    assert later.words[-1].end == pytest.approx(plain.words[-1].end + 2, abs=0.1)
    assert all(
        first.end <= second.start + 0.02 for first, second in zip(plain.words, plain.words[1:], strict=False)
    )


def test_the_same_recording_is_heard_the_same_each_time(recognizer: PocketSphinxRecognizer) -> None:
    recording = read_wav(RECORDINGS / LAMP)
    assert recognizer.recognize(recording) == recognizer.recognize(recording)


def test_what_a_start_before_has_made_hears_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = load_home(RECORDINGS.parent / "home.yaml").vocabulary()
    recording = read_wav(RECORDINGS / LAMP)

    def heard() -> Transcript:
        before = MadeBefore(tmp_path / "made")
        recognizer = PocketSphinxRecognizer()
        recognizer.restrict(Language(Sentences.for_language("en", (), before), vocabulary, before))
        return recognizer.recognize(recording)

    first = heard()
    assert first.text == SAID[LAMP]
    files = {file: file.read_bytes() for file in (tmp_path / "made").iterdir()}
    assert {file.name.split("-")[0] for file in files} == {"sentences", "graph", "sphinx"}
    with monkeypatch.context() as patch:
        patch.setattr(pocketsphinx, "pronounce", lambda *_: pytest.fail("the dictionary was read again"))
        patch.setattr(language_module, "word_graph", lambda *_: pytest.fail("the graph was made again"))
        assert heard() == first
    for file, data in files.items():
        file.write_bytes(data[: len(data) // 2])  # as a power cut leaves it
    assert heard() == first
    assert {file: file.read_bytes() for file in (tmp_path / "made").iterdir()} == files


def test_of_what_is_not_sure_others_are_told_that_are_no_surer(
    recognizer: PocketSphinxRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = read_wav(RECORDINGS / LAMP)
    sure = recognizer.recognize(recording)
    assert not sure.others
    monkeypatch.setattr(pocketsphinx, "_SURE", 1.0)  # nothing is that sure
    unsure = recognizer.recognize(recording)
    assert (unsure.text, unsure.words) == (sure.text, sure.words)
    assert "turn off the kitchen lamp" in [other.text for other in unsure.others]
    for other in unsure.others:
        assert other.words
        assert not other.others
        assert 0.5 <= other.confidence <= unsure.confidence
    monkeypatch.undo()
    assert recognizer.recognize(recording) == sure, "what was looked for in others changed what is heard"


@pytest.mark.parametrize(
    "file",
    ["03-bedroom-lamp-red.wav", "05-thermostat.wav", "09-yes.wav", "11-none-of-them.wav"],
    ids=lambda file: SAID[file],
)
def test_other_speech_is_none_of_them(recognizer: PocketSphinxRecognizer, file: str) -> None:
    assert recognizer.recognize(read_wav(RECORDINGS / file)).empty


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.1, 0.25, 1.0, 5.0])
@pytest.mark.parametrize("loudness", [0, 1, 300, 12_000])
def test_silence_and_noise_are_none_of_them(
    recognizer: PocketSphinxRecognizer, seconds: float, loudness: int
) -> None:
    noise = (
        np.random.default_rng(3).normal(0, loudness, int(seconds * RATE))
        if loudness
        else np.zeros(int(seconds * RATE))
    )
    assert recognizer.recognize(utterance(np.clip(noise, -32768, 32767).astype(np.int16))).empty


def test_a_tone_and_a_square_wave_are_none_of_them(recognizer: PocketSphinxRecognizer) -> None:
    time = np.arange(3 * RATE) / RATE
    tone = (20_000 * np.sin(2 * np.pi * 300 * time)).astype(np.int16)
    assert recognizer.recognize(utterance(tone)).empty
    assert recognizer.recognize(utterance((np.sign(tone) * 32767).astype(np.int16))).empty


def test_another_language_is_listened_for_at_once_and_the_first_one_again(tmp_path: Path) -> None:
    recognizer = PocketSphinxRecognizer()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    lamps = language(tmp_path / "a", "turn (on|off) the kitchen (lamp|light)")
    doors = language(tmp_path / "b", "(open|close) the (garage|front|back) door")
    lamp, door = (read_wav(RECORDINGS / name) for name in (LAMP, "08-open-garage.wav"))
    for _ in range(2):
        recognizer.restrict(lamps)
        assert recognizer.recognize(lamp).text == "turn on the kitchen lamp"
        assert recognizer.recognize(door).empty
        recognizer.restrict(doors)
        assert recognizer.recognize(door).text == "open the garage door"
        assert recognizer.recognize(lamp).empty


def test_all_that_can_be_said_to_a_home_is_heard_in_two_steps() -> None:
    areas = ("Kitchen", "Living Room", "Bedroom", "Hallway", "Garage")
    vocabulary = Vocabulary(
        entities=tuple(
            Name(f"{area} Lamp", f"{area} Lamp", {"domain": "light", "area": area}) for area in areas
        ),
        areas=tuple(Name(area, area) for area in areas),
    )
    recognizer = PocketSphinxRecognizer()
    recognizer.restrict(Language(Sentences.for_language("en"), vocabulary))
    for file in (LAMP, "02-living-room-lights.wav", "03-bedroom-lamp-red.wav"):
        assert recognizer.recognize(read_wav(RECORDINGS / file)).text == SAID[file]
    assert recognizer.recognize(read_wav(RECORDINGS / "11-none-of-them.wav")).empty
    noise = np.random.default_rng(3).normal(0, 3_000, 4 * RATE).astype(np.int16)
    assert recognizer.recognize(utterance(noise)).empty


def test_words_of_no_dictionary_are_heard_too_and_those_without_sound_are_told(tmp_path: Path) -> None:
    recognizer = PocketSphinxRecognizer()
    # As the name of a lamp is spelled where somebody likes it so.
    recognizer.restrict(language(tmp_path, "turn (on|off) the (kitshen|хутор) (lahmp|lightt)", "кухня"))
    assert recognizer.unpronounceable == {"хутор", "кухня"}
    assert recognizer.recognize(read_wav(RECORDINGS / LAMP)).text.startswith("turn on the kitshen")


def test_a_language_that_cannot_be_said_at_all_is_never_heard(tmp_path: Path) -> None:
    recognizer = PocketSphinxRecognizer()
    recognizer.restrict(language(tmp_path, "客厅"))
    assert recognizer.recognize(read_wav(RECORDINGS / LAMP)).empty


def test_a_folder_that_is_no_model_is_refused_by_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="no such folder"):
        PocketSphinxRecognizer(tmp_path / "none")
    with pytest.raises(ModelUnusable, match="no folder in it has a file 'mdef'"):
        PocketSphinxRecognizer(tmp_path)
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "mdef").touch()
    with pytest.raises(ModelUnusable, match=r"lacks feat\.params, means"):
        PocketSphinxRecognizer(tmp_path)


def test_files_that_pocketsphinx_itself_refuses_are_said_in_one_line(tmp_path: Path) -> None:
    for name in (
        "en/mdef",
        "en/feat.params",
        "en/means",
        "en/noisedict",
        "en/transition_matrices",
        "en/variances",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "words.dict").write_text("lamp L AE M P\n")
    (tmp_path / "en-phone.lm.bin").touch()
    with pytest.raises(ModelUnusable, match="PocketSphinx cannot use this model"):
        PocketSphinxRecognizer(tmp_path)


def test_a_copy_of_the_model_elsewhere_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "my model"
    folder.symlink_to(SphinxModel.find().dictionary.parent)
    recognizer = PocketSphinxRecognizer(folder)
    recognizer.restrict(language(tmp_path, "turn (on|off) the kitchen lamp"))
    assert recognizer.recognize(read_wav(RECORDINGS / LAMP)).text == "turn on the kitchen lamp"


def spoken(stream: Stream, samples: Samples) -> list[str]:
    """What was heard so far, each time that it changed."""
    partials = [""]
    for begin in range(0, len(samples), CHUNK_SAMPLES):
        stream.hear(AudioChunk(samples[begin : begin + CHUNK_SAMPLES], begin / RATE))
        if stream.partial != partials[-1]:
            partials.append(stream.partial)
    return partials


def test_words_are_heard_while_they_are_spoken(recognizer: PocketSphinxRecognizer) -> None:
    stream = recognizer.stream()
    assert stream.partial == ""
    recording = read_wav(RECORDINGS / LAMP)
    partials = spoken(stream, recording.samples)
    assert partials[-1] == SAID[LAMP]
    assert "turn on the" in partials
    assert stream.end(recording) == recognizer.recognize(recording)


def test_what_goes_on_after_a_pause_is_one_utterance(recognizer: PocketSphinxRecognizer) -> None:
    stream = recognizer.stream()
    recording = read_wav(RECORDINGS / LAMP)
    half = len(recording.samples) // 2 // CHUNK_SAMPLES * CHUNK_SAMPLES
    spoken(stream, recording.samples[:half])
    stream.end(utterance(recording.samples[:half]))
    spoken(stream, recording.samples[half:])
    assert stream.partial == SAID[LAMP]
    assert stream.end(recording).text == SAID[LAMP]


def test_several_speak_at_the_same_time(recognizer: PocketSphinxRecognizer) -> None:
    one, other = recognizer.stream(), recognizer.stream()
    lamp, blinds = (read_wav(RECORDINGS / name) for name in (LAMP, "04-blinds.wav"))
    for begin in range(0, max(len(lamp.samples), len(blinds.samples)), CHUNK_SAMPLES):
        for stream, recording in ((one, lamp), (other, blinds)):
            samples = recording.samples[begin : begin + CHUNK_SAMPLES]
            if len(samples):
                stream.hear(AudioChunk(samples, begin / RATE))
    assert one.partial == SAID[LAMP]
    assert other.end(blinds).text == SAID["04-blinds.wav"]


def test_a_stream_keeps_the_language_in_which_it_began(tmp_path: Path) -> None:
    recognizer = PocketSphinxRecognizer()
    recognizer.restrict(language(tmp_path, "turn (on|off) the kitchen (lamp|light)"))
    stream = recognizer.stream()
    recognizer.restrict(language(tmp_path, "(open|close) the (garage|front|back) door"))
    recording = read_wav(RECORDINGS / LAMP)
    spoken(stream, recording.samples)
    assert stream.end(recording).text == SAID[LAMP]


def test_a_stream_in_a_language_that_cannot_be_said_hears_nothing(tmp_path: Path) -> None:
    recognizer = PocketSphinxRecognizer()
    recognizer.restrict(language(tmp_path, "客厅"))
    stream = recognizer.stream()
    recording = read_wav(RECORDINGS / LAMP)
    assert spoken(stream, recording.samples) == [""]
    assert stream.end(recording).empty
