"""What a recognizer makes of words is counted, and words are got wrong by that."""

from collections import Counter
from pathlib import Path
from random import Random

from paige.models.grammar.tokens import Words
from paige.models.nlu.tags import spans
from paige.tools.training.examples import Example
from paige.tools.training.heard import Mishearing, confusions, load, save

ON, OFF = frozenset({("on",), ("start",)}), frozenset({("off",)})


def words(text: str) -> Words:
    return tuple(text.split())


def test_what_stands_for_what_is_found_between_the_words_that_were_heard_rightly() -> None:
    found = list(confusions(words("set the bedroom lamp to red"), words("send the bedroom land to read")))
    assert [(" ".join(said), " ".join(heard)) for said, heard in found] == [
        ("set", "send"),
        ("the", "the"),
        ("bedroom", "bedroom"),
        ("lamp", "land"),
        ("to", "to"),
        ("red", "read"),
    ]
    assert list(confusions(words("are all lamps on"), words("hour on lambs own"))) == []
    assert (words("lamp"), ()) in list(confusions(words("turn the lamp on"), words("turn the on")))


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    counted = Counter({(("set",), ("send",)): 3, (("set",), ("set",)): 40, (("a", "lamp"), ()): 1})
    save(tmp_path / "heard.tsv", counted, 12)
    assert load(tmp_path / "heard.tsv") == (counted, 12)
    assert load(tmp_path / "none.tsv") == (Counter(), 0)


def test_words_are_wrong_as_often_as_they_were_heard_wrong_and_stay_what_they_are() -> None:
    counted = Counter(
        {
            (("set",), ("set",)): 60,
            (("set",), ("send",)): 40,
            (("hall", "lamp"), ("whole", "land", "up")): 50,
            (("hall",), ("hall",)): 50,
        }
    )
    example = Example(
        words("set the hall lamp to red"), "HassLightSet", ("O", "O", "B-name", "I-name", "O", "B-color")
    )
    made = [Mishearing.counted(counted, []).heard(example, Random(seed)) for seed in range(1_000)]
    assert 0.35 < sum(one.words[0] == "send" for one in made) / len(made) < 0.45
    wrong = [one for one in made if "whole" in one.words]
    assert 0.45 < len(wrong) / len(made) < 0.55
    for one in made:
        assert (
            spans(one.tags or ()) == [("name", 2, 5), ("color", 6, 7)]
            if one in wrong
            else example.tags == one.tags
        )


def test_nothing_is_got_wrong_that_would_turn_the_meaning_round() -> None:
    counted = Counter(
        {
            (("on",), ("off",)): 5,
            (("on",), ("own",)): 5,
            (("turn", "on"), ("turned",)): 5,
            (("turn", "off"), ("turned",)): 5,
            (("lamp",), ("lamp", "off")): 5,
        }
    )
    assert Mishearing.counted(counted, [(ON, OFF)]).ways.keys() == {("on",)}
    assert [heard for heard, _ in Mishearing.counted(counted, [(ON, OFF)]).ways["on",]] == [("own",)]


def test_the_english_table_has_what_the_recognizer_is_known_for() -> None:
    ways = Mishearing.of("en").ways
    assert ("said",) in {heard for heard, _ in ways["set",]}
    for said, its in ways.items():
        assert sum(share for _, share in its) <= 1, said
