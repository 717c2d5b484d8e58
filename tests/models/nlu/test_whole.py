"""A sentence that connectives cut is one command only where that loses nothing."""

import pytest

from paige.models.grammar.tokens import tokenize
from paige.models.intent import Intent, NotRecognized, Why
from paige.models.nlu.connectives import Connectives
from paige.models.nlu.frame import Frame
from paige.models.nlu.whole import is_one_command, singly

YES = Intent("HassTurnOn", {}, 1.0, "")
NO, LATER = NotRecognized(""), NotRecognized("", why=Why.NOT_NOW)


@pytest.mark.parametrize(
    ("text", "said", "alone", "one"),
    [
        ("set it to twenty one and a half", ["twenty one and a half"], [YES, NO], True),
        ("it is dark and how", [], [NO, NO], True),
        ("turn on the fan and let it blow", ["fan"], [YES, NO], True),
        ("get the lamp and the fan going", ["lamp", "fan"], [NO, NO], True),
        ("turn off the lights and the heater", ["heater"], [YES, NO], False),
        ("turn off the lights and turn off the fan", ["fan"], [YES, YES], False),
        ("turn on the fan and the lamp at ten", ["fan"], [YES, LATER], False),
    ],
)
def test_all_that_is_said_counts(
    text: str, said: list[str], alone: list[Intent | NotRecognized], one: bool
) -> None:
    tokens = tokenize(text)
    spans = []
    for phrase in said:
        words = tokenize(phrase).words
        at = next(at for at in range(len(tokens.words)) if tokens.words[at : at + len(words)] == words)
        spans.append(("name", at, at + len(words)))
    parts = Connectives.for_language("en").parts(tokens)
    assert len(parts) == len(alone)
    assert is_one_command(Frame(tokens.words, "HassTurnOn", 0.9, {}, tuple(spans)), parts, alone) is one


def test_things_of_a_list_share_what_is_said_once() -> None:
    lamp, fan, kitchen = ("name", 0, 1), ("name", 2, 3), ("area", 5, 6)
    assert singly({"name": [lamp, fan], "area": [kitchen]}) == [
        {"area": kitchen, "name": lamp},
        {"area": kitchen, "name": fan},
    ]
    assert singly({"name": [lamp, fan], "area": [kitchen, kitchen]}) is None
    assert singly({}) == [{}]
