"""The joint model: one encoder that says of a sentence which intent, traits and slots it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from paige.models.errors import ModelUnusable
from paige.models.nlu.labels import Labels
from paige.models.onnx import open_session

MOST_PIECES: Final = 96
"""Pieces of words that are read; what stands behind them in a long sentence is not."""
FILES: Final = ("model.onnx", "tokenizer.json", "labels.json")


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of one sentence."""

    intents: NDArray[np.float32]
    """Logits. Shape: [intents]."""
    tags: NDArray[np.float32]
    """Logits for each word that was read. Shape: [words, tags]."""
    traits: Mapping[str, NDArray[np.float32]]
    """Logits. Shape of each: [values]."""
    embedding: NDArray[np.float32]
    """The meaning of the sentence, of length 1; alike sentences have alike ones. Shape: [hidden]."""


def special(tokenizer: Tokenizer) -> tuple[int, int, int]:
    """The pieces that begin a sentence, end one, and stand for what no piece says.

    Raises:
        ModelUnusable: The tokenizer has none.
    """
    begin, end, unknown = (tokenizer.token_to_id(piece) for piece in ("[CLS]", "[SEP]", "[UNK]"))
    if begin is None or end is None or unknown is None:
        raise ModelUnusable("this tokenizer lacks [CLS], [SEP] or [UNK]")
    return begin, end, unknown


class JointModel:
    """A model folder: `model.onnx`, its `tokenizer.json` and `labels.json`.

    Args:
        folder: Where they are.
        threads: Processor threads that one sentence may use.

    Raises:
        ModelUnusable: A file is missing or damaged, or they do not belong together.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise ModelUnusable(f"{folder}: this folder of an intent model lacks {', '.join(missing)}")
        self.labels = Labels.load(folder / "labels.json")
        self._session = open_session(str(folder / "model.onnx"), threads)
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the library raises that class itself
            raise ModelUnusable(f"{folder}: this tokenizer cannot be used: {error}") from error
        self._outputs = ("intents", "tags", "embedding", *(f"traits.{name}" for name in self.labels.traits))
        known = {output.name for output in self._session.get_outputs()}
        if lacking := [name for name in self._outputs if name not in known]:
            raise ModelUnusable(f"{folder}: this intent model does not give {', '.join(lacking)}")
        self._begin, self._end, self._unknown = special(self._tokenizer)
        self._pieces: dict[str, list[int]] = {}

    def read(self, words: Sequence[str]) -> Scores:
        """What it says of a sentence, cut by `paige.models.grammar.tokens`."""
        pieces = [self._begin]
        firsts: list[int] = []
        for word in words:
            found = self._word(word)
            if len(pieces) + len(found) >= MOST_PIECES:
                break
            firsts.append(len(pieces))
            pieces += found
        inputs = np.array([[*pieces, self._end]], dtype=np.int64)  # [1, pieces]
        intents, tags, embedding, *traits = self._session.run(self._outputs, {"pieces": inputs})
        return Scores(
            intents[0],
            tags[0][firsts],  # [words, tags]
            {name: found[0] for name, found in zip(self.labels.traits, traits, strict=True)},
            embedding[0],
        )

    def _word(self, word: str) -> list[int]:
        """The pieces of a word; those of most words are met again and again."""
        found = self._pieces.get(word)
        if found is None:
            found = self._tokenizer.encode(word, add_special_tokens=False).ids or [self._unknown]
            if len(self._pieces) < 20_000:
                self._pieces[word] = found
        return found
