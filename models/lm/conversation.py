"""Messages as a model wants to read them: its own chat template, in a sandbox."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from paige.models.errors import ModelUnusable

TEMPLATE: Final = "chat_template.jinja"
_CONFIG: Final = "tokenizer_config.json"


@dataclass(frozen=True, slots=True)
class Message:
    """What one of those who talk has said."""

    role: str
    """`system`, `user`, `assistant` or `tool`."""
    content: str


class ChatTemplate:
    """A template as checkpoints carry them, of Jinja.

    Args:
        folder: With `chat_template.jinja`, or with a `tokenizer_config.json` that has it.

    Raises:
        ModelUnusable: It has neither, or one that is no template.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / TEMPLATE
        settings = _settings(folder)
        # What Hugging Face's templates take for granted: `break`, and no line breaks after blocks.
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
        )
        environment.filters["tojson"] = lambda value, **how: json.dumps(value, ensure_ascii=False, **how)
        environment.globals["raise_exception"] = self._refuse
        self._words = {
            name: _text(settings.get(name)) for name in ("bos_token", "eos_token", "pad_token", "unk_token")
        }
        text = self._file.read_text("utf-8") if self._file.is_file() else settings.get("chat_template")
        if not isinstance(text, str):
            raise ModelUnusable(f"{self._file}: this model has no chat template; it takes plain prompts")
        try:
            self._template = environment.from_string(text)
        except TemplateError as error:
            raise ModelUnusable(f"{self._file}: this is no template: {error}") from error

    def render(
        self, messages: Sequence[Message], *, tools: Sequence[Mapping[str, Any]] = (), answer: bool = True
    ) -> str:
        """The text that the model reads.

        Args:
            messages: In the order in which they were said.
            tools: What may be called, as JSON schemas.
            answer: Whether the model is to speak next.

        Raises:
            ModelUnusable: The template refuses these messages.
        """
        said = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return self._template.render(
                messages=said, tools=list(tools) or None, add_generation_prompt=answer, **self._words
            )
        except TemplateError as error:
            raise ModelUnusable(f"{self._file}: the template refuses this: {error}") from error

    @staticmethod
    def _refuse(why: str) -> None:
        raise TemplateError(why)


def _settings(folder: Path) -> Mapping[str, Any]:
    file = folder / _CONFIG
    if not file.is_file():
        return {}
    try:
        found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelUnusable(f"{file}: this is no JSON: {error}") from error
    return found


def _text(token: object) -> str:
    """A token's text; newer files have an object for it."""
    return str(token["content"]) if isinstance(token, Mapping) else str(token or "")
