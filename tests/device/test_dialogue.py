"""Open questions and what answers them."""

import pytest

from paige.device.dialogue import FOLLOW_SECONDS, OPEN_SECONDS, Asked, Dialogue, Todo, chosen
from paige.device.replies import Replies
from paige.device.understanding import ANSWER, answer_sentences
from paige.iot.resolution import Asks, Choice, Question
from paige.models.grammar.language import Language
from paige.models.intent import Intent
from paige.models.vocabulary import Name, Vocabulary

QUESTION = Question(
    Asks.WHICH,
    Intent("HassTurnOn", {"name": "Lamp"}, 1.0, "turn on the lamp"),
    (
        Choice("Desk Lamp", frozenset({"light.desk"}), "Office"),
        Choice("Floor Lamp", frozenset({"light.floor"}), "Office"),
        Choice("Night Lamp", frozenset({"light.night"}), "Bedroom"),
    ),
)
LANGUAGE = Language(
    answer_sentences("en", Replies.for_language("en").answers),
    Vocabulary(
        entities=tuple(Name(choice.label, choice.label, {"domain": "light"}) for choice in QUESTION.choices),
        areas=(Name("Office", "Office"), Name("Bedroom", "Bedroom")),
    ),
)


def answer(text: str) -> Intent:
    understood = LANGUAGE.parse(text)
    assert isinstance(understood, Intent)
    assert understood.name == ANSWER
    return understood


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ("the first one", {"light.desk"}),
        ("the second", {"light.floor"}),
        ("the last one", {"light.night"}),
        ("the floor lamp", {"light.floor"}),
        ("the night lamp please", {"light.night"}),
        ("both of them", {"light.desk", "light.floor", "light.night"}),
    ],
)
def test_an_answer_picks_one_choice(said: str, ids: set[str]) -> None:
    (choice,) = chosen(QUESTION, answer(said))
    assert choice.entity_ids == ids


def test_a_fourth_of_three_is_no_choice() -> None:
    two = Question(QUESTION.asks, QUESTION.intent, QUESTION.choices[:2])
    assert chosen(two, answer("the third one")) == ()


@pytest.mark.parametrize(
    ("said", "meaning"),
    [("yes please", "yes"), ("go ahead", "yes"), ("no thanks", "no"), ("never mind", "no")],
)
def test_yes_and_no_are_understood(said: str, meaning: str) -> None:
    assert answer(said).slots == {"answer": meaning}


def test_a_question_closes_by_itself() -> None:
    dialogue = Dialogue()
    asked = Asked(QUESTION, QUESTION.intent, since=100.0)
    dialogue.ask("Kitchen", asked)
    assert dialogue.open("Kitchen", 100.0 + OPEN_SECONDS) is asked
    assert dialogue.open("Kitchen", 100.1 + OPEN_SECONDS) is None
    assert dialogue.open("Kitchen", 100.0) is None, "what has closed stays closed"


def test_each_place_has_its_own_question() -> None:
    dialogue = Dialogue()
    dialogue.ask("Kitchen", Asked(QUESTION, QUESTION.intent, since=0.0))
    assert dialogue.open("Bedroom", 1.0) is None
    assert dialogue.open(None, 1.0) is None
    dialogue.close("Bedroom")
    assert dialogue.open("Kitchen", 1.0) is not None


def test_what_was_done_last_is_forgotten() -> None:
    dialogue = Dialogue()
    done = (Todo(QUESTION.intent),)
    dialogue.remember("Kitchen", done, 100.0)
    assert dialogue.last("Bedroom", 100.0) == ()
    assert dialogue.last("Kitchen", 100.0 + FOLLOW_SECONDS) == done
    assert dialogue.last("Kitchen", 100.1 + FOLLOW_SECONDS) == ()
    assert dialogue.last("Kitchen", 100.0) == (), "what is forgotten stays forgotten"


def test_what_is_done_next_takes_the_place_of_the_last() -> None:
    dialogue = Dialogue()
    first, second = Todo(QUESTION.intent), Todo(QUESTION.intent, QUESTION.choices[0])
    dialogue.remember(None, [first], 0.0)
    dialogue.remember(None, [second], FOLLOW_SECONDS)
    assert dialogue.last(None, FOLLOW_SECONDS + 1.0) == (second,)


def test_an_answer_settles_its_own_matter_and_no_other() -> None:
    before, about, after = (Todo(QUESTION.intent, choice) for choice in QUESTION.choices)
    asked = Asked(QUESTION, QUESTION.intent, since=0.0, before=(before,), after=(after,))
    assert asked.settled(about) == (before, about, after)
    assert asked.settled() == (before, after)
    assert asked.again(1.0).settled() == (before, after)
