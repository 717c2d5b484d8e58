"""The pieces of words that a model knows: MiniLM's, without those that no example needs."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer

from paige.models.nlu.model import MOST_PIECES, special
from paige.tools.training.examples import Example
from paige.tools.training.network import minilm

_SPECIAL: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_COMMON: Final = 9_000
"""So many of MiniLM's first words are kept, as its vocabulary is sorted by how frequent they are."""
_FIRST_WORD: Final = 1_996
""" "the": before it stand unused pieces, and single characters."""


def tokenizer() -> Tokenizer:
    """MiniLM's own, for words that are cut already."""
    found = Tokenizer.from_file(str(minilm() / "tokenizer.json"))
    found.no_padding()
    found.no_truncation()
    return found


def pruned(examples: Iterable[Example]) -> tuple[list[int], Tokenizer]:
    """The pieces that examples need, with all characters and the most common words.

    Returns:
        Their numbers in MiniLM's vocabulary, in their new order; and a tokenizer with only these.
    """
    whole = tokenizer()
    vocabulary: dict[str, int] = whole.get_vocab()
    needed = {word for example in examples for word in example.words}
    kept = {number for word in needed for number in whole.encode(word, add_special_tokens=False).ids}
    for piece, number in vocabulary.items():
        common = _FIRST_WORD <= number < _FIRST_WORD + _COMMON and piece.removeprefix("##").isascii()
        if common or (len(piece.removeprefix("##")) == 1 and piece.removeprefix("##").isascii()):
            kept.add(number)
    special = [vocabulary[piece] for piece in _SPECIAL]
    order = [*special, *sorted(kept - set(special))]
    name_of = {number: piece for piece, number in vocabulary.items()}
    settings = json.loads(whole.to_str())
    settings["model"]["vocab"] = {name_of[number]: new for new, number in enumerate(order)}
    settings["added_tokens"] = [
        {**token, "id": settings["model"]["vocab"][token["content"]]}
        for token in settings["added_tokens"]
        if token["content"] in settings["model"]["vocab"]
    ]
    settings["post_processor"] = None
    return order, Tokenizer.from_str(json.dumps(settings))


def like(file: Path) -> tuple[list[int], Tokenizer]:
    """The pieces of a tokenizer that was made by `pruned`, as it gave them."""
    found = Tokenizer.from_file(str(file))
    vocabulary: dict[str, int] = tokenizer().get_vocab()
    pieces: dict[str, int] = found.get_vocab()
    return [vocabulary[piece] for piece in sorted(pieces, key=pieces.__getitem__)], found


class Cutter:
    """Words to pieces, as `paige.models.nlu.model` cuts them."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}
        self._begin, self._end, self._unknown = special(tokenizer)

    def cut(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        """The pieces of a sentence, and where each word that was read begins."""
        pieces, firsts = [self._begin], []
        for word in words:
            if word not in self._known:
                found = self._tokenizer.encode(word, add_special_tokens=False).ids
                self._known[word] = found or [self._unknown]
            if len(pieces) + len(self._known[word]) >= MOST_PIECES:
                break
            firsts.append(len(pieces))
            pieces += self._known[word]
        return [*pieces, self._end], firsts


def save(tokenizer: Tokenizer, file: Path) -> None:
    """Writes a tokenizer's file."""
    tokenizer.save(str(file), pretty=False)
