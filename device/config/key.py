"""How a configuration key is declared, once, for everything that parses, checks and documents it."""

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from paige.device.config.secret import Secret

T = typing.TypeVar("T")

_METADATA = "paige"


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of one key beside its name, type and default."""

    doc: str
    """One or two sentences for the person who writes the file."""
    unit: str = ""
    """Such as `seconds`; empty where the value has none."""
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""
    """Regular expression that the whole text must match; empty where anything goes."""
    pattern_words: str = ""
    """What the pattern allows, in words, after "allowed:"."""
    valid: Callable[[str], object] | None = None
    """Called with each text; raises ValueError where that is not allowed, in `pattern_words`."""
    default_words: str = ""
    """What applies where nothing is given, where the default value does not say it."""
    example: str = ""
    """A value as one would write it in YAML, shown where there is no default to show."""


def key(default: T, doc: str, **more: typing.Any) -> T:  # noqa: ANN401  # checked by Key's own signature
    """What a section declares a key with, in its default's place.

    Args:
        default: The value where nothing is given.
        doc: What the key means.
        more: Further fields of `Key`.
    """
    # A dataclass field stands in for its default until the class decorator has run.
    return dataclasses.field(default=default, metadata={_METADATA: Key(doc, **more)})


class Kind(enum.Enum):
    """What a value can be; the text is what an error calls it."""

    TEXT = "text"
    INTEGER = "a whole number"
    NUMBER = "a number"
    SWITCH = "true or false"
    PATH = "a path"
    SECRET = "a secret text"  # noqa: S105  # it names the kind
    CHOICE = "one of"
    LIST = "a list of texts"


_KINDS: dict[object, Kind] = {
    str: Kind.TEXT,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    bool: Kind.SWITCH,
    Path: Kind.PATH,
    Secret: Kind.SECRET,
    tuple[str, ...]: Kind.LIST,
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One key of the whole configuration, with its place in it."""

    path: tuple[str, ...]
    kind: Kind
    key: Key
    default: object
    optional: bool
    """True where `null` (nothing) is a value of its own."""
    choices: tuple[str, ...] = ()

    @property
    def dotted(self) -> str:
        """Such as `mqtt.tls.ca`."""
        return ".".join(self.path)

    @property
    def environment(self) -> str:
        """The environment variable that sets it, such as `PAIGE_MQTT_TLS_CA`."""
        return "PAIGE_" + "_".join(self.path).upper()

    @property
    def credential(self) -> str:
        """The systemd credential that sets it where it is a secret, such as `mqtt_password`."""
        return "_".join(self.path)

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        return " or ".join(filter(None, (self._values(), "null" if self.optional else "")))

    def _values(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices) if len(self.choices) > 1 else self.choices[0]
        if self.key.pattern_words:
            return f"{'a list, each ' if self.kind is Kind.LIST else ''}{self.key.pattern_words}"
        low, high = self.key.minimum, self.key.maximum
        words = self.kind.value + (f" in {self.key.unit}" if self.key.unit else "")
        if low is not None and high is not None:
            return f"{words} from {low:g} to {high:g}"
        if low is not None:
            return f"{words}, {low:g} or more"
        return words


def leaves(section: type, above: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every key of a section and of the sections inside it, in the order of declaration."""
    hints = typing.get_type_hints(section)
    for field in dataclasses.fields(section):
        path, hint = (*above, field.name), hints[field.name]
        if dataclasses.is_dataclass(hint):
            yield from leaves(typing.cast("type", hint), path)
        else:
            yield _leaf(field, path, hint)


def sections(section: type, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], type]]:
    """Every section inside a section, with its path, the outer before the inner."""
    hints = typing.get_type_hints(section)
    for field in dataclasses.fields(section):
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint):
            inner = typing.cast("type", hint)
            yield (*above, field.name), inner
            yield from sections(inner, (*above, field.name))


def _leaf(field: "dataclasses.Field[object]", path: tuple[str, ...], hint: object) -> Leaf:
    optional = isinstance(hint, types.UnionType) and type(None) in typing.get_args(hint)
    if optional:
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
    choices: tuple[str, ...] = ()
    if typing.get_origin(hint) is typing.Literal:
        kind, choices = Kind.CHOICE, typing.get_args(hint)
    else:
        kind = _KINDS[hint]
    return Leaf(path, kind, field.metadata[_METADATA], field.default, optional, choices)
