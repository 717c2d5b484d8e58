"""One set of sentences, used by several threads while its automaton grows: at a start, one makes it ready."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.vocabulary import Name, Vocabulary

SAID = (
    "set a timer for 1 hour",
    "turn on the kitchen lamp",
    "what is the temperature in the kitchen",
    "add milk to my shopping list",
)
HOME = Vocabulary(
    entities=(Name("Kitchen Lamp", "Kitchen Lamp", {"domain": "light"}),),
    areas=(Name("Kitchen", "Kitchen"),),
)


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns a thousand times as often."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 1000)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("attempt", range(5))
def test_who_asks_while_another_makes_it_ready_is_understood(attempt: int) -> None:
    sentences = replace(Sentences.for_language("en"))  # whose automaton nobody has used yet
    sentences.automaton  # noqa: B018
    found: dict[str, object] = {}
    language = Language(sentences, HOME)

    def ask(text: str) -> None:
        found[text] = language.parse(text)

    threads = [threading.Thread(target=Language(sentences, Vocabulary()).parse, args=("x",))]
    threads += [threading.Thread(target=ask, args=(text,)) for text in SAID]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Language(replace(sentences), HOME)
    for text in SAID:
        assert isinstance(found[text], Intent), text
        assert found[text] == again.parse(text)
