"""Conversations become rows of tokens, and tokens the text that they were."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from paige.models.lm.conversation import ChatTemplate, Message
from paige.tools.training.decoder.mixture import Conversation
from paige.tools.training.decoder.rows import Encoder
from paige.tools.training.decoder.tokenizer import END, made_of, number_of, save
from paige.tools.training.decoder.turns import Turn

HOME = "Kitchen: Ceiling Light (light), Kettle (switch)"
TURNS = [
    Turn("turn on the kettle", '{"calls":[{"name":"HassTurnOn","arguments":{"name":"Kettle"}}]}', "test"),
    Turn("hello", '{"say":"Hello."}', "test"),
]
TOKENIZER: Tokenizer = made_of([HOME, *(part for turn in TURNS for part in (turn.request, turn.answer))] * 3)


@given(st.text())
def test_no_text_is_lost(text: str) -> None:
    if not any(mark in text for mark in ("<|", "|>")):
        assert TOKENIZER.decode(TOKENIZER.encode(text).ids, skip_special_tokens=False) == text


def test_digits_stand_alone() -> None:
    assert made_of(["1007 1007"] * 9).encode("1007").tokens == [*"1007"]


@pytest.mark.parametrize("talk", [False, True])
def test_only_what_is_answered_counts_whole(talk: bool) -> None:
    encoder = Encoder(TOKENIZER)
    row = encoder.row(Conversation(HOME, TURNS), 120, talk=talk)
    assert row is not None
    # What a position with all its weight foretells is the next token.
    foretold = row.tokens[0, 1:][row.weights[0, :-1] == 1]
    said = [token for turn in TURNS for token in encoder.answer(turn.answer)]
    assert foretold.tolist() == said
    assert (row.turns[0] == 0).sum() == (len(encoder.home(HOME)) if not talk else (row.turns[0] >= 0).sum())
    begins = np.flatnonzero(row.tokens[0] == number_of(TOKENIZER, "<|user|>"))
    where = row.positions[0, begins].tolist()
    assert (where[0] == where[1]) != talk


def test_a_row_that_is_too_short_for_a_turn_is_none() -> None:
    encoder = Encoder(TOKENIZER)
    assert encoder.row(Conversation(HOME, TURNS), len(encoder.home(HOME)) + 5, talk=False) is None


def test_its_template_writes_what_it_learns_from(tmp_path: Path) -> None:
    save(TOKENIZER, tmp_path)
    encoder = Encoder(TOKENIZER)
    text = ChatTemplate(tmp_path).render([Message("system", HOME), Message("user", TURNS[0].request)])
    saved = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert saved.encode(text).ids == encoder.home(HOME) + encoder.request(TURNS[0].request)
    assert saved.token_to_id(END) == encoder.end
