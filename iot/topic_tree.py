"""Which topic filters a topic matches, without looking at all of them."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


def valid_topic(topic: str) -> bool:
    """Whether a message can have this topic: MQTT 3.1.1, sections 1.5.3 and 4.7."""
    return _encodable(topic) and "+" not in topic and "#" not in topic


def valid_filter(topic_filter: str) -> bool:
    """Whether topics can be asked for like this; a broker hangs up on whoever asks otherwise."""
    levels = topic_filter.split("/")
    return (
        _encodable(topic_filter)
        and all(level == "+" or "+" not in level for level in levels)
        and all("#" not in level for level in levels[:-1])
        and (levels[-1] == "#" or "#" not in levels[-1])
    )


def _encodable(text: str) -> bool:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return False
    return 0 < len(encoded) <= 65535 and b"\0" not in encoded


@dataclass(slots=True)
class _Node(Generic[T]):
    children: dict[str, "_Node[T]"] = field(default_factory=dict)
    values: dict[T, None] = field(default_factory=dict)  # a set that keeps its order


class TopicTree(Generic[T]):
    """Values under topic filters, found by topic in the time that its levels take, however many filters.

    Matching is that of MQTT 3.1.1, section 4.7: `+` is one level, `#` the rest and the level above it, and
    neither matches a first level that begins with `$`.
    """

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, topic_filter: str, value: T) -> None:
        """Find `value` for topics that match `topic_filter`, too."""
        node = self._root
        for level in topic_filter.split("/"):
            node = node.children.setdefault(level, _Node())
        node.values[value] = None

    def discard(self, topic_filter: str, value: T) -> None:
        """Find `value` through `topic_filter` no longer."""
        path = [(self._root, "")]
        for level in topic_filter.split("/"):
            child = path[-1][0].children.get(level)
            if child is None:
                return
            path.append((child, level))
        path[-1][0].values.pop(value, None)
        for (parent, _), (node, level) in zip(path[-2::-1], path[:0:-1], strict=True):
            if node.values or node.children:
                break
            del parent.children[level]

    def values(self, topic_filter: str) -> tuple[T, ...]:
        """What stands under exactly this filter."""
        node: _Node[T] | None = self._root
        for level in topic_filter.split("/"):
            node = node.children.get(level) if node is not None else None
        return () if node is None else tuple(node.values)

    def match(self, topic: str) -> tuple[T, ...]:
        """Every value whose filters match `topic`, once each."""
        levels = topic.split("/")
        found: dict[T, None] = {}
        nodes = [self._root]
        for depth, level in enumerate(levels):
            wildcards = depth > 0 or not level.startswith("$")
            reached: list[_Node[T]] = []
            for node in nodes:
                if wildcards and (rest := node.children.get("#")) is not None:
                    found.update(rest.values)
                if wildcards and (single := node.children.get("+")) is not None:
                    reached.append(single)
                if level not in ("+", "#") and (exact := node.children.get(level)) is not None:
                    reached.append(exact)
            nodes = reached
        for node in nodes:
            found.update(node.values)
            if (rest := node.children.get("#")) is not None:
                found.update(rest.values)
        return tuple(found)
