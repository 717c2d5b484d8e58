"""The configuration as text: every key with its meaning, and what is in effect. No I/O."""

import json
import textwrap
from collections.abc import Iterator

from paige.device.config.document import FILE_SUFFIX, is_secret
from paige.device.config.key import Leaf, leaves, sections
from paige.device.config.load import Loaded
from paige.device.config.schema import Config

_WIDTH = 100
"""Columns of the reference."""

_HEAD = f"""\
# Paige's configuration: every key, with its default. A file needs only the keys that differ; this text
# is such a file itself. Paige takes the file named with --config, else $PAIGE_CONFIG, else
# ~/.config/paige/paige.yaml, else /etc/paige/paige.yaml.
#
# Where a value is from, first to last: the environment variable named with each key (empty is as good
# as none); for a secret, the systemd credential named with it; this file; the default. In this file a
# secret may be written as it is, as `!secret NAME` with `NAME: …` in secrets.yaml beside this file, or
# as KEY{FILE_SUFFIX} with the path of a file that holds it. Relative paths start at this file's folder.
"""


def reference() -> str:
    """Every key with type, default and meaning, as YAML that sets each to its default."""
    lines = [_HEAD]
    described = {path: (section.__doc__ or "").splitlines()[0] for path, section in sections(Config)}
    above: tuple[str, ...] = ()
    for leaf in leaves(Config):
        inner = leaf.path[:-1]
        for depth in range(1, len(inner) + 1):
            if above[:depth] != inner[:depth]:
                lines += ["", *_comment(described[inner[:depth]], depth - 1)]
                lines.append(f"{_indent(depth - 1)}{inner[depth - 1]}:")
        above = inner
        lines += ["", *_key(leaf)]
    return "\n".join(lines) + "\n"


def effective(loaded: Loaded) -> str:
    """What is in effect, a key a line, with where it is from; secrets are masked."""
    rows = [(one.leaf.dotted, _yaml(one.shown), one.source) for one in loaded.settings]
    names = max(len(name) for name, _, _ in rows)
    values = min(40, max(len(value) for _, value, _ in rows))
    return "\n".join(f"{name:<{names}}  {value:<{values}}  # {source}" for name, value, source in rows)


def effective_json(loaded: Loaded) -> str:
    """What is in effect, as one JSON object."""
    keys = {one.leaf.dotted: {"value": one.shown, "source": one.source} for one in loaded.settings}
    return json.dumps({"file": str(loaded.path) if loaded.path else None, "keys": keys}, ensure_ascii=False)


def _key(leaf: Leaf) -> Iterator[str]:
    depth = len(leaf.path) - 1
    default = leaf.key.default_words or ("none" if leaf.default in (None, ()) else _yaml(leaf.default))
    if isinstance(leaf.default, tuple) and leaf.default:
        default = "as here"
    yield from _comment(leaf.key.doc, depth)
    yield from _comment(f"Allowed: {leaf.allowed}. Default: {default}.", depth)
    yield from _comment(f"Environment: {leaf.environment}", depth)
    if is_secret(leaf):
        yield from _comment(f"Credential: {leaf.credential}. Or {leaf.path[-1]}{FILE_SUFFIX}: PATH", depth)
    yield f"{_indent(depth)}{leaf.path[-1]}: {_yaml(leaf.default)}{_example(leaf)}"


def _example(leaf: Leaf) -> str:
    return f"  # such as {leaf.key.example}" if leaf.key.example else ""


def _comment(text: str, depth: int) -> list[str]:
    prefix = _indent(depth) + "# "
    return textwrap.wrap(
        text, _WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False
    )


def _indent(depth: int) -> str:
    return "  " * depth


def _yaml(value: object) -> str:
    """A value in one line of YAML, of which JSON is a part; plain texts need no quotes."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_yaml(one) for one in value) + "]"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    plain = text and all(character.isalnum() or character in "_-./~" for character in text)
    ambiguous = text.lower() in {"null", "~", "true", "false", "yes", "no", "on", "off"} or text[0] in "-~"
    return text if plain and not ambiguous else json.dumps(text, ensure_ascii=False)
