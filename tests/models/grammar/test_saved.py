"""Sentences that are read from what a start before has kept are the same in all that they do."""

from pathlib import Path

import pytest

from paige.iot.home_file import load_home
from paige.models.errors import SentencesInvalid
from paige.models.grammar import reader
from paige.models.grammar.graph import Arcs, WordGraph
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.made_before import MadeBefore

HOME = Path(__file__).parents[3] / "tools/demo/home.yaml"
OWN = """\
language: en
intents:
  MakeDrink:
    data:
      - sentences: ["make [me] [{size}] {drink}", "(now;please) brew <a_drink>"]
        slots: {hot: 1}
        response: drink
        required_keywords: ["make", "brew"]
        requires_context: {domain: [kitchen, bar]}
        lists: {size: {values: [{in: "(big|large)", out: 3}, small]}}
      - sentences: ["drink {count} of {anything}"]
        excludes_context: {domain: garden}
lists:
  drink: {values: [coffee, {in: "tea[s]", out: tea, context: {kind: leaf}}]}
  count: {range: {from: 1, to: 20, step: 2, multiplier: 0.5}}
  anything: {wildcard: true, spoken: ["all of it"]}
expansion_rules: {a_drink: "[a] {drink:what}"}
skip_words: ["would you kindly"]
"""


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sentences, Sentences]:
    """English and a household's own sentences, as they were read and as they were kept."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "own.yaml").write_text(OWN)
    made, found = (
        Sentences.for_language("en", [folder / "own.yaml"], MadeBefore(folder / "made")) for _ in range(2)
    )
    return made, found


def test_it_was_kept(twice: tuple[Sentences, Sentences], monkeypatch: pytest.MonkeyPatch) -> None:
    made, found = twice
    assert made.made_of == found.made_of != b""
    own = Path(
        str(next(one for one in made.templates if one.block.intent == "MakeDrink").place).split(",")[0]
    )
    monkeypatch.setattr(reader.Reader, "sentences", lambda _: pytest.fail("the files were read again"))
    Sentences.for_language("en", [own], MadeBefore(own.parent / "made"))
    own.write_text(OWN.replace("coffee", "cocoa"))
    with pytest.raises(pytest.fail.Exception, match="read again"):
        Sentences.for_language("en", [own], MadeBefore(own.parent / "made"))
    own.write_text(OWN)


def test_they_mean_the_same_and_are_said_in_the_same_ways(twice: tuple[Sentences, Sentences]) -> None:
    vocabulary = load_home(HOME).vocabulary()
    made, found = (Language(sentences, vocabulary) for sentences in twice)
    said = [intent.text for intent in made.sample(300, seed=1)]
    said += ["make me a large coffee", "would you kindly make teas", "please now brew a tea", "make big tea"]
    for text in said:
        assert made.parse(text) == found.parse(text), text
    assert found.word_graph() == made.word_graph()
    assert found.nearest("brew some te") == made.nearest("brew some te")


def test_what_is_one_object_is_one_again(twice: tuple[Sentences, Sentences]) -> None:
    def shape(sentences: Sentences) -> tuple[int, ...]:
        blocks = {id(one.block) for one in sentences.templates}
        nodes = {id(one.node) for one in sentences.templates}
        return len(sentences.templates), len(blocks), len(nodes), len(sentences.automaton.starts)

    made, found = twice
    assert shape(made) == shape(found)
    assert made.lists.keys() == found.lists.keys()
    assert made.rules == found.rules
    assert made.skip_words == found.skip_words
    for one, other in zip(made.templates, found.templates, strict=True):
        assert (one.text, one.block.intent) == (other.text, other.block.intent)
        assert one.block.requires == other.block.requires
        assert one.block.excludes == other.block.excludes
        assert one.block.keywords == other.block.keywords
        assert (one.block.slots, one.block.custom) == (other.block.slots, other.block.custom)


def test_a_place_is_still_a_file_and_a_line(twice: tuple[Sentences, Sentences]) -> None:
    made, found = (
        str(next(one for one in sentences.templates if one.text.startswith("drink")).place)
        for sentences in twice
    )
    assert made == found
    assert found.endswith("own.yaml, line 11")


def test_a_word_graph_is_kept_with_the_names_of_a_home(tmp_path: Path) -> None:
    vocabulary = load_home(HOME).vocabulary()
    before = MadeBefore(tmp_path / "made")
    sentences = Sentences.for_language("en", (), before)
    made = Language(sentences, vocabulary, before).word_graph()
    files = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "made").iterdir()}
    again = Language(sentences, load_home(HOME).vocabulary(), MadeBefore(tmp_path / "made")).word_graph()
    assert again == made
    assert again.words == made.words
    assert {file.name: file.stat().st_mtime_ns for file in (tmp_path / "made").iterdir()} == files
    # Another room, or sentences that nothing is known of, are another language.
    Language(Sentences.for_language("en"), vocabulary, before).word_graph()
    assert len(list((tmp_path / "made").glob("graph-*"))) == 1


def test_a_damaged_graph_is_none() -> None:
    good = WordGraph(3, 0, 2, Arcs([]))
    assert WordGraph.from_bytes(good.to_bytes()) == good
    with pytest.raises(ValueError, match="no beginning or no end"):
        WordGraph.from_bytes(WordGraph(2, 0, 2, Arcs([])).to_bytes())


def test_a_file_that_cannot_be_read_is_told_though_all_was_kept(tmp_path: Path) -> None:
    with pytest.raises(SentencesInvalid, match="no such file"):
        Sentences.for_language("en", [tmp_path / "none.yaml"], MadeBefore(tmp_path / "made"))
