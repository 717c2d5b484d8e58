"""Tokens, one after the other."""

from collections.abc import Iterator, Sequence, Set
from threading import Event

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from paige.models.lm.decoder import Cancelled, Decoder, KeyValues
from paige.models.lm.sampling import Sampler
from paige.models.lm.stopping import Stopping


def generate(
    decoder: Decoder,
    known: KeyValues,
    prompt: Sequence[int],
    sampler: Sampler,
    *,
    most: int,
    ends: Set[int] = frozenset(),
    cancelled: Event | None = None,
) -> Iterator[int]:
    """Read a prompt, and say what comes then.

    Args:
        decoder: The model.
        known: What it has read before; it grows by the prompt and by all that is said but the last token.
        prompt: At least one token.
        sampler: Chooses.
        most: Tokens that are said at most.
        ends: Tokens that end it, and are not said.
        cancelled: When it is set, nothing more is said; a pass that is going on ends before its next shard.
    """
    read: Sequence[int] = prompt
    for _ in range(min(most, known.positions - known.length - len(prompt) + 1)):
        try:
            logits = decoder.read(read, known, cancelled=cancelled)
        except Cancelled:
            return
        token = sampler.next(logits[-1])
        if token in ends:
            return
        yield token
        read = [token]


def texts(tokens: Iterator[int], tokenizer: Tokenizer, stopping: Stopping) -> Iterator[str]:
    """What tokens say, in pieces of whole characters, until a stop sequence comes."""
    stream = DecodeStream(skip_special_tokens=True)
    for token in tokens:
        piece = stopping.feed(stream.step(tokenizer, token) or "")
        if piece:
            yield piece
        if stopping.stopped:
            return
    if rest := stopping.rest():
        yield rest
