"""Which tokens a grammar allows next, by `llguidance`; it is imported here and nowhere else.

It takes memory, so this module is imported where an answer is asked for, and not before.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from llguidance import LLMatcher, LLParserLimits, LLTokenizer, TokenizerWrapper
from numpy.typing import NDArray
from tokenizers import Tokenizer

from paige.models.errors import ModelUnusable


class Vocabulary:
    """The tokens of a model, as a grammar needs them; all its grammars share them.

    Args:
        tokenizer: Of the model.
        size: Tokens that the model has logits for.

    Raises:
        ModelUnusable: What its tokens say cannot be told.
    """

    def __init__(self, tokenizer: Tokenizer, size: int) -> None:
        self.tokenizer = tokenizer
        self.size = size
        # Without "slices", which make masks of free text faster and take 6 MB for 22,000 tokens.
        self.matched = LLTokenizer(TokenizerWrapper(_Tokens(tokenizer)), n_vocab=size, slices=[])


class Guide:
    """Where in a grammar an answer is.

    Args:
        vocabulary: The tokens.
        grammar: In llguidance's form of Lark.

    Raises:
        ModelUnusable: It is no grammar, or too large.
    """

    def __init__(self, vocabulary: Vocabulary, grammar: str) -> None:
        self._size = vocabulary.size
        self._matcher = LLMatcher(
            vocabulary.matched, grammar, log_level=0, limits=LLParserLimits(verbose_errors=False)
        )
        self._check()

    @property
    def is_finished(self) -> bool:
        """Whether an answer is whole, and nothing can follow."""
        return self._matcher.is_stopped()

    def forced(self) -> Sequence[int]:
        """Tokens that must come now: those in which a tokenizer writes the only text that can come.

        Its last few characters are left out where the text behind them could change how they are written.
        """
        found = self._matcher.compute_ff_tokens()
        self._check()
        return found

    def allowed(self) -> NDArray[np.bool_]:
        """What may come now. Shape: [vocabulary]."""
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        self._check()
        return np.unpackbits(bits, count=self._size, bitorder="little").view(np.bool_)

    def take(self, tokens: Sequence[int]) -> None:
        """These have come; each must be allowed."""
        self._matcher.consume_tokens(list(tokens))
        self._check()

    def take_back(self, tokens: int) -> None:
        """The last ones have not come."""
        self._matcher.rollback(tokens)
        self._check()

    def _check(self) -> None:
        if self._matcher.is_error():
            raise ModelUnusable(f"a grammar cannot be followed: {self._matcher.get_error()}")


class _Tokens:
    """What llguidance asks of a tokenizer."""

    bos_token_id = None

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        added = tokenizer.get_added_tokens_decoder()
        self.special_token_ids = [number for number, token in added.items() if token.special]
        # Every answer ends by its grammar; a token that ends a turn is never needed.
        self.eos_token_id = min(self.special_token_ids, default=0)
        said = _spelling(tokenizer)
        self.tokens = [
            added[number].content.encode() if number in added else said(tokenizer.id_to_token(number) or "")
            for number in range(tokenizer.get_vocab_size())
        ]

    def __call__(self, text: bytes) -> list[int]:
        found: list[int] = self._tokenizer.encode(text.decode(), add_special_tokens=False).ids
        return found


def _spelling(tokenizer: Tokenizer) -> Callable[[str], bytes]:
    """How a tokenizer writes bytes as text.

    Raises:
        ModelUnusable: It is in a way that is not known.
    """
    if '"ByteLevel"' not in tokenizer.decoder.__getstate__().decode():
        raise ModelUnusable(
            "tokenizer.json: answers by a grammar need a tokenizer of bytes (`ByteLevel`), as Llama 3, Qwen "
            "and SmolLM have one"
        )
    bytes_of = {character: byte for byte, character in _characters()}
    return lambda text: bytes(bytes_of[character] for character in text)


def _characters() -> Iterator[tuple[int, str]]:
    """The character that stands for each byte, as in GPT-2: itself, or where that is no sign, a later one."""
    signs = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    later = 256
    for byte in range(256):
        if byte in signs:
            yield byte, chr(byte)
        else:
            yield byte, chr(later)
            later += 1
