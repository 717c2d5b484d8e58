"""What is left out is what matters least for what comes in."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.models.lm.conftest import GOLDEN
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from paige.models.errors import ModelUnusable
from paige.models.lm.quantization import ROW, Quantization
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.compress import channel_scales, factors, prepared
from paige.tools.lm.in_turn import Known, rounded_in_turn
from paige.tools.lm.matrices import Matrix, below, of_array, padded
from paige.tools.lm.quantize import as_written, quantized, restored
from paige.tools.lm.recipe import Form, LayerForm
from paige.tools.lm.texts import pieces_of
from paige.tools.lm.walk import Walk, silu

Array = NDArray[np.float32]


def drawn(*dims: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal(dims, np.float32)


def uneven(tokens: int, width: int) -> Array:
    """What comes in: a few channels carry a hundred times as much as the others, and all go together."""
    sizes = np.where(np.arange(width) % 16 == 3, 100, 1).astype(np.float32)
    return (drawn(tokens, width, seed=2) + drawn(tokens, 1, seed=3)) * sizes


def lost(came: Array, one: Array, other: Array) -> float:
    """Of what comes out, as a share."""
    return float(np.linalg.norm(came @ (one - other).T) / np.linalg.norm(came @ one.T))


@pytest.mark.parametrize("bits", [4, 8])
def test_what_carries_much_is_rounded_more_finely(bits: int) -> None:
    matrix, came, how = drawn(96, 128), uneven(500, 128), Quantization(bits, 32)
    plain = as_written(matrix, how)
    weighed = as_written(matrix, how, np.square(came).mean(axis=0))
    by = channel_scales(of_array(matrix), came, how)
    smooth = as_written(matrix * by, how, np.square(came / by).mean(axis=0)) / by
    assert lost(came, matrix, weighed) < 0.9 * lost(came, matrix, plain)
    assert lost(came, matrix, smooth) < 0.6 * lost(came, matrix, plain)


@pytest.mark.parametrize(("bits", "block"), [(4, 32), (4, 128), (4, 256), (8, 32), (8, ROW)])
@pytest.mark.parametrize("width", [96, 300])
def test_columns_make_up_for_those_before(bits: int, block: int, width: int) -> None:
    random, how = np.random.default_rng(1), Quantization(bits, block)
    mixed = random.standard_normal((width // 4, width), np.float32)  # channels go together
    came: Array = drawn(900, width // 4) @ mixed + drawn(900, width, seed=2) / np.float32(4)
    matrix = drawn(48, width)
    made = restored(*rounded_in_turn(matrix, how, Known.of(came[:700])), how, width)
    assert lost(came[700:], matrix, made) < 0.75 * lost(came[700:], matrix, as_written(matrix, how))
    for begin in (0, 17):  # rows know nothing of each other
        some = restored(*rounded_in_turn(matrix[begin:20], how, Known.of(came[:700])), how, width)
        np.testing.assert_allclose(some, made[begin:20], atol=1e-5)


def test_the_ladder_is_of_the_inverse() -> None:
    came = drawn(900, 300) @ drawn(300, 300, seed=2)
    together = came.T.astype(np.float64) @ came / len(came)
    together += 0.01 * np.trace(together) / 300 * np.eye(300)
    ladder = Known.of(came).ladder.astype(np.float64)
    np.testing.assert_array_equal(ladder, np.triu(ladder))
    np.testing.assert_allclose(ladder @ together @ ladder.T, np.eye(300), atol=1e-3)


def test_where_nothing_goes_together_weights_are_rounded_as_without() -> None:
    matrix, how = drawn(48, 128), Quantization(4, 32)
    came = np.tile(np.eye(128, dtype=np.float32), (4, 1))
    for one, other in zip(rounded_in_turn(matrix, how, Known.of(came)), quantized(matrix, how), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_tokens_in_rows_are_rounded_more_finely_where_channels_are_even() -> None:
    """In rows a token is rounded by its greatest channel, so that the others vanish beside it."""
    matrix, came, how = drawn(96, 128), uneven(500, 128), Quantization(8, ROW)
    matrix[:, 3::16] /= 100  # what matters is in the others
    by = channel_scales(of_array(matrix), came, how)
    large = by[3::16].mean() / np.delete(by, np.s_[3::16]).mean()
    assert large > 3


def test_scales_change_nothing_where_nothing_is_rounded() -> None:
    assert (channel_scales(of_array(drawn(8, 64)), uneven(50, 64), Quantization(32)) == 1).all()


def test_factors_of_full_rank_are_the_matrix() -> None:
    matrix = drawn(64, 96)
    for came in (None, uneven(400, 96)):
        wide, narrow = factors(matrix, 64, came)
        np.testing.assert_allclose(wide @ narrow, matrix, atol=1e-3)


def test_factors_lose_least_of_what_comes_out() -> None:
    matrix, came = drawn(96, 128), uneven(1000, 128)
    plain = np.matmul(*factors(matrix, 64, None))
    weighed = np.matmul(*factors(matrix, 64, came))
    assert lost(came, matrix, weighed) < 0.3 * lost(came, matrix, plain)
    assert np.linalg.norm(matrix - plain) < np.linalg.norm(matrix - weighed)


@pytest.mark.parametrize("family", ["llama", "qwen2"])
def test_neurons_that_are_left_do_the_part_of_the_others(family: str) -> None:
    checkpoint = Checkpoint(GOLDEN / family)
    shape = checkpoint.shape
    how = Form(Quantization(32))
    form = LayerForm(how, how, how, how, shape.feed_forward // 2)
    texts = np.random.default_rng(1).integers(0, shape.vocabulary, (8, 64))
    came, other = Walk(checkpoint, texts[:4]).step(), Walk(checkpoint, texts[4:]).step()

    def added(matrices: dict[str, Matrix]) -> Array:
        """By the feed-forward part, to texts that were not chosen by."""
        both = other["gate_up"] @ matrices["gate_up"].whole().T
        gate, up = np.split(both, 2, axis=-1)
        found: Array = (silu(gate) * up) @ matrices["down"].whole().T
        return found

    whole = added(prepared(checkpoint, 0, LayerForm.plain(shape, how.how), None, smooth=False).matrices)
    errors = [
        np.linalg.norm(added(prepared(checkpoint, 0, form, given, smooth=False).matrices) - whole)
        for given in (None, came)
    ]
    assert errors[1] < 0.9 * errors[0]
    assert errors[0] < np.linalg.norm(whole)


def test_smoothing_leaves_a_layer_what_it_is() -> None:
    checkpoint = Checkpoint(GOLDEN / "llama")
    texts = np.random.default_rng(1).integers(0, checkpoint.shape.vocabulary, (4, 64))
    came = Walk(checkpoint, texts).step()
    form = LayerForm.plain(checkpoint.shape, Quantization(4, 32))
    made = prepared(checkpoint, 0, form, came, smooth=True)
    plain = prepared(checkpoint, 0, form, None, smooth=False)
    before = came["query_key_value"] / plain.vectors["attention_norm"]
    np.testing.assert_allclose(
        (before * made.vectors["attention_norm"]) @ made.matrices["query_key_value"].whole().T,
        (before * plain.vectors["attention_norm"]) @ plain.matrices["query_key_value"].whole().T,
        rtol=1e-3,
        atol=1e-4,
    )
    assert not np.allclose(made.vectors["attention_norm"], plain.vectors["attention_norm"])


def test_rows_of_matrices_are_those_of_the_whole() -> None:
    one, other = drawn(5, 8), drawn(7, 8, seed=2)
    both = np.concatenate([one, other])
    joined = below(of_array(one), of_array(other))
    for begin in range(12):
        for end in range(begin + 1, 13):
            np.testing.assert_array_equal(joined.read(begin, end), both[begin:end])
    kept = np.array([1, 4, 5, 11])
    np.testing.assert_array_equal(joined.only_rows(kept).whole(), both[kept])
    np.testing.assert_array_equal(joined.only_columns(kept[:2]).whole(), both[:, kept[:2]])
    np.testing.assert_array_equal(padded(joined, 10, 4).whole(), np.pad(both[10:], ((0, 2), (0, 0))))


def test_pieces_begin_with_paragraphs(tmp_path: Path) -> None:
    words = {f"w{number}": number for number in range(2000)}
    tokenizer = Tokenizer(WordLevel(words, unk_token="w0"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    text = tmp_path / "text"

    def pieces(*lengths: int) -> list[int]:
        names, paragraphs = iter(words), []
        for length in lengths:
            paragraphs.append(" ".join(next(names) for _ in range(length)))
        text.write_text("\n\n".join(paragraphs))
        chosen, measured = pieces_of(text, tmp_path / "tokenizer.json")
        for piece in (*chosen, *measured):
            np.testing.assert_array_equal(piece, piece[0] + np.arange(256))
        return sorted([*chosen[:, 0].tolist(), *measured[:, 0].tolist()])

    assert pieces(300, 300, 256) == [0, 300, 600]
    assert pieces(1100) == [0, 256, 512, 768]
    assert pieces(100, 100, 700) == [0, 256, 512]
    with pytest.raises(ModelUnusable, match="a text of 400 tokens"):
        pieces(400)
    with pytest.raises(ModelUnusable, match="this text cannot be read"):
        pieces_of(tmp_path / "none", tmp_path / "tokenizer.json")
