"""What the model learns from says what the sentences mean."""

from pathlib import Path
from random import Random

import pytest

from paige.models.nlu.tags import spans
from paige.tools.training.data import Corpus, Portions
from paige.tools.training.examples import Example, annotated, distinct
from paige.tools.training.from_grammar import from_grammar, talk
from paige.tools.training.from_own import from_own, unlike
from paige.tools.training.from_slurp import SlurpLabels
from paige.tools.training.homes import Stock, home
from paige.tools.training.noise import Noise
from paige.tools.training.nonsense import fragments, nonsense
from paige.tools.training.swap import swapped, values_of

TABLE = SlurpLabels()
SHARED = Path(__file__).parents[4] / "shared" / "data" / "nlu"


def said(example: Example) -> dict[str, str]:
    """Slots, as their words."""
    assert example.tags is not None
    return {slot: " ".join(example.words[begin:end]) for slot, begin, end in spans(example.tags)}


def row(text: str, intent: str, **slots: str) -> dict[str, object]:
    places = [
        {"type": type_, "value": value, "start": text.index(value), "end": text.index(value) + len(value)}
        for type_, value in slots.items()
    ]
    return {"text": text, "intent": intent, "slots": places}


def test_marks_by_character_become_tags_by_word() -> None:
    words, tags = annotated("dim Anna's lamp!", [{"type": "x", "start": 4, "end": 15}], {"x": "name"})
    assert words == ("dim", "anna", "'", "s", "lamp")
    assert spans(tags) == [("name", 1, 5)]


def test_a_request_in_the_labels_of_slurp_is_one_in_ours() -> None:
    text = "lower the kitchen light by twenty percent"
    example = TABLE.example(
        row(text, "iot_hue_lightdim", house_place="kitchen", change_amount="by twenty percent"), "slurp"
    )
    assert example is not None
    assert (example.intent, example.traits) == ("HassLightSet", {"brightness_step": "down"})
    assert said(example) == {"area": "kitchen", "amount": "twenty"}


def test_an_amount_without_a_number_is_none() -> None:
    example = TABLE.example(row("dim it a little", "iot_hue_lightdim", change_amount="a little"), "slurp")
    assert example is not None
    assert said(example) == {}


def test_what_is_not_for_a_home_keeps_its_subject() -> None:
    example = TABLE.example(row("what is the capital of france", "qa_factoid"), "slurp")
    assert example is not None
    assert example.other
    assert example.intent == "other:qa"


def test_what_may_or_may_not_be_for_a_home_teaches_nothing() -> None:
    assert TABLE.example(row("what time is it in tokyo", "datetime_query"), "slurp") is None


def test_sentences_of_the_grammar_are_tagged_with_what_they_name() -> None:
    examples = list(from_grammar("en", 400, seed=3))
    named = [example for example in examples if "name" in said(example)]
    assert len(named) > 80
    assert {example.source for example in examples} == {"grammar", "paraphrases"}
    lights = [example for example in examples if example.traits.get("brightness_step") == "down"]
    assert lights
    assert all(example.intent == "HassLightSet" for example in lights)
    assert all(len(example.words) == len(example.tags or ()) for example in examples)


