"""A tokenizer so small that models drawn by chance can have it: letters, and a few pairs of them."""

from typing import Final

from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import ByteLevel as Bytes
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

TOKENS: Final = 80
_LETTERS: Final = 'abcdefghiklmnopqrstuvwxyABCDFGHILMNOPRSTUVW0123456789\u0120"{}[]:,._-'
_PAIRS: Final = (
    ('{"', '{ "'),
    ('":', '" :'),
    ('":"', '": "'),
    ('","', '", "'),
    ('",', '" ,'),
    ("as", "a s"),
    ("ass", "as s"),
    ("na", "n a"),
    ("La", "L a"),
    ("}}", "} }"),
    ("}}]", "}} ]"),
    ("]}", "] }"),
    ("}}]}", "}}] }"),
)


def letters() -> Tokenizer:
    """Of `TOKENS` tokens, the first of them a mark that ends a turn."""
    order = ["<end>", *_LETTERS, *(pair for pair, _ in _PAIRS)]
    order = order[:TOKENS]
    known = set(order)
    ranked = sorted(_PAIRS, key=lambda pair: len(pair[0]))
    merges = [(one.split()[0], one.split()[1]) for pair, one in ranked if pair in known]
    merges = [pair for pair in merges if set(pair) <= known]
    tokenizer = Tokenizer(BPE({token: number for number, token in enumerate(order)}, merges))
    tokenizer.pre_tokenizer, tokenizer.decoder = ByteLevel(add_prefix_space=False), Bytes()
    tokenizer.add_special_tokens([AddedToken("<end>", special=True)])
    return tokenizer
