"""YAML files that people write: read fast, refused with the line of what is wrong."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from paige.models.errors import SentencesInvalid

# The C loader is some ten times as fast; PyYAML has it wherever libyaml is.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MOST_NESTING = 50
_SUSPICIOUS_BRACKETS = 3000
"""Composing nested nodes recurses, in C without a limit; so much nesting needs so many brackets or dashes."""

Keys = tuple[str | int, ...]


def yaml_files(path: Path) -> list[Path]:
    """A file itself; of a folder, every YAML file below it, in the order of their names."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml"))


class _Loader(_Base):  # type: ignore[misc]  # the C loader has no types
    """Refuses a key that is given twice, because all but the last would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is given twice", key.start_mark
                )
            seen.add(key.value)
        constructed: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return constructed


@dataclass(frozen=True, slots=True)
class YamlFile:
    """What a file says, and where it says it."""

    source: str
    """What messages call it."""
    text: str
    content: Any

    def error(self, keys: Keys, problem: str) -> SentencesInvalid:
        """An error that names the file and the line of the value at `keys`."""
        return SentencesInvalid(f"{self.place(keys)}: {problem}")

    def place(self, keys: Keys) -> str:
        """File and line of the value at `keys`, or of the nearest value above that exists."""
        return _place(self.source, self.text, keys)


def _place(source: str, text: str, keys: Keys) -> str:
    node = yaml.compose(text, Loader=_Base)
    line = node.start_mark.line + 1 if node else 1
    for key in keys:
        child = _child(node, key)
        if child is None:
            break
        named, node = child
        line = named.start_mark.line + 1
    return f"{source}, line {line}"


class Place(str):
    """File and line of a value, looked up only when a message shows it: that reads the text again.

    Places stay for as long as what stands there; the file's content need not.
    """

    __slots__ = ("_text", "keys")
    keys: Keys
    _text: str | None

    def __new__(cls, source: str, keys: Keys, text: str | None = None) -> "Place":
        """The place of the value at `keys`; without the `text`, that of the file `source` is read."""
        made = super().__new__(cls, source)
        made.keys, made._text = keys, text
        return made

    @classmethod
    def of(cls, file: YamlFile, keys: Keys) -> "Place":
        """The place of the value at `keys`."""
        return cls(file.source, keys, file.text)

    @property
    def source(self) -> str:
        """What messages call the file."""
        return str.__str__(self)

    def __str__(self) -> str:
        try:
            text = read_text(Path(self.source)) if self._text is None else self._text
            return _place(self.source, text, self.keys)
        except (SentencesInvalid, yaml.YAMLError):
            return self.source  # it is not what it was

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def _child(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


def read_yaml(path: Path) -> YamlFile:
    """Read a file.

    Raises:
        SentencesInvalid: It cannot be read, is not UTF-8, or is not YAML.
    """
    return parse_yaml(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        SentencesInvalid: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SentencesInvalid(f"{path}: there is no such file or folder") from None
    except UnicodeDecodeError as error:
        raise SentencesInvalid(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise SentencesInvalid(f"{path}: cannot be read: {error.strerror}") from error


def parse_yaml(text: str, source: str) -> YamlFile:
    """Like `read_yaml`, from what was read already; `source` is what messages call it."""
    try:
        _check_nesting(text, source)
        content = yaml.load(text, Loader=_Loader)  # noqa: S506  # derives from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{source}, line {mark.line + 1}" if mark else source
        raise SentencesInvalid(f"{place}: this is not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise SentencesInvalid(f"{source}: this is not YAML: {' '.join(str(error).split())}") from None
    except (ValueError, RecursionError) as error:
        raise SentencesInvalid(f"{source}: this is not YAML that can be read: {error}") from None
    return YamlFile(source, text, content)


def _check_nesting(text: str, source: str) -> None:
    openings = sum(text.count(opening) for opening in ("[", "{", "- ", "? "))
    if openings < _SUSPICIOUS_BRACKETS and "  " * _MOST_NESTING not in text:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MOST_NESTING:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise SentencesInvalid(f"{source}, line {line}: nested more than {_MOST_NESTING} levels deep")
