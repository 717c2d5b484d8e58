"""Changes values in a configuration file that a person wrote, and nothing else in it. No I/O.

PyYAML's nodes know where each value begins and ends; docs/decisions/0036-what-the-owner-wrote.md tells why.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from paige.device.config.document import Document, read
from paige.device.config.schema import Config
from paige.device.errors import ProvisionFailed

Path = tuple[str, ...]
Written = str | tuple[str, ...] | None

_STEP = 2
"""Columns by which a new section is further in than the one around it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a key is to be."""

    path: Path
    written: Written
    """The value as the file is to have it; None for `null`."""
    bare: bool = False
    """Whether a text stands as it is, as numbers and switches do."""
    instead_of: Path | None = None
    """A key of the same section that this one takes the place of, where it is there."""


def with_changes(text: str, source: str, changes: Iterable[Change]) -> str:
    """The file `source`, which holds `text`, with these changes; all else stays as it is, byte for byte.

    Raises:
        ProvisionFailed: The file is written in a way that cannot be changed so.
    """
    for change in changes:
        before = read(text.encode(), source, Config)
        fresh = _Editor(text).with_change(change)
        if not _as_wanted(before, read(fresh.encode(), source, Config), change):
            name = ".".join(change.path)
            raise ProvisionFailed(
                f"{source}: {name} stands in a way that cannot be changed without touching other keys; "
                f"change it by hand to {_inline(change)}"
            )
        text = fresh
    return text


def _as_wanted(before: Document, after: Document, change: Change) -> bool:
    """Whether nothing but this key differs."""
    old = {path: (entry.written, entry.secret_name) for path, entry in before.entries.items()}
    new = {path: (entry.written, entry.secret_name) for path, entry in after.entries.items()}
    if change.instead_of is not None:
        old.pop(change.instead_of, None)
    old[change.path] = (change.written, None)
    return old == new and len(after.problems) <= len(before.problems)


def _inline(change: Change) -> str:
    """The value in one line of YAML that may stand anywhere."""
    if change.bare and isinstance(change.written, str):
        return change.written
    value = list(change.written) if isinstance(change.written, tuple) else change.written
    # What a terminal would not show, and the ends of lines that only YAML knows, are written as escapes.
    style = None if all(text.isprintable() for text in _texts(change.written)) else '"'
    # In a list, so that it is fit for `{…}` as well; at its end stand a bracket and a new line.
    whole = yaml.safe_dump(
        [value], default_flow_style=True, default_style=style, allow_unicode=True, width=2**31
    )
    return whole[1:-2]


def _texts(written: Written) -> tuple[str, ...]:
    return written if isinstance(written, tuple) else () if written is None else (written,)


@dataclass(frozen=True, slots=True)
class _Found:
    """How far a path leads in the file."""

    node: yaml.Node | None
    """What the last key that is there has as its value."""
    key: yaml.Node | None
    """That key; None for the root."""
    depth: int
    """How many keys are there."""
    indent: int
    """Columns before that key."""
    flow: bool
    """Whether it stands within braces."""


class _Editor:
    """One change of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._root = yaml.compose(text, Loader=yaml.SafeLoader)

    def with_change(self, change: Change) -> str:
        """The text with it."""
        if change.instead_of is not None:
            old = self._find(change.instead_of)
            if old.depth == len(change.instead_of):
                assert old.key is not None
                return self._replaced(old, _inline(change), change.path[-1])
        found = self._find(change.path)
        if found.depth == len(change.path):
            return self._replaced(found, _inline(change))
        return self._inserted(found, change.path[found.depth :], _inline(change))

    def _find(self, path: Path) -> _Found:
        found = _Found(self._root, None, 0, 0, flow=False)
        for name in path:
            node = found.node
            if not isinstance(node, yaml.MappingNode):
                break
            pair = next((pair for pair in node.value if pair[0].value == name), None)
            if pair is None:
                break
            key, value = pair
            found = _Found(value, key, found.depth + 1, key.start_mark.column, bool(node.flow_style))
        return found

    def _replaced(self, found: _Found, value: str, name: str | None = None) -> str:
        """With another value, and perhaps another name, for a key that is there."""
        key, node = found.key, found.node
        assert key is not None
        assert node is not None
        head = self._text[: key.start_mark.index] + (name or self._text[key.start_mark.index : _end(key)])
        end = self._last(key, node)
        between = self._text[_end(key) : node.start_mark.index]
        # What stands behind the colon where the value begins on a line of its own: a comment.
        remark = between.partition("\n")[0].rstrip().partition(":")[2] if "\n" in between else ""
        return f"{head}: {value}{remark}{self._text[end:]}"

    def _inserted(self, found: _Found, rest: Path, value: str) -> str:
        """With keys that are not there yet, inside of the last that is."""
        node = found.node
        if isinstance(node, yaml.MappingNode) and node.flow_style:
            return self._into_braces(node, rest, value)
        if isinstance(node, yaml.MappingNode) and node.value:
            end = max(self._last(*pair) for pair in node.value)
            return self._lines(end, node.value[0][0].start_mark.column, rest, value)
        if found.key is None:
            return self._lines(len(self._text), 0, rest, value)  # a file without any key
        assert node is not None
        if found.flow:
            return self._replaced(found, "{" + _within(rest, value) + "}")
        emptied = self._text[: node.start_mark.index].rstrip(" ") + self._text[_end(node) :]
        self._text = emptied
        return self._lines(_end(found.key), found.indent + _STEP, rest, value)

    def _into_braces(self, node: yaml.MappingNode, rest: Path, value: str) -> str:
        if node.value:
            at = max(self._last(*pair) for pair in node.value)
            return f"{self._text[:at]}, {_within(rest, value)}{self._text[at:]}"
        at = _end(node) - 1
        return self._text[:at] + _within(rest, value) + self._text[at:]

    def _lines(self, after: int, indent: int, rest: Path, value: str) -> str:
        """With lines of their own behind the line in which `after` stands."""
        end = self._text.find("\n", after)
        end = len(self._text) if end < 0 else end + 1
        head = self._text[:end]
        if head and not head.endswith("\n"):
            head += self._newline
        lines = [f"{' ' * (indent + _STEP * depth)}{name}:" for depth, name in enumerate(rest)]
        lines[-1] += f" {value}"
        return head + "".join(line + self._newline for line in lines) + self._text[end:]

    def _last(self, key: yaml.Node, node: yaml.Node) -> int:
        """Where a key with its value ends; a block's own mark is behind the comments and blanks after it."""
        end = _end(key)
        if not isinstance(node, yaml.CollectionNode) or node.flow_style:
            end = max(end, _end(node))
        else:
            for inner in node.value:
                pair = inner if isinstance(inner, tuple) else (inner, inner)
                end = max(end, self._last(*pair))
        return len(self._text[:end].rstrip()) if self._text[:end].endswith("\n") else end


def _within(rest: Path, value: str) -> str:
    """Keys that are not there yet, as they stand in braces."""
    name, *inner = rest
    return f"{name}: " + (f"{{{_within(tuple(inner), value)}}}" if inner else value)


def _end(node: yaml.Node) -> int:
    return int(node.end_mark.index)
