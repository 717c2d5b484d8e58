"""From what someone wrote to a typed value, or to why it is none. No I/O."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.device.config.key import Kind, Leaf
from paige.device.config.secret import MASK, Secret

Written = str | tuple[str, ...] | None
"""A value as it was written: one text, several, or nothing."""

_SWITCHES: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_SHOWN: Final = 60
"""Characters of a wrong value that an error shows."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why something written is not a value of a key."""

    found: str
    """What was found, in words fit for an error; never a secret."""


def convert(leaf: Leaf, written: Written, folder: Path) -> object | Unfit:
    """The value of `leaf` that `written` stands for; a relative path starts at `folder`."""
    if written is None:
        return None if leaf.optional else Unfit("nothing")
    if leaf.kind is Kind.LIST:
        return _texts(leaf, (written,) if isinstance(written, str) else written)
    if not isinstance(written, str):
        return Unfit("a list")
    if leaf.kind is Kind.SECRET:
        return Secret(written)
    value = _scalar(leaf, written, folder)
    return Unfit(show(written)) if value is None else value


def _texts(leaf: Leaf, texts: tuple[str, ...]) -> tuple[str, ...] | Unfit:
    wrong = next((text for text in texts if not _valid(leaf, text)), None)
    return texts if wrong is None else Unfit(show(wrong))


def _valid(leaf: Leaf, text: str) -> bool:
    if not text or (leaf.key.pattern and not re.fullmatch(leaf.key.pattern, text)):
        return False
    try:
        if leaf.key.valid is not None:
            leaf.key.valid(text)
    except ValueError:
        return False
    return True


def _scalar(leaf: Leaf, text: str, folder: Path) -> object | None:
    """The value, or None where the text is none."""
    match leaf.kind:
        case Kind.SWITCH:
            return _SWITCHES.get(text.lower())
        case Kind.INTEGER:
            return _within(leaf, int(text)) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None
        case Kind.NUMBER:
            return _within(leaf, _number(text))
        case Kind.CHOICE:
            return text if text in leaf.choices else None
        case Kind.PATH:
            path = expanded(text) if text and "\0" not in text else None
            return None if path is None else folder / path
        case _:
            return text if _valid(leaf, text) else None


def expanded(text: str) -> Path | None:
    """The path, with `~` or `~NAME` at its begin replaced; None where there is no such user or home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _within(leaf: Leaf, number: float | None) -> float | None:
    low, high = leaf.key.minimum, leaf.key.maximum
    if number is None or (low is not None and number < low) or (high is not None and number > high):
        return None
    return number


def show(text: str) -> str:
    """A written text for an error: quoted, short, and without a password that someone put into an address."""
    before, at, host = text.rpartition("@")
    scheme, slashes, login = before.partition("://")
    if not slashes or ":" in scheme:
        scheme, slashes, login = "", "", before
    user, colon, _ = login.partition(":")
    if at and colon:
        text = f"{scheme}{slashes}{user}:{MASK}@{host}"
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
