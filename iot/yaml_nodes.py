"""The nodes of a YAML document, which alone know their lines, read with suspicion."""

import difflib
from collections.abc import Mapping

import yaml

from paige.iot.errors import HomeInvalid

NULL = "tag:yaml.org,2002:null"


class NodeReader:
    """Takes values from nodes; what is wrong with one is `HomeInvalid`, with its line."""

    def __init__(self, source: str) -> None:
        """Read what messages call `source`."""
        self.source = source

    def required(self, item: yaml.Node, keys: Mapping[str, yaml.Node], key: str, what: str) -> yaml.Node:
        """The value of a key that must be there; `keys` are those of `item`, which is `what`."""
        if key not in keys:
            raise self.error(item, key, f"{what} without it", f"{what} with {with_article(key)}")
        return keys[key]

    def text(self, node: yaml.Node, key: str) -> str:
        """A text that is not empty, with single spaces."""
        return self._filled(node, key, " ".join(self.exact(node, key).split()))

    def exact(self, node: yaml.Node, key: str) -> str:
        """A text to the letter, which may be empty: what YAML would take for a number or a truth as well."""
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(node, key, kind_of(node), "a text")
        return str(node.value)

    def _filled(self, node: yaml.Node, key: str, text: str) -> str:
        if not text:
            raise self.error(node, key, "an empty text", "a text")
        return text

    def sequence(self, node: yaml.Node | None, key: str) -> list[yaml.Node]:
        """The items of a list; none where there is no node."""
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, key, kind_of(node), "a list")
        return list(node.value)

    def mapping(self, node: yaml.Node, what: str, allowed: tuple[str, ...]) -> dict[str, yaml.Node]:
        """The keys that have a value, all of them known ones."""
        pairs = self.pairs(node, what)
        for key, value in pairs.items():
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                raise self.error(value, key, f"an unknown key in {what}", listed(allowed) + hint)
        return {key: value for key, value in pairs.items() if value.tag != NULL}

    def pairs(self, node: yaml.Node, what: str) -> dict[str, yaml.Node]:
        """Keys with values, each key once."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, what, kind_of(node), "keys with values")
        pairs: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.text(key, what)
            if name in pairs:
                raise self.error(key, name, f"the key twice in {what}", "each key once")
            pairs[name] = value
        return pairs

    def error(self, node: yaml.Node, key: str, found: str, allowed: str) -> HomeInvalid:
        """What is wrong at a node, to be raised."""
        return HomeInvalid(f"{self.source}, line {line_of(node)}, {key}: found {found}; allowed: {allowed}")


def line_of(place: yaml.Node | yaml.Event) -> int:
    """Its line, counted from 1."""
    mark = place.start_mark
    assert mark is not None, "PyYAML marks all that it reads from text"
    return int(mark.line) + 1


def kind_of(node: yaml.Node) -> str:
    """What a node is, in a reader's words."""
    if isinstance(node, yaml.MappingNode):
        return "keys with values"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "nothing" if node.tag == NULL else f"'{node.value}'"


def with_article(noun: str) -> str:
    """A noun as messages speak of one."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def listed(words: tuple[str, ...]) -> str:
    """Words as messages list them."""
    return ", ".join(words)
