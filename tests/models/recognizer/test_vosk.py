"""What of Vosk can be shown without a model: its folder, its grammar, its results."""

import json
from pathlib import Path

import pytest

from paige.models.errors import ModelUnusable
from paige.models.grammar.graph import Arc, WordGraph
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.vosk import VoskRecognizer, check_folder, grammar, transcript

GRAPH = WordGraph(
    4, 0, 3, (Arc(0, 1, "lights"), Arc(1, 2, "on", 0.5), Arc(1, 2, "off", 0.5), Arc(2, 3, None))
)
# As Vosk 0.3.45 writes them with SetWords(True).
HEARD = """{
  "result" : [{
      "conf" : 1.000000,
      "end" : 0.690000,
      "start" : 0.240000,
      "word" : "lights"
    }, {
      "conf" : 0.800000,
      "end" : 1.110000,
      "start" : 0.690000,
      "word" : "off"
    }],
  "text" : "lights off"
}"""
UNKNOWN = """{
  "result" : [{
      "conf" : 0.700000,
      "end" : 0.690000,
      "start" : 0.240000,
      "word" : "[unk]"
    }],
  "text" : "[unk]"
}"""
NOTHING = '{\n  "text" : ""\n}'
SMALL = ("am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst", "graph/Gr.fst")


def folder_with(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_small_model_is_taken_in_both_layouts(tmp_path: Path) -> None:
    check_folder(folder_with(tmp_path / "new", *SMALL))
    check_folder(folder_with(tmp_path / "old", *(Path(name).name for name in SMALL)))


def test_a_folder_that_is_no_model_is_refused_by_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="no such folder"):
        VoskRecognizer(tmp_path / "none")
    with pytest.raises(ModelUnusable, match=r"no Vosk model: it has no am/final\.mdl"):
        VoskRecognizer(folder_with(tmp_path, "README"))
    with pytest.raises(ModelUnusable, match=r"lacks graph/Gr\.fst"):
        VoskRecognizer(folder_with(tmp_path, *SMALL[:-1]))


def test_a_large_model_whose_words_are_fixed_is_refused_with_what_to_take(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="take a small model"):
        check_folder(folder_with(tmp_path, *SMALL[:2], "graph/HCLG.fst"))


def test_files_that_vosk_itself_refuses_are_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="Vosk cannot use this model"):
        VoskRecognizer(folder_with(tmp_path, *SMALL))


def test_vosk_without_a_model_says_where_to_get_one() -> None:
    with pytest.raises(ModelUnusable, match=r"alphacephei\.com"):
        open_recognizer("vosk")


def test_the_grammar_is_word_pairs_words_and_unknown() -> None:
    assert json.loads(grammar(GRAPH)) == ["lights", "lights off", "lights on", "off", "on", "[unk]"]


def test_results_are_words_with_times_and_confidence() -> None:
    heard = transcript([NOTHING, HEARD], GRAPH, 1.5)
    assert heard.text == "lights off"
    assert heard.confidence == pytest.approx(0.9)
    assert [(word.start, word.end) for word in heard.words] == [(0.24, 0.69), (0.69, 1.11)]
    assert heard.seconds == 1.5


@pytest.mark.parametrize("results", [[NOTHING], [UNKNOWN], [HEARD, UNKNOWN], [HEARD, HEARD], []])
def test_what_is_no_sentence_of_the_language_is_none(results: list[str]) -> None:
    assert transcript(results, GRAPH, 1.0).empty
