"""A layer's matrices before they are written: neurons left out, narrow factors, channels made larger.

What comes into a matrix tells what in it matters. Where nothing is known of that, all counts alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.quantization import ROW, Quantization
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.layers import layer_matrix, layer_vectors
from paige.tools.lm.matrices import Matrix, below, of_array
from paige.tools.lm.quantize import as_written
from paige.tools.lm.recipe import MATRICES, LayerForm

Array = NDArray[np.float32]
_DAMPING: Final = 0.01
"""Of the mean square of what comes in: what is not in the texts may come in, too."""
_POWERS: Final = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75)
"""Of a channel's mean size, by which it may be made larger."""
_JUDGED: Final = 384
"""Rows of a matrix, and of what comes in, by which a power is chosen."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be written."""

    matrices: dict[str, Matrix]
    """By the names of the graph."""
    vectors: dict[str, Array]
    came: dict[str, Array]
    """What comes into each, where it is known. Shapes: [tokens, in]."""


def prepared(
    checkpoint: Checkpoint, number: int, form: LayerForm, came: Mapping[str, Array] | None, *, smooth: bool
) -> Prepared:
    """A layer as its form wants it.

    Args:
        checkpoint: Whose.
        number: Of the layer.
        form: What is wanted.
        came: What comes into each matrix. Shapes: [tokens, in].
        smooth: Whether channels that carry much are made larger.
    """
    found = {name: layer_matrix(checkpoint, number, name) for name in ("gate", "up", *MATRICES)}
    vectors, came = layer_vectors(checkpoint, number), dict(came or {})
    if form.feed_forward < checkpoint.shape.feed_forward:
        _prune(found, form.feed_forward, came)
    if smooth and came:
        _smooth(found, vectors, form, came)
    found["gate_up"] = below(found.pop("gate"), found.pop("up"))
    made = dict[str, Matrix]()
    for name in MATRICES:
        if (rank := form.of(name).rank) == 0:
            made[name] = found[name]
            continue
        wide, narrow = factors(found[name].whole(), rank, came.get(name))
        made |= {f"{name}.narrow": of_array(narrow), f"{name}.wide": of_array(wide)}
        if name in came:
            came |= {f"{name}.narrow": came[name], f"{name}.wide": came[name] @ narrow.T}
    return Prepared(made, vectors, came)


def _prune(found: dict[str, Matrix], left: int, came: dict[str, Array]) -> None:
    """Leave out the neurons that matter least, and let the others do as much of their part as they can."""
    gate, up, down = found["gate"], found["up"], found["down"]
    sizes = np.zeros(down.width, np.float32)  # of what each neuron adds
    for _, band in down.bands():
        sizes += np.square(band).sum(axis=0)
    if came:
        sizes *= np.square(came["down"]).mean(axis=0)
    else:
        for matrix in (gate, up):
            for begin, band in matrix.bands():
                sizes[begin : begin + len(band)] *= np.square(band).sum(axis=1)
    kept = np.sort(np.argsort(sizes)[-left:])
    found |= {"gate": gate.only_rows(kept), "up": up.only_rows(kept), "down": down.only_columns(kept)}
    if not came:
        return
    out = np.setdiff1d(np.arange(down.width), kept)
    before, after = came["down"][:, out], came["down"][:, kept]
    lost = np.concatenate([before @ band[:, out].T for _, band in down.bands()], axis=1)  # [tokens, hidden]
    gram = after.T @ after
    gram[np.diag_indices_from(gram)] += _DAMPING * len(after) * np.square(came["down"]).mean()
    made_up = np.linalg.solve(gram, after.T @ lost).T  # [hidden, left]
    found["down"] = of_array(found["down"].whole() + made_up)
    came["down"] = after


def factors(matrix: Array, rank: int, came: Array | None) -> tuple[Array, Array]:
    """Two narrow matrices whose product does what the matrix does, as nearly as two of this rank can.

    What comes in is whitened first, so that it is the error of what comes out that is least (Wang and others,
    2024, SVD-LLM); without it, that of the weights (Eckart and Young, 1936).

    Args:
        matrix: Shape: [out, in].
        rank: Of both.
        came: Shape: [tokens, in].

    Returns:
        Shapes: [out, rank] and [rank, in].
    """
    root = np.eye(matrix.shape[1], dtype=np.float32)
    if came is not None:
        gram = came.T @ came / len(came)
        gram[np.diag_indices_from(gram)] += _DAMPING * np.trace(gram) / len(gram)
        root = np.linalg.cholesky(gram)
    left, sizes, right = np.linalg.svd(matrix @ root, full_matrices=False)
    shares = np.sqrt(sizes[:rank])
    narrow = np.linalg.solve(root.T, (shares[:, None] * right[:rank]).T).T
    return (left[:, :rank] * shares).astype(np.float32), narrow.astype(np.float32)


def _smooth(
    found: dict[str, Matrix], vectors: dict[str, Array], form: LayerForm, came: dict[str, Array]
) -> None:
    """Channels that carry much become larger, and are rounded more finely; what brings them, smaller.

    After Lin and others, 2023 (AWQ); where tokens are rounded, too, it is that of Xiao and others, 2022.
    """
    found["gate_up"] = below(found["gate"], found["up"])
    for name, norm, parts in (
        ("query_key_value", "attention_norm", ("query_key_value",)),
        ("gate_up", "feed_forward_norm", ("gate", "up")),
    ):
        by = channel_scales(found[name], came[name], form.of(name).how)
        for part in parts:
            found[part] = found[part].scaled(columns=by)
        vectors[norm] = vectors[norm] / by
        came[name] = came[name] / by
    by = channel_scales(found["down"], came["down"], form.down.how)
    found["down"] = found["down"].scaled(columns=by)
    found["up"] = found["up"].scaled(rows=np.reciprocal(by))
    came["down"] = came["down"] / by


def channel_scales(matrix: Matrix, came: Array, how: Quantization) -> Array:
    """By what columns are best multiplied before they are rounded. Shape: [in]."""
    given = came[:: -(-len(came) // _JUDGED)]
    step = -(-matrix.rows // _JUDGED)
    rows = np.concatenate([band[-begin % step :: step] for begin, band in matrix.bands()])  # [some, in]
    wanted = given @ rows.T
    sizes = np.maximum(np.abs(came).mean(axis=0), 1e-6)
    squares = np.square(came).mean(axis=0)
    best, least = np.ones(matrix.width, np.float32), np.inf
    for power in _POWERS if how.bits < 32 else ():
        by = sizes**power
        by = (by / np.sqrt(by.max() * by.min())).astype(np.float32)
        importance = squares / np.square(by)
        made = _as_given(given / by, how) @ as_written(rows * by, how, importance).T
        error = float(np.square(made - wanted).sum())
        if error < least:
            best, least = by, error
    return best


def _as_given(tokens: Array, how: Quantization) -> Array:
    """What comes in, rounded as it is where integers are multiplied with integers. Shape: [tokens, in]."""
    if how.block != ROW:
        return tokens
    scales = np.abs(tokens).max(axis=-1, keepdims=True) / 127 + 1e-12
    found: Array = np.rint(tokens / scales) * scales
    return found
