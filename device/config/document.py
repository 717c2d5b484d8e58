"""What a YAML file says of each key and where, and what it says that it should not. No I/O.

PyYAML's node tree knows the line of every key; docs/decisions/0003-typed-configuration.md has the reasons.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from paige.device.config.key import Leaf, leaves, sections
from paige.device.config.value import Written

FILE_SUFFIX = "_file"
"""A secret key with this suffix names a file that holds the secret."""

Path = tuple[str, ...]

MOST_BYTES: Final = 256 * 1024
"""Of a file; all keys with all that is said of them take 16 KiB. A board would read for minutes at one of
10 MB, and need 600 MB and more for it."""

TOO_LONG: Final = f"holds more than {MOST_BYTES // 1024} KiB, which is no configuration; name another file"

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_YAMLS_OWN = re.compile(r"'(.|<[a-z ]+>)'")
"""What PyYAML quotes that tells nothing of what the file says: a character, or a kind of token."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written."""

    source: str
    """A file's name, or `environment variable PAIGE_…`."""
    line: int | None = None
    """Counted from 1; None outside of files."""
    column: int | None = None
    """Counted from 1; None where the line says enough."""

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a configuration."""

    place: Place
    key: str
    """Such as `mqtt.port`; empty where the file as a whole is wrong."""
    text: str
    """What was found and what is allowed."""

    def __str__(self) -> str:
        return f"{self.place}: {self.key}: {self.text}" if self.key else f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was written for one key."""

    written: Written
    place: Place
    secret_name: str | None = None
    """The name after `!secret`, where the value stands in the secrets file instead."""


@dataclass(frozen=True, slots=True)
class Document:
    """What one file says."""

    entries: Mapping[Path, Entry]
    problems: tuple[Problem, ...]


def read(data: bytes, source: str, schema: type) -> Document:
    """What `data`, a YAML file called `source`, says of the keys of `schema`."""
    root, problems = _compose(data, source)
    if root is None:
        return Document({}, problems)
    reader = _Reader(source, schema)
    reader.section(root, ())
    return Document(reader.entries, tuple(reader.problems))


def read_secrets(data: bytes, source: str) -> tuple[Mapping[str, Entry], tuple[Problem, ...]]:
    """The names and values of a secrets file: one mapping of texts."""
    root, problems = _compose(data, source)
    if root is None:
        return {}, problems
    if not isinstance(root, yaml.MappingNode):
        wrong = Problem(
            _place(source, root), "", "found no list of `name: value` lines; that is what it should be"
        )
        return {}, (wrong,)
    return {
        str(name.value): Entry(value.value, _place(source, value))
        for name, value in root.value
        if isinstance(name, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
    }, ()


def _compose(data: bytes, source: str) -> tuple[yaml.Node | None, tuple[Problem, ...]]:
    """The root node, None for an empty file or one that is broken."""
    if len(data) > MOST_BYTES:
        return None, (Problem(Place(source), "", TOO_LONG),)
    try:
        # Not the C parser: deep nesting makes it crash. This one takes 3 ms for the whole reference.
        return yaml.compose(data.decode("utf-8-sig"), Loader=yaml.SafeLoader), ()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        text = f"found a byte that is no UTF-8 (0x{data[error.start]:02x}); save the file as UTF-8"
        return None, (Problem(Place(source, line), "", text),)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)
        return None, (Problem(place, "", f"this is not YAML: {_harmless(error)}"),)
    except RecursionError:
        return None, (Problem(Place(source), "", "this is not a configuration: it is nested too deeply"),)
    except yaml.YAMLError:
        return None, (Problem(Place(source), "", "this is not YAML: it holds a character that YAML forbids"),)


