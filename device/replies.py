"""What Paige says: the texts of a language, filled in with what happened."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from paige.device.errors import RepliesInvalid
from paige.iot.cause import Cause
from paige.iot.entity import Entity
from paige.iot.naming import distinct
from paige.models.grammar.yaml_file import parse_yaml, read_yaml, yaml_files
from paige.models.kinds import Kinds
from paige.models.language_folder import language_folder

_FILE = "responses.yaml"
_DEFAULT = "default"
_TABLES = ("weekdays", "months", "kinds", "states", "unable")

Fields = Mapping[str, Any]
"""What a text may use; the head of a language's `responses.yaml` names them for each."""


def thing(entity: Entity) -> dict[str, Any]:
    """An entity as the texts see it."""
    return {
        "name": entity.name,
        "domain": entity.domain,
        "device_class": entity.device_class,
        "area": entity.area,
        "state": entity.state,
        "unit": entity.attributes.get("unit_of_measurement"),
        "attributes": dict(entity.attributes),
    }


class Replies:
    """The texts of one language, with a user's own in front of them."""

    def __init__(self, texts: Mapping[str, Any], own: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Hold texts.

        Args:
            texts: The content of a language's `responses.yaml`.
            own: A user's texts for intents, by intent and response.
        """
        self._texts = texts
        self._own = own or {}
        self._compiled: dict[str, Template] = {}
        self._tables = {table: texts[table] for table in _TABLES}

    @cached_property
    def _environment(self) -> Environment:
        # Sandboxed, since a user's texts may come from someone else; not escaped, since they are spoken.
        return ImmutableSandboxedEnvironment(
            autoescape=False, loader=DictLoader({"macros": self._texts["macros"]})
        )

    @cached_property
    def _preamble(self) -> str:
        macros = vars(self._environment.get_template("macros").module)
        # "With context", because macros see the fields of the text that calls them.
        names = ", ".join(name for name in macros if not name.startswith("_"))
        return f"{{% from 'macros' import {names} with context %}}"

    def warm(self) -> None:
        """Make what all texts share, for which the first would wait."""
        self._environment.from_string(self._preamble)

    @staticmethod
    def for_language(language: str = "en", custom: Iterable[Path] = ()) -> "Replies":
        """The packaged texts of a language, and those in a user's files or folders.

        Raises:
            RepliesInvalid: There is no such language, or a user's text is none.
            SentencesInvalid: A user's file cannot be read.
        """
        packaged = language_folder(language) / _FILE
        if not packaged.is_file():
            raise RepliesInvalid(f"Paige does not speak “{language}”: it has no {_FILE} for that language.")
        own: dict[str, dict[str, str]] = {}
        for path in custom:
            # The same files of a folder as `Sentences` takes: a file may hold sentences and replies.
            for file in yaml_files(path):
                for intent, by_response in _own_texts(file).items():
                    own.setdefault(intent, {}).update(by_response)
        texts = parse_yaml(packaged.read_text(encoding="utf-8"), str(packaged)).content
        kinds = {kind.name: kind.called for kind in Kinds.for_language(language).by_name.values()}
        return Replies({**texts, "kinds": {**kinds, **texts["kinds"]}}, own)

    @property
    def answers(self) -> Mapping[str, Sequence[str]]:
        """Sentence templates that answer a question, by what they mean: `yes`, `no`, `all` and so on."""
        answers: Mapping[str, Sequence[str]] = self._texts["answers"]
        return answers

    def done(self, intent: str, response: str, fields: Fields) -> str:
        """What is said when it is done, or in answer to a question."""
        for texts in (self._own.get(intent), self._texts["responses"]["intents"].get(intent)):
            text = (texts or {}).get(response) or (texts or {}).get(_DEFAULT)
            if text is not None:
                return self._spoken(text, fields)
        raise RepliesInvalid(f"There is no text for the intent {intent}. Add one to `responses`, `intents`.")

    def action(self, intent: str, response: str, fields: Fields) -> str:
        """The deed as an infinitive, such as “turn on the lamp”."""
        actions = self._texts["actions"]
        texts = actions.get(intent, actions[_DEFAULT])
        return self._render(texts.get(response) or texts[_DEFAULT], fields)

    def outcome(self, kind: str, fields: Fields) -> str:
        """What is said of `unconfirmed`, `refused`, `failed` or `partly`."""
        return self._spoken(self._texts["outcomes"][kind], fields)

    def cause(self, cause: Cause, fields: Fields) -> str:
        """Why a command was not carried out, as a clause."""
        return self._render(self._texts["causes"][cause], fields)

    def dialogue(self, kind: str, fields: Fields) -> str:
        """What is asked back, and what becomes of it."""
        return self._spoken(self._texts["dialogue"][kind], fields)

    def error(self, reason: str, fields: Fields) -> str:
        """Why nothing could be done."""
        return self._spoken(self._texts["errors"][reason], fields)

    def timer_names(self, timer: Fields) -> tuple[str, ...]:
        """What a timer may be called to tell it from others, the best first; others may be called so, too."""
        rendered = (self._render(text, {"timer": timer}) for text in self._texts["timers"]["names"])
        return distinct(filter(None, rendered))

    def timer_label(self, timer: Fields, name: str | None, now: datetime) -> str:
        """A timer as one of several to choose from: by a name that no other has, else by when it ends."""
        kind = "unnamed" if name is None else "named"
        return self._render(self._texts["timers"][kind], {"timer": timer, "name": name, "now": now})

    def announcement(self, kind: str, fields: Fields) -> str:
        """What is said unasked."""
        return self._spoken(self._texts["announcements"][kind], fields)

    def _spoken(self, text: str, fields: Fields) -> str:
        said = self._render(text, fields)
        return said[:1].upper() + said[1:]

    def _render(self, text: str, fields: Fields) -> str:
        known = {"names": [], "here": None, "slots": {}, **self._tables, **fields}
        try:
            if text not in self._compiled:
                self._compiled[text] = self._environment.from_string(self._preamble + text)
            rendered = self._compiled[text].render(known)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise RepliesInvalid(f"The text {text!r} cannot be said: {error}") from error
        return " ".join(rendered.split())


def _own_texts(file: Path) -> dict[str, dict[str, str]]:
    """A user's `responses: intents:`, as Home Assistant has them in a file of sentences."""
    content = read_yaml(file).content
    responses = content.get("responses") if isinstance(content, dict) else None
    intents = responses.get("intents") if isinstance(responses, dict) else None
    own: dict[str, dict[str, str]] = {}
    for intent, texts in (intents or {}).items() if isinstance(intents, dict) else ():
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            raise RepliesInvalid(f"{file}: the responses of {intent} should be texts, each under its name.")
        own[str(intent)] = {str(name): text for name, text in texts.items()}
    return own
