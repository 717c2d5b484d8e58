from paige.device.dialogue import Asked
from paige.device.understanding import Understanding, answer_sentences
from paige.iot.change import EntityAppeared
from paige.iot.entity import Entity
from paige.iot.registry import Registry
from paige.iot.resolution import Confirmation
from paige.models.intent import Intent, NotRecognized

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
