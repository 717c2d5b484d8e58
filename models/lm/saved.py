"""A conversation that goes on after a restart as if there had been none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paige.models.errors import ModelUnusable
from paige.models.lm.conversation import Message
from paige.models.lm.decoder import KeyValues
from paige.models.lm.kept_file import Head, read, read_head, write
from paige.models.lm.shape import DecoderShape


@dataclass(frozen=True, slots=True)
class Restored:
    """A conversation from a file."""

    messages: tuple[Message, ...]
    """What was said."""
    tokens: tuple[int, ...]
    """All that the model had read. What is known has as many of them as were whole; read the others, and it
    goes on."""
    why_less: str | None = None
    """Why what is known is not all of it."""


def save(
    file: Path,
    model: str,
    shape: DecoderShape,
    messages: Sequence[Message],
    tokens: Sequence[int],
    known: KeyValues,
) -> None:
    """Write a conversation, in the place of what the file was, whole or not at all.

    Args:
        file: Where.
        model: Whose it is; see `kept_file.identity`.
        shape: Of the model.
        messages: What was said.
        tokens: What `known` has read, all of it.
        known: Keys and values.

    Raises:
        OSError: The disk does not take it; the file is what it was.
        ValueError: Other tokens were read than these.
    """
    if len(tokens) != known.length:
        raise ValueError(f"{len(tokens)} tokens; {known.length} were read")
    said = [[message.role, message.content] for message in messages]
    write(file, Head.of(model, shape, tokens, {"messages": said}), known)


def restore(
    file: Path, model: str, known: KeyValues, room: Callable[[int], None] = lambda more: None
) -> Restored:
    """Read a conversation.

    Where the model is another than it was, or keys and values are damaged, the messages are there all the
    same.

    Args:
        file: As `save` wrote it.
        model: Whose it is now.
        known: Nothing yet; it has room for as many positions as are wanted.
        room: Told before memory is taken, and how much.

    Raises:
        ModelUnusable: The file is missing, none of these, or what was said is damaged.
    """
    head = read_head(file)
    try:
        messages = tuple(Message(role, content) for role, content in head.more["messages"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnusable(f"{file}: there is no conversation in it") from error
    if head.model != model:
        return Restored(messages, head.tokens, f"{file}: this was said with another model")
    if len(head.tokens) > known.positions:
        why = f"{file}: it has {len(head.tokens)} tokens, and there is room for {known.positions}"
        return Restored(messages, head.tokens, why)
    return Restored(messages, head.tokens, read(file, known, len(head.tokens), room))