def _harmless(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's words, without what it quotes from the file: that could be a password."""
    problem = error.problem or "it cannot be understood"
    if r"'\t'" in problem:
        return "a tab stands where only blanks may; write blanks in its place"
    if "undefined alias" in problem:
        return "a text that begins with * must stand in quotes"
    words = "; ".join(filter(None, (error.context, problem)))
    return _QUOTED.sub(lambda quoted: quoted[0] if _YAMLS_OWN.fullmatch(quoted[0]) else "…", words)


def _place(source: str, node: yaml.Node) -> Place:
    return Place(source, node.start_mark.line + 1)


class _Reader:
    """Walks the nodes of one file beside the schema."""

    def __init__(self, source: str, schema: type) -> None:
        self._source = source
        self._leaves = {leaf.path: leaf for leaf in leaves(schema)}
        self._sections = {(), *(path for path, _ in sections(schema))}
        self.entries: dict[Path, Entry] = {}
        self.problems: list[Problem] = []

    def section(self, node: yaml.Node, path: Path) -> None:
        """Take what stands in one section."""
        if _nothing(node):
            return
        if not isinstance(node, yaml.MappingNode):
            kind = "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
            allowed = ", ".join(self._children(path))
            self._problem(node, path, f"found {kind}; allowed: a section with any of {allowed}")
            return
        seen: set[str] = set()
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                self._problem(name, path, "found a key that is no text")
            elif name.value in seen:
                self._problem(name, (*path, name.value), "found it twice; keep one")
            else:
                seen.add(name.value)
                self._key(name, value, (*path, name.value))

    def _key(self, name: yaml.Node, value: yaml.Node, path: Path) -> None:
        if path in self._sections:
            self.section(value, path)
        elif path in self._leaves:
            self._value(value, path, self._leaves[path])
        elif (leaf := self._named_by_file(path)) is not None:
            self._value(value, path, leaf)
        else:
            self._problem(name, path, unknown(path, self._children(path[:-1]), self._leaves))

    def _named_by_file(self, path: Path) -> Leaf | None:
        """The secret whose value stands in the file that this key names."""
        secret = self._leaves.get((*path[:-1], path[-1].removesuffix(FILE_SUFFIX)))
        return secret if secret is not None and path[-1].endswith(FILE_SUFFIX) and is_secret(secret) else None

    def _value(self, node: yaml.Node, path: Path, leaf: Leaf) -> None:
        place = _place(self._source, node)
        if isinstance(node, yaml.ScalarNode):
            if node.tag == "!secret":
                self.entries[path] = Entry(None, place, node.value)
            elif node.tag.startswith("!"):
                found = f"found the tag {node.tag}; !secret is the only one that is known"
                if is_secret(leaf):  # what was meant may be a password
                    found = "a text that begins with ! must stand in quotes, unless it is !secret and a name"
                self._problem(node, path, found)
            else:
                self.entries[path] = Entry(None if _nothing(node) else node.value, place)
        elif isinstance(node, yaml.SequenceNode) and all(
            isinstance(one, yaml.ScalarNode) for one in node.value
        ):
            self.entries[path] = Entry(tuple(one.value for one in node.value), place)
        else:
            kind = "a list of lists or sections" if isinstance(node, yaml.SequenceNode) else "a section"
            self._problem(node, path, f"found {kind}; allowed: {leaf.allowed}")

    def _children(self, path: Path) -> list[str]:
        children = (
            one[len(path)] for one in self._leaves if one[: len(path)] == path and len(one) > len(path)
        )
        return list(dict.fromkeys(children))

    def _problem(self, node: yaml.Node, path: Path, text: str) -> None:
        # No key of ours has a colon; of `password:1234`, without a space, the rest is none to show.
        key = ".".join(re.sub(":.*", ":…", one, flags=re.DOTALL) for one in path)
        self.problems.append(Problem(_place(self._source, node), key, text))


def is_secret(leaf: Leaf) -> bool:
    """True where the value of a key must never be shown."""
    return leaf.kind.name == "SECRET"


def unknown(path: Path, siblings: list[str], known: Mapping[Path, Leaf]) -> str:
    """What to say of a key that does not exist: what comes nearest, and what there is."""
    elsewhere = [leaf.dotted for leaf in known.values() if leaf.path[-1] == path[-1]]
    near = elsewhere or difflib.get_close_matches(path[-1], siblings, n=1)
    hint = " or ".join(near[:3])
    meant = f"; did you mean {hint}?" if hint else ""
    return f"there is no such key{meant} (allowed here: {', '.join(siblings)})"


def _nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
