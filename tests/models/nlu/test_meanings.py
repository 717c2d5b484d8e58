"""Names by what they mean, as the model that comes with Paige reads them."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from paige.models.grammar.tokens import Words, words_of
from paige.models.nlu.meanings import Meanings
from paige.models.nlu.model import JointModel
from paige.models.nlu.shipped import model_folder
from paige.models.vocabulary import Name

FOLDER = model_folder("en")
assert FOLDER is not None
MODEL = JointModel(FOLDER)
HOME = (
    *(Name(name, name, {"domain": "light"}) for name in ("Sofa Lamp", "Porch Light", "Christmas Tree")),
    Name("Front Door", "Front Door", {"domain": "lock"}),
    Name("Washing Machine", "Washing Machine", {"domain": "switch"}),
    Name("Laundry", "Washing Machine", {"domain": "switch"}),
    Name("Fish Tank", "Fish Tank", {"domain": "switch"}),
)


def meaning_of(words: Words) -> NDArray[np.float32]:
    return MODEL.read(words).embedding


def near(said: str, names: Sequence[Name] = HOME, domain: str | None = None) -> list[str]:
    found = Meanings(names, meaning_of).near(words_of(said), lambda one: domain in (None, one["domain"]))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    return [one.value for one in found]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("couch light", "Sofa Lamp"),
        ("front entrance", "Front Door"),
        ("laundry machine", "Washing Machine"),
        ("aquarium", "Fish Tank"),
        ("outside light", "Porch Light"),
    ],
)
def test_other_words_for_a_thing_are_nearest_to_its_name(said: str, name: str) -> None:
    assert near(said)[0] == name


@pytest.mark.parametrize("said", ["unicorn", "my wife", "toaster", "zorblat", ""])
def test_what_means_something_else_is_near_nothing(said: str) -> None:
    assert near(said) == []


def test_only_what_fits_is_found_and_each_thing_once() -> None:
    assert near("front entrance", domain="light") == []
    assert near("laundry washer").count("Washing Machine") == 1


def test_where_there_are_very_many_names_nobody_waits_for_them() -> None:
    def read(words: Words) -> NDArray[np.float32]:
        raise AssertionError("no name may be read")

    many = [Name(f"Lamp {number}", f"Lamp {number}", {"domain": "light"}) for number in range(5_000)]
    assert Meanings(many, read).near(("lamps",), lambda _: True) == ()
    assert Meanings((), read).near(("lamps",), lambda _: True) == ()