def test_the_same_seed_makes_the_same_sentences() -> None:
    one, same, other = (list(from_grammar("en", 50, seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_a_time_of_day_is_not_learned() -> None:
    examples = list(from_grammar("en", 1_000, seed=1))
    assert not [one.words for one in examples if any(tag[2:].startswith("at_") for tag in one.tags or ())]
    assert not [one.words for one in examples if "alarm" in one.words and "Timer" in one.intent]


def test_talk_is_for_no_home() -> None:
    examples = list(talk("en", 100, seed=1))
    assert all(example.other and not said(example) for example in examples)
    assert len(list(distinct(examples))) > 60


def test_a_place_that_has_no_name_is_a_place_all_the_same() -> None:
    examples = list(from_grammar("en", 4_000, seed=2))
    # A paraphrase that the grammar happens to say, too, has a list of its own for such places.
    made = [one for one in examples if one.source == "grammar" and "{wholes:" not in one.label]
    house = [one for one in made if "house" in one.words and said(one).get("area") == "house"]
    before = {one.words[one.words.index("house") - 1] for one in house if one.words[0] != "house"}
    assert len(before) > 3
    assert before <= Stock.of("en").before_places
    going = [one for one in examples if one.words[-2:] == ("go", "home")]
    assert all("area" not in said(one) for one in going)


def test_what_is_put_off_is_learned_as_what_is_done_and_when() -> None:
    assert all("conversation_command" not in said(one) for one in from_grammar("en", 2_000, seed=4))


OWN = """
language: en
intents:
  FeedCat: {data: [{sentences: ['(feed|serve) [the] cat']}]}
  Water: {data: [{sentences: ['water {name}']}]}
"""


def test_a_users_own_sentences_are_learned_from_too(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(OWN)
    found = from_own("en", [own], seed=1)
    assert {one.words for one in found if one.intent == "FeedCat"} == {
        ("feed", "cat"),
        ("feed", "the", "cat"),
        ("serve", "cat"),
        ("serve", "the", "cat"),
    }
    watered = [said(one)["name"] for one in found if one.intent == "Water"]
    assert len(watered) > 100  # names of many homes
    assert from_own("en", [], seed=1) == []


def test_own_sentences_that_cannot_be_said_are_named(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    sentences = "intents: {Feed: {data: [{sentences: ['feed {beast}']}]}}"
    own.write_text(f"language: en\n{sentences}\nlists: {{beast: {{values: []}}}}\n")
    with pytest.raises(ValueError, match=r"own\.yaml can be said"):
        from_own("en", [own], seed=1)


def test_own_intents_stand_in_an_epoch_as_often_as_others_and_none_is_held_out(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(OWN)
    users = from_own("en", [own], seed=1)
    learned, apart = Corpus([], [[]], users).held_out()
    assert apart == []
    epoch = learned.epoch(0, Noise.of("en"), Portions(own=100), Random(1))
    assert sum(one.intent == "FeedCat" for one in epoch) == 100
    assert sum(one.intent == "Water" for one in epoch) >= 100
    assert learned.once == users


def test_what_means_nearly_the_same_is_not_learned_as_what_is_refused() -> None:
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    users = [Example(("book", "a", "table", "at", "a", "pizzeria"), "Book")]
    booked = Example(("please", "reserve", "a", "table", "at", "an", "italian", "restaurant"), "other:food")
    asked = Example(("who", "was", "the", "first", "president"), "other:qa", label="qa")
    lamp = Example(("book", "a", "table", "lamp", "on"), "HassTurnOn")
    assert unlike([booked, asked, lamp], users) == [asked, lamp]
    assert unlike([booked, asked, lamp], []) == [booked, asked, lamp]
    said = ("reserve a table at the pizzeria", "a table at the pizzeria please", "nobody answered the phone")
    labelled = [Example(tuple(one.split()), "other:food", source="clinc150", label="book") for one in said]
    alone = Example(("nobody", "answered"), "other:food", source="clinc150", label="guests")
    assert unlike([*labelled, alone], users) == [alone]


def test_nonsense_has_the_words_of_what_is_refused_and_no_other() -> None:
    refused = Example(("who", "sang", "it"), "other:qa", ("O",) * 3)
    asked = Example(("lamp", "on"), "HassTurnOn", ("O", "O"))
    made = list(nonsense([refused, asked], 50, seed=1))
    assert len({one.words for one in made}) > 20
    assert all(one.other and set(one.words) <= set(refused.words) for one in made)
    assert all(len(one.words) == len(one.tags or ()) for one in made)
    assert list(nonsense([asked], 50, seed=1)) == []


def test_a_piece_of_what_is_refused_is_refused_where_nobody_says_it_to_a_home() -> None:
    refused = Example(("call", "the", "dentist", "on", "friday"), "other:calendar", ("O",) * 5)
    asked = Example(("the", "lamp", "on"), "HassTurnOn", ("O",) * 3)
    made = list(fragments([refused, asked], 200, seed=1))
    assert len({one.words for one in made}) > 6
    for one in made:
        assert one.other
        assert not {*one.words} <= {"the", "on"}
        assert " ".join(one.words) in " ".join(refused.words)
        assert one.words != refused.words
    assert list(fragments([asked], 50, seed=1)) == []


def numbered(count: int, what: str, source: str = "") -> list[Example]:
    return [Example((str(number), what), "HassTurnOn", ("O", "O"), source=source) for number in range(count)]


def test_the_sentences_held_out_are_the_same_in_every_run_and_learned_from_in_none() -> None:
    corpus = Corpus(numbered(2_000, "lamps"), [numbered(900, "fans"), numbered(900, "fans")[100:]])
    learned, apart = corpus.held_out()
    assert (learned, apart) == corpus.held_out()
    assert not {one.words for one in apart} & {one.words for one in learned}
    assert sorted([*learned.once, *apart], key=str) == sorted(corpus.once, key=str)
    assert 0.02 < len(apart) / len(corpus.once) < 0.06


def test_an_epoch_has_its_own_draw_and_real_requests_several_times() -> None:
    lamps, fans, doors = numbered(5, "lamps", "hwu64"), numbered(40, "fans"), numbered(40, "doors")
    corpus, noise = Corpus(lamps, [fans, doors]), Noise.of("en")
    for number, drawn in enumerate(("fans", "doors", "fans")):
        words = [
            word for one in corpus.epoch(number, noise, Portions(hwu64=3), Random(1)) for word in one.words
        ]
        assert {"lamps", drawn} <= {*words}
        assert not {"fans", "doors"} - {drawn} & {*words}
        assert 12 <= words.count("lamps") <= 15  # some are misheard


def test_what_one_sentence_says_in_a_slot_another_may_say_there() -> None:
    tags = ("O", "B-artist", "I-artist", "O", "B-service")
    one = Example(("play", "nina", "simone", "on", "deezer"), "PlayMusic", tags)
    other = Example(("play", "queen"), "PlayMusic", ("O", "B-artist"))
    third = Example(("rate", "it", "five"), "RateBook", ("O", "O", "B-artist"))
    values = values_of([one, other, third])
    made = [swapped(one, values, Random(seed)) for seed in range(200)]
    assert {one.words for one in made} == {one.words, ("play", "queen", "on", "deezer")}
    for found in made:
        assert said(found) == {"artist": " ".join(found.words[1:-2]), "service": "deezer"}
    assert swapped(Example(("hello",), "other:talk"), values, Random(1)).words == ("hello",)


def test_homes_differ_and_every_name_in_them_once() -> None:
    stock = Stock.of("en")
    homes = [home(stock, Random(seed)) for seed in range(20)]
    assert len({tuple(name.spoken for name in one.entities) for one in homes}) == 20
    for one in homes:
        names = [name.spoken.casefold() for name in one.entities]
        assert len(names) == len(set(names))
        assert all(name.context["area"] in {area.value for area in one.areas} for name in one.entities)


def test_noise_changes_words_and_never_what_is_tagged_beyond_mishearing() -> None:
    noise = Noise.of("en")
    example = Example(
        ("turn", "the", "zorblat", "on", "in", "the", "gym"),
        "HassTurnOn",
        ("O", "O", "B-name", "O", "O", "O", "B-area"),
    )
    made = [noise.disturbed(example, Random(seed)) for seed in range(300)]
    assert len({one.words for one in made}) > 40
    assert all(len(one.words) == len(one.tags or ()) for one in made)
    assert all(said(one).keys() - {"time"} == {"name", "area"} for one in made)
    # Neither word is like any other; now and then one is replaced all the same.
    kept = [one for one in made if {"zorblat", "gym"} <= {*said(one).values()}]
    assert 0.6 < len(kept) / len(made) < 1


def test_what_is_not_for_now_says_when() -> None:
    noise = Noise.of("en")
    example = Example(("lights", "off"), "HassTurnOff", ("O", "O"), {"domain": "light"})
    made = [noise.disturbed(example, Random(seed)) for seed in range(1_000)]
    timed = [one for one in made if said(one)]
    assert 0.02 < len(timed) / len(made) < 0.12
    assert all(tuple(said(one)["time"].split()) in noise.times for one in timed)


def test_a_correction_leaves_what_was_meant() -> None:
    noise = Noise.of("en")
    example = Example(("open", "blinds"), "HassTurnOn", ("O", "B-name"))
    corrected = [
        one
        for one in (noise.disturbed(example, Random(seed)) for seed in range(2_000))
        if "time" not in said(one)
        and any(
            one.words[at : at + len(words)] == words
            for words in noise.corrections
            for at in range(len(one.words))
        )
    ]
    assert corrected
    assert all(list(said(one)) == ["name"] for one in corrected)
    assert all(spans(one.tags or ())[0][1] > 1 for one in corrected)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the open data sets are not in this repository")
def test_no_sentence_of_slurps_development_set_is_learned_from() -> None:
    from paige.tools.training.data import gather
    from paige.tools.training.from_slurp import from_slurp

    learned = {one.words for one in gather("en", SHARED, Portions(grammar=2_000, talk=200), seed=1, draws=2)}
    measured = {one.words for one in from_slurp(SHARED / "slurp" / "dev.jsonl")}
    assert len(measured) > 1_000
    assert not learned & measured
