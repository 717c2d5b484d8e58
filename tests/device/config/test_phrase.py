"""Wake words as one writes them."""

import pytest

from paige.device.config.phrase import parse_phrase


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("okay nabu", ("okay nabu", 0.5)),
        ("  Hey   Paige ", ("hey paige", 0.5)),
        ("hey paige 0.6", ("hey paige", 0.6)),
        ("stop 1", ("stop", 1.0)),
        ("stop .25", ("stop", 0.25)),
        ("écoute l'assistante", ("écoute l'assistante", 0.5)),
    ],
)
def test_a_phrase_may_have_a_number_after_it(text: str, phrase: tuple[str, float]) -> None:
    assert parse_phrase(text) == phrase


@pytest.mark.parametrize(
    "text", ["", " ", "0.5", "hey paige 1.5", "hey paige 0.5 0.6", "r2d2", "a;b", "hey\0paige"]
)
def test_what_is_no_phrase_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no phrase"):
        parse_phrase(text)
