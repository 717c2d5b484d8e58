"""Values that nobody but their user may see, and what keeps them out of text."""

import json
import logging
import urllib.parse
from typing import Final

MASK: Final = "***"

_revealed: set[str] = set()
"""Every spelling of every secret that has been used; `redact` masks them."""


class Secret:
    """A value that shows itself only when asked in so many words.

    `str`, `repr`, formatting and pickling never give the value away; `reveal` does, and from then on `redact`
    masks it wherever it turns up.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. Only for handing it to what needs it."""
        if self._value:
            _revealed.update(_spellings(self._value))
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written down")


def _spellings(value: str) -> set[str]:
    """How a value may be written in a log: as it is, inside `repr`, JSON or a URL."""
    return {
        value,
        repr(value)[1:-1],
        repr(value.encode())[2:-1],
        json.dumps(value)[1:-1],
        urllib.parse.quote(value, safe=""),
    }


def redact(text: str) -> str:
    """`text` without any secret that has been revealed in this process."""
    for spelling in sorted(_revealed, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return text


class SecretFilter(logging.Filter):
    """Masks secrets in a record's message and traceback. It belongs on handlers: those see every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place and let it pass."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
