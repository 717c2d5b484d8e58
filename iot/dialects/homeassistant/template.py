"""Templates that devices send: how to take a value from a message, and how to write one into a command."""

import json
import re
from functools import lru_cache

from jinja2 import meta
from jinja2.environment import Template as JinjaTemplate
from jinja2.exceptions import TemplateError, UndefinedError

from paige.iot.dialects.homeassistant import sandbox
from paige.iot.dialects.payload import shown, text_of
from paige.iot.errors import DiscoveryInvalid, ReportInvalid

LONGEST_TEMPLATE = 8192
"""Characters."""

_ENVIRONMENT = sandbox.DeviceEnvironment()
_NOT_JSON = object()
_MISSING = object()

# {{ value_json.a['b'][0].c }}: most templates are nothing else, and need no Jinja.
_PATH = re.compile(
    r"\{\{-?\s*value_json((?:\s*\.\s*[A-Za-z_]\w*|\s*\[\s*(?:'[^'\\]*'|\"[^\"\\]*\"|\d{1,9})\s*\])+)"
    r"\s*(\|\s*is_defined\s*)?-?\}\}",
    re.ASCII,
)
_STEP = re.compile(r"\.\s*(\w+)|\[\s*'([^']*)'\s*\]|\[\s*\"([^\"]*)\"\s*\]|\[\s*(\d+)\s*\]", re.ASCII)
_FAILURES = (
    TemplateError,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


class Payload:
    """What a message holds, decoded once for all that read it."""

    __slots__ = ("_json", "raw", "text")

    def __init__(self, raw: bytes) -> None:
        """Decode a payload.

        Raises:
            ReportInvalid: It is not UTF-8.
        """
        self.raw = raw
        self.text = text_of(raw)
        self._json: object = _MISSING

    @property
    def json(self) -> object:
        """The JSON it is.

        Raises:
            ReportInvalid: It is not JSON.
        """
        if not self.is_json:
            raise ReportInvalid(f"found {shown(self.text)}, expected JSON")
        return self._json

    @property
    def is_json(self) -> bool:
        """Whether it is JSON at all."""
        if self._json is _MISSING:
            try:
                self._json = json.loads(self.text)
            except (ValueError, RecursionError):
                self._json = _NOT_JSON
        return self._json is not _NOT_JSON


class Template:
    """One template. `Template.of` gives equal texts the same one."""

    def __init__(self, text: str, variables: frozenset[str] = frozenset()) -> None:
        """Take a template, to be compiled when it is first needed and is no plain path.

        Args:
            text: As the device sent it.
            variables: What it may refer to besides `value` and `value_json`.

        Raises:
            DiscoveryInvalid: It is too long, not Jinja, or uses what is not available here.
        """
        self.text = text.strip()
        self._variables = variables | {"value", "value_json"}
        self._jinja: JinjaTemplate | None = None
        self._budget = 0
        self._uses_json = True
        self._steps: tuple[str | int, ...] | None = None
        self._needs_definition = False
        if path := _PATH.fullmatch(self.text):
            self._steps = _steps(path[1])
            self._needs_definition = path[2] is not None
        else:
            self._compile()

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(text: str, variables: frozenset[str] = frozenset()) -> "Template":
        """The template of a text, from a store of those seen lately."""
        return Template(text, variables)

    def read(self, payload: Payload, **variables: object) -> str | None:
        """What the template takes from a message, stripped; None where the message does not mention it.

        Raises:
            ReportInvalid: The template and the message do not fit each other.
        """
        if self._steps is not None:
            found = _follow(payload.json, self._steps)
            if found is not _MISSING:
                return self._printed(found)
        jinja = self._compile()
        if len(payload.text) > self._budget:
            raise ReportInvalid(f"found {len(payload.text)} characters, expected at most {self._budget}")
        values: dict[str, object] = {"value": payload.text, **variables}
        if self._uses_json and payload.is_json:
            values["value_json"] = payload.json
        try:
            return jinja.render(values).strip()
        except UndefinedError:
            if self._uses_json and not payload.is_json:
                raise ReportInvalid(f"found {shown(payload.text)}, expected JSON") from None
            return None
        except _FAILURES as error:
            found, template = shown(payload.text), shown(self.text)
            raise ReportInvalid(f"found {found}, on which {template} fails: {error}") from None

    def write(self, value: object, **variables: object) -> str:
        """The payload of a command.

        Raises:
            ReportInvalid: The template fails on this value.
        """
        try:
            return self._compile().render({"value": value, **variables}).strip()
        except _FAILURES as error:
            raise ReportInvalid(f"its template {shown(self.text)} fails on {shown(value)}: {error}") from None

    def _printed(self, found: object) -> str | None:
        if found is _UNDEFINED:
            return None if self._needs_definition else ""
        if found is _NOTHING:
            return None
        return found.strip() if isinstance(found, str) else str(found)

    def _compile(self) -> JinjaTemplate:
        if self._jinja is None:
            if len(self.text) > LONGEST_TEMPLATE:
                raise DiscoveryInvalid(
                    f"a template has {len(self.text)} characters, {LONGEST_TEMPLATE} are allowed"
                )
            try:
                tree = _ENVIRONMENT.parse(self.text)
                sandbox.check(tree)
                names = meta.find_undeclared_variables(tree)
                unknown = names - self._variables - sandbox.GLOBALS.keys()
                if unknown:
                    text = shown(self.text)
                    raise DiscoveryInvalid(
                        f"the template {text} refers to '{min(unknown)}', which is not available here"
                    )
                self._uses_json = "value_json" in names
                self._budget = sandbox.bound(tree, _ENVIRONMENT)
                self._jinja = _ENVIRONMENT.from_string(tree)
            except (*_FAILURES, SyntaxError, MemoryError) as error:
                cause = str(error).partition("\n")[0]
                raise DiscoveryInvalid(f"the template {shown(self.text)} cannot be used: {cause}") from None
        return self._jinja


_UNDEFINED = object()  # the last step of a path leads nowhere: Jinja prints nothing
_NOTHING = object()  # an earlier step does: Jinja refuses


def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(
        int(index) if index else attribute or single or double
        for attribute, single, double, index in _STEP.findall(path)
    )


def _follow(value: object, steps: tuple[str | int, ...]) -> object:
    """Where a path leads in JSON; `_MISSING` where only Jinja knows, as for `value_json.items`."""
    for step in steps:
        if value is _UNDEFINED:
            return _NOTHING
        if isinstance(value, dict) and isinstance(step, str):
            if hasattr(dict, step):
                return _MISSING
            value = value.get(step, _UNDEFINED)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else _UNDEFINED
        else:
            return _MISSING
    return value
