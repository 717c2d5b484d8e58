"""How long a silence ends what was said."""

from pathlib import Path

import pytest

from paige.device.recognition import NAMED_PAUSE, PAUSES, pause_after
from paige.device.replies import Replies
from paige.device.understanding import answer_sentences
from paige.iot.home_file import load_home
from paige.iot.registry import Registry
from paige.models.grammar.ending import Ending
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.vocabulary import Vocabulary

HOME = Path(__file__).parents[2] / "tools/demo/home.yaml"


@pytest.fixture(scope="module")
def language() -> Language:
    return Language(Sentences.for_language("en"), load_home(HOME).vocabulary())


@pytest.mark.parametrize(
    ("words", "pause"),
    [
        ("turn on the lights in the kitchen", PAUSES[Ending.FINISHED]),
        ("turn on the kitchen lamp", NAMED_PAUSE),
        ("turn on the lights", PAUSES[Ending.MAY_GO_ON]),
        ("turn on the", PAUSES[Ending.UNFINISHED]),
        ("purple monkey dishwasher", PAUSES[Ending.NO_SENTENCE]),
        ("", PAUSES[Ending.NO_SENTENCE]),
    ],
)
def test_the_more_is_missing_the_longer_it_is_waited_for(
    words: str, pause: float, language: Language
) -> None:
    assert pause_after(words, [language]) == pause


def test_an_answer_is_known_to_be_one(language: Language) -> None:
    answers = Language(answer_sentences("en", Replies.for_language("en").answers), Vocabulary())
    assert pause_after("both of them", [language]) == PAUSES[Ending.NO_SENTENCE]
    assert pause_after("both of them", [answers, language]) == PAUSES[Ending.FINISHED]
    assert pause_after("turn on the kitchen lamp", [answers, language]) == NAMED_PAUSE


def test_what_can_be_said_is_the_same_in_every_area() -> None:
    registry, sentences = Registry(load_home(HOME)), Sentences.for_language("en")
    kitchen, bedroom = (
        Language(sentences, registry.vocabulary(area)).word_graph() for area in ("Kitchen", "Bedroom")
    )
    assert kitchen == bedroom
