"""Names as people say them, and as they are misheard, become the home's; what is unclear stays unclear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.models.grammar.tokens import words_of
from paige.models.nlu.home_names import HomeNames
from paige.models.vocabulary import Name, Vocabulary

LIGHT, FAN, TV = {"domain": "light"}, {"domain": "fan"}, {"domain": "media_player", "device_class": "tv"}
HOME = HomeNames(
    Vocabulary(
        entities=(
            Name("Kitchen Lamp", "Kitchen Lamp", LIGHT | {"area": "Kitchen"}),
            Name("Kitchen Fan", "Kitchen Fan", FAN | {"area": "Kitchen"}),
            Name("Desk Lamp", "Desk Lamp", LIGHT | {"area": "Study"}),
            Name("Desk Lamp 2", "Desk Lamp 2", LIGHT | {"area": "Study"}),
            Name("Nightlight", "Nightlight", LIGHT | {"area": "Nursery"}),
            Name("Living Room TV", "Living Room TV", TV | {"area": "Living Room"}),
            Name("Ceiling", "Ceiling", LIGHT | {"area": "Kitchen"}),
            Name("Ceiling", "Ceiling", LIGHT | {"area": "Study"}),
            Name("Gizmo", "Old Radio", {"domain": "media_player"}),
            Name("🫖", "🫖", {"domain": "switch"}),
        ),
        areas=(Name("Kitchen", "Kitchen"), Name("Master Bedroom", "M"), Name("Guest Bedroom", "G")),
    ),
    "en",
)


def meant(said: str, beside: str = "", domain: str | None = None) -> list[str]:
    """The main names that something may mean."""

    def fits(context: object) -> bool:
        return domain is None or (isinstance(context, dict) and context["domain"] == domain)

    found = HOME.entities.find(words_of(said), fits, words_of(beside))
    return [one.value for one in found.chosen]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("kitchen lamp", "Kitchen Lamp"),
        ("kitchen lamb", "Kitchen Lamp"),
        ("kichten lamp", "Kitchen Lamp"),
        ("lamp kitchen", "Kitchen Lamp"),
        ("night light", "Nightlight"),
        ("desk lamp two", "Desk Lamp 2"),
        ("desk lamp", "Desk Lamp"),
        ("living room telly", "Living Room TV"),
        ("television", "Living Room TV"),
        ("gizmo", "Old Radio"),
    ],
)
def test_one_thing_is_meant(said: str, name: str) -> None:
    assert meant(said) == [name]


def test_several_that_are_alike_may_each_be_meant() -> None:
    assert set(meant("kitchen")) == {"Kitchen Lamp", "Kitchen Fan"}
    assert meant("ceiling") == ["Ceiling", "Ceiling"]


@pytest.mark.parametrize("said", ["bathroom lamp", "kitchen kettle", "lawn mower", "a", "🫖 🫖", "ضوء"])
def test_what_the_home_has_not_is_unknown(said: str) -> None:
    assert meant(said) == []


def test_another_number_is_another_thing() -> None:
    assert "Desk Lamp 2" not in meant("desk lamp three")


def test_what_an_intent_can_be_about_rules_out_the_rest() -> None:
    assert meant("kitchen", domain="fan") == ["Kitchen Fan"]


def test_a_place_said_beside_it_counts_for_the_name() -> None:
    assert meant("lamb", beside="kitchen") == ["Kitchen Lamp"]


def test_a_room_that_may_be_two_is_both() -> None:
    found = HOME.areas.find(("bedroom",), lambda _: True)
    assert {one.value for one in found.chosen} == {"M", "G"}


def test_a_home_without_things_has_none() -> None:
    empty = HomeNames(Vocabulary(), "en")
    empty.warm()
    assert empty.entities.find(("lamp",), lambda _: True).chosen == ()


def test_a_language_without_rules_of_sound_compares_letters() -> None:
    names = HomeNames(Vocabulary((Name("Küchenlampe", "Küchenlampe"),)), "de")
    (one,) = names.entities.find(("kuchenlampe",), lambda _: True).chosen
    assert one.value == "Küchenlampe"


@given(st.text(max_size=60))
def test_whatever_is_said_has_scores_between_0_and_1(said: str) -> None:
    found = HOME.entities.find(words_of(said), lambda _: True)
    assert all(0 <= one.score <= 1 for one in found.considered)
    assert len(found.considered) <= 10
