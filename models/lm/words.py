"""Between text and tokens: a model's tokenizer, its chat template, and the tokens with which it ends."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tokenizers import Tokenizer

from paige.models.errors import ModelUnusable
from paige.models.lm.conversation import ChatTemplate, Message

TOKENIZER: Final = "tokenizer.json"
_CONFIG: Final = "tokenizer_config.json"
_GENERATION: Final = "generation_config.json"
_DIFFERENT: Final = ("what", "turn")
"""Two requests that begin with different tokens."""


class Words:
    """How a model reads and writes.

    Args:
        folder: With the model's `tokenizer.json`, and what else its authors tell of its tokens.

    Raises:
        ModelUnusable: It has no tokenizer, or a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        file = folder / TOKENIZER
        if not file.is_file():
            raise ModelUnusable(f"{file}: a model that speaks has this file")
        try:
            self.tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises no class of its own
            raise ModelUnusable(f"{file}: this is no tokenizer: {error}") from error
        self.ends = frozenset(self._ends())
        """Tokens after which nothing more is said."""

    @cached_property
    def template(self) -> ChatTemplate:
        """How it wants to be spoken to.

        Raises:
            ModelUnusable: It has no chat template.
        """
        return ChatTemplate(self._folder)

    def tokens(self, text: str) -> list[int]:
        """A text as the tokenizer begins one."""
        return list(self.tokenizer.encode(text).ids)

    def conversation(self, messages: Sequence[Message]) -> list[int]:
        """What has been said, up to where the model is to speak.

        Raises:
            ModelUnusable: It has no chat template, or that refuses these messages.
        """
        text = self.template.render(messages)
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)  # the template has them

    def beginning(self, system: str) -> list[int]:
        """The tokens with which every conversation begins in which the model is told this first.

        Raises:
            ModelUnusable: It has no chat template, or that refuses such messages.
        """
        one, other = (
            self.conversation([Message("system", system), Message("user", said)]) for said in _DIFFERENT
        )
        same = zip(one, other, strict=False)
        return one[: next((at for at, (a, b) in enumerate(same) if a != b), 0)]

    def _ends(self) -> list[int]:
        told = _json(self._folder / _GENERATION).get("eos_token_id")
        ids = [int(one) for one in (told if isinstance(told, list) else [told]) if one is not None]
        token = _json(self._folder / _CONFIG).get("eos_token")
        text = token.get("content") if isinstance(token, dict) else token
        found = None if text is None else self.tokenizer.token_to_id(str(text))
        return ids if found is None else [*ids, found]


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelUnusable(f"{file}: this is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ModelUnusable(f"{file}: this is no JSON object")
    return found
