from dataclasses import replace
from pathlib import Path

import pytest

from paige.device.dialogue import Asked, Todo
from paige.device.understanding import Understanding, answer_sentences, other_one
from paige.iot.change import EntityAppeared
from paige.iot.choice import question_of_entity
from paige.iot.entity import Entity
from paige.iot.registry import Registry
from paige.iot.resolution import Confirmation
from paige.models.errors import ModelUnusable
from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.shipped import LazyModel

ASKED = Asked(Confirmation((), ()), Intent("HassTurnOff", {}, 1.0, "unlock the door"), since=0.0)
LAMP = Entity("light.lamp", "Lamp", "light", area="Kitchen")
FAN = Entity("fan.fan", "Fan", "fan", area="Kitchen")


def test_a_home_whose_devices_introduce_themselves_anew_has_the_same_languages() -> None:
    registry = Registry()
    understanding = Understanding(
        answer_sentences("en", {"choice": ["{name}"]}), answer_sentences("en", {"yes": ["yes"]}), registry
    )
    registry.apply("homie", EntityAppeared(LAMP))
    before = understanding.languages("Kitchen", asked=ASKED)
    registry.clear()
    registry.apply("homie", EntityAppeared(LAMP))
    assert understanding.languages("Kitchen", asked=ASKED) == before
    registry.apply("homie", EntityAppeared(FAN))
    after = understanding.languages("Kitchen", asked=ASKED)
    assert not set(before) & set(after)
    assert [language.word_graph().words for language in after] == [{"yes"}, {"lamp", "fan"}]


def test_what_nothing_matches_is_refused_with_what_is_near() -> None:
    registry = Registry()
    registry.apply("homie", EntityAppeared(LAMP))
    sentences = answer_sentences("en", {"choice": ["turn on the {name}"]})
    understanding = Understanding(sentences, answer_sentences("en", {"yes": ["yes"]}), registry)
    refused = understanding.parse("turn on the lamb", None, asked=None)
    assert isinstance(refused, NotRecognized)
    assert [one.text for one in refused.nearest] == ["turn on the Lamp"]


def lamps(*areas: str | None) -> Registry:
    registry = Registry()
    for number, area in enumerate(areas):
        name = f"Lamp {number}"
        registry.apply("homie", EntityAppeared(Entity(f"light.{number}", name, "light", area=area)))
    return registry


def turned_on(name: str) -> Todo:
    return Todo(Intent("HassTurnOn", {"name": name}, 1.0, f"turn on {name}"))


@pytest.mark.parametrize(
    ("areas", "other"),
    [(("Den", "Den", "Hall"), "Lamp 1"), (("Den", "Hall"), "Lamp 1")],
    ids=["of the same area", "anywhere"],
)
def test_the_other_one_is_of_the_same_kind(areas: tuple[str, ...], other: str) -> None:
    registry = lamps(*areas)
    todo = other_one(turned_on("Lamp 0"), registry, None)
    assert todo is not None
    assert todo.intent.slots == {"name": other}
    back = other_one(todo, registry, None)
    assert back is not None
    assert back.intent.slots == {"name": "Lamp 0"}


def test_of_several_others_it_is_asked_which() -> None:
    todo = other_one(turned_on("Lamp 0"), lamps("Den", "Den", "Den"), None)
    assert todo is not None
    assert todo.asks is not None
    assert [choice.label for choice in todo.asks.choices] == ["Lamp 1", "Lamp 2"]


def test_the_other_one_is_what_was_not_chosen_before() -> None:
    registry = lamps("Den", "Den", "Hall")
    chosen, *others = question_of_entity(turned_on("Lamp 0").intent, registry.entities).choices
    todo = other_one(replace(turned_on("Lamp 0"), choice=chosen, others=(others[1],)), registry, None)
    assert todo is not None
    assert todo.intent.slots == {"name": "Lamp 2"}


@pytest.mark.parametrize("last", [turned_on("Unicorn"), Todo(Intent("HassTurnOn", {}, 1.0, "turn on"))])
def test_without_one_there_is_no_other(last: Todo) -> None:
    assert other_one(last, lamps("Den", "Den"), None) is None
    assert other_one(turned_on("Lamp 0"), lamps("Den"), None) is None


def test_what_all_homes_share_is_made_before_the_first_sentence() -> None:
    sentences = answer_sentences("en", {"choice": ["{name}"]})
    Understanding(sentences, answer_sentences("en", {"yes": ["yes"]}), Registry()).warm()
    assert "automaton" in vars(sentences)


def test_a_model_that_cannot_be_used_is_told_before_a_sentence_needs_it(tmp_path: Path) -> None:
    sentences = answer_sentences("en", {"yes": ["yes"]})
    Understanding(sentences, sentences, Registry()).open_model()  # there is none
    with pytest.raises(ModelUnusable, match=r"lacks model\.onnx"):
        Understanding(sentences, sentences, Registry(), LazyModel(tmp_path)).open_model()
