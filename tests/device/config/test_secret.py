"""A secret shows itself only when asked, and is masked wherever it turns up after that."""

import io
import json
import logging
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.device.config.secret import MASK, Secret, SecretFilter, redact

VALUE = 'open "sesame" \\ ö'


@pytest.mark.parametrize("shown", [str, repr, "{}".format, "{!r:>40}".format, lambda secret: f"{[secret]}"])
def test_no_way_of_printing_shows_it(shown: object) -> None:
    assert callable(shown)
    text = shown(Secret(VALUE))
    assert MASK in text
    assert "sesame" not in text


def test_it_cannot_be_pickled_or_put_into_json() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(VALUE))
    with pytest.raises(TypeError):
        json.dumps(Secret(VALUE))


def test_equality_compares_the_values() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


@given(st.text(min_size=8), st.text(), st.text())
def test_what_was_revealed_is_masked_in_any_text(value: str, before: str, after: str) -> None:
    secret = Secret(value).reveal()
    assert value not in redact(before + secret + after)
    assert repr(value)[1:-1] not in redact(f"{before!r}{secret!r}{after!r}")


def test_a_log_shows_neither_message_nor_arguments_nor_traceback_with_it() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(SecretFilter())
    logger = logging.Logger("test")  # noqa: LOG001  # one of its own, without the handlers of the test run
    logger.addHandler(handler)
    value = Secret(VALUE).reveal()
    logger.warning("connecting with %s", value)
    logger.warning("the packet is %r", value.encode())
    logger.warning(f"as JSON {json.dumps(value)}")  # noqa: G004  # what a careless line would do
    try:
        raise ValueError(f"bad password {value}")
    except ValueError:
        logger.exception("it failed")
    written = stream.getvalue()
    assert "sesame" not in written
    assert written.count(MASK) == 4
    assert "Traceback" in written
