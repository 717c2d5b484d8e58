"""What the language model learns from is right for the home that it is told of."""

from pathlib import Path
from random import Random

import pytest

from paige.models.grammar.sentences import Sentences
from paige.models.lm.assistant.calls import Call, Calls, Words, read, written
from paige.models.lm.assistant.home import HomeWords, described
from paige.models.lm.assistant.signatures import FREE, HOME, signatures
from paige.models.vocabulary import Name, Vocabulary
from paige.tools.training.decoder.asked import Asked
from paige.tools.training.decoder.from_examples import NOT_LATER, ONLY_THIS_HOUSE, Placing
from paige.tools.training.decoder.from_language import SpokenLanguage, is_held_out
from paige.tools.training.decoder.homes import Homes, part_of
from paige.tools.training.decoder.homes import is_held_out as is_held_out_word
from paige.tools.training.decoder.mixture import Mixture, Sources
from paige.tools.training.examples import Example
from paige.tools.training.homes import Stock

SIGNATURES = signatures(Sentences.for_language("en"))
STOCK = part_of(Stock.of("en"), held_out=False)
HOME_OF_TWO = Vocabulary(
    (
        Name("Reading Lamp", "Reading Lamp", {"domain": "light", "area": "Kitchen"}),
        Name("Kettle", "Kettle", {"domain": "switch", "area": "Kitchen"}),
    ),
    (Name("Kitchen", "Kitchen"),),
)


def request(words: str, intent: str, tags: str, **traits: str) -> Example:
    return Example(tuple(words.split()), intent, tuple(tags.split()), traits, "test", "test")


DIM = request("dim the bedside lamp to thirty", "HassLightSet", "O O B-name I-name O B-amount")
SOURCES = Sources(
    [DIM], [request("what is love", "other:talk", "O O O")], [("hello", '{"say":"Hello."}')], ()
)


@pytest.fixture(scope="module")
def mixture() -> Mixture:
    return Mixture("en", SOURCES)


def fits(call: Call, known: dict[str, set[str]]) -> bool:
    """Whether a sentence could ask for this call in a home of these names."""
    for signature in SIGNATURES[call.name]:
        values = dict(signature.slots)
        area = {"area"} if "name" in call.arguments and "area" not in values else set()
        if values.keys() == call.arguments.keys() - area and all(
            value == FREE or call.arguments[slot] in (known[slot] if value == HOME else value)
            for slot, value in values.items()
        ):
            return True
    return False


@pytest.mark.parametrize("seed", range(4))
def test_answers_are_in_their_form_and_of_the_home(seed: int, mixture: Mixture) -> None:
    conversation = mixture.conversation(seed, 30, large=seed == 3)
    shown = conversation.home.replace("|", "\n").replace(", ", "\n").replace(": ", "\n").replace(" (", "\n")
    names = {line.strip(":") for line in shown.splitlines()}
    for turn in conversation.turns:
        answer = read(turn.answer)
        assert isinstance(answer, Calls | Words), turn
        assert written(answer) == turn.answer
        for call in answer.calls if isinstance(answer, Calls) else ():
            assert fits(call, {"name": names, "area": names, "floor": names}), turn


def test_a_seed_gives_the_same_conversation(mixture: Mixture) -> None:
    assert mixture.conversation(7, 20) == mixture.conversation(7, 20)
    assert mixture.conversation(7, 20) != mixture.conversation(8, 20)


def test_words_that_are_measured_with_are_not_learned() -> None:
    kept, apart = STOCK.words["invented"], part_of(Stock.of("en"), held_out=True).words["invented"]
    assert set(kept).isdisjoint(apart)
    assert sorted([*kept, *apart]) == sorted(Stock.of("en").words["invented"])
    assert all(map(is_held_out_word, apart))


@pytest.mark.parametrize("held_out", [False, True])
def test_sentences_are_learned_from_or_measured_with(held_out: bool) -> None:
    language = SpokenLanguage("en", held_out=held_out)
    assert {is_held_out(one.template) for one in language._intents(HOME_OF_TWO, 200, Random(1))} == {held_out}


def test_what_another_home_has_is_said_to_be_missing() -> None:
    other = Vocabulary((Name("Zorblat", "Zorblat", {"domain": "light"}),))
    turns = list(SpokenLanguage("en").of_others(HOME_OF_TWO, other, 60, Random(2)))
    assert {turn.answer for turn in turns} == {'{"say":"This home has no zorblat."}'}


def test_what_a_labelled_request_names_is_put_into_its_home() -> None:
    placed = next(
        found
        for seed in range(9)
        if (found := Placing("en").placed(DIM, HOME_OF_TWO, Random(seed))) and found.changed
    )
    assert "Bedside Lamp (light)" in described(placed.home)
    assert read(placed.answer) == Calls((Call("HassLightSet", {"name": "Bedside Lamp", "brightness": 30}),))


@pytest.mark.parametrize(
    ("example", "answer"),
    [
        (request("lights on at ten", "HassTurnOn", "O O B-time I-time", domain="light"), NOT_LATER),
        (request("what is love", "other:talk", "O O O"), ONLY_THIS_HOUSE),
    ],
)
def test_what_is_not_done(example: Example, answer: str) -> None:
    placed = Placing("en").placed(example, HOME_OF_TWO, Random(1))
    assert placed is not None
    assert placed.answer == answer


def test_who_asks_for_nothing_that_can_be_set_is_no_example() -> None:
    assert (
        Placing("en").placed(request("change the lights", "HassLightSet", "O O O"), HOME_OF_TWO, Random(1))
        is None
    )


def test_things_are_named_nearly_only_where_no_other_is_meant() -> None:
    asked, random = Asked("en"), Random(3)
    homes = Homes(STOCK)
    for _ in range(60):
        home = homes.draw(random)
        for thing in home.entities:
            for said in asked._near(thing, home):
                words = set(said.lower().split()) - {"in", "the"}
                area = thing.context.get("area", "")
                meant = {
                    one.value
                    for one in home.entities
                    if words <= set(f"{one.spoken} {one.context.get('area', '')}".lower().split())
                    or words <= set(one.spoken.lower().split())
                }
                assert thing.value in meant or area, (said, thing)


def test_small_homes_are_read_whole() -> None:
    random = Random(4)
    for _ in range(20):
        home = Homes(STOCK).draw(random)
        words = HomeWords(home)
        areas = {name.value for name in home.areas}
        assert {name.context["area"] for name in home.entities if "area" in name.context} <= areas
        assert set(words.meanings["name"]) == {one.main for one in words.entities}


@pytest.mark.skipif(
    not (Path(__file__).parents[5] / "shared" / "data" / "nlu").is_dir(), reason="needs the data sets"
)
def test_no_sentence_is_learned_that_is_measured_with() -> None:
    data = Path(__file__).parents[5] / "shared" / "data" / "nlu"
    sources = Sources.gather("en", data, talked=10)
    measured = {line.split('"text": "')[1].split('"')[0] for line in (data / "slurp" / "dev.jsonl").open()}
    learned = {" ".join(one.words) for one in (*sources.for_homes, *sources.refused)}
    assert not learned & measured
