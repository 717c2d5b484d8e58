"""What devices send, read with suspicion: every function gives a sound value or says what is wrong."""

import json
import math
from typing import NoReturn

from paige.iot.errors import ReportInvalid

SHOWN_CHARACTERS = 60
"""As much of a strange value as a log line repeats."""


def shown(value: object) -> str:
    """A strange value, short enough for a message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, or nesting as deep
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def text_of(payload: bytes) -> str:
    """The text of a payload.

    Raises:
        ReportInvalid: It is not UTF-8.
    """
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ReportInvalid(f"found {shown(payload)}, expected text in UTF-8") from None


def json_object(payload: bytes | str) -> dict[str, object]:
    """The JSON object of a payload, or of its text.

    Raises:
        ReportInvalid: It is not JSON (RFC 8259, so without NaN), or no object.
    """
    text = payload if isinstance(payload, str) else text_of(payload)
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\ud" in text.lower():
            # An escaped half of a character is no text: it could neither be shown nor sent.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ReportInvalid(f"found {shown(text)}, expected a JSON object") from None
    if not isinstance(value, dict):
        raise ReportInvalid(f"found {shown(value)}, expected a JSON object")
    return value


def number(value: object) -> float:
    """A finite number, given as one or as text.

    Raises:
        ReportInvalid: It is something else.
    """
    try:
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            result = float(value)
            if math.isfinite(result) and "_" not in str(value):  # Python alone reads 1_000 as a number
                return result
    except (ValueError, OverflowError):
        pass
    raise ReportInvalid(f"found {shown(value)}, expected a number")


def number_text(value: float) -> str:
    """A number as people write it: 21.5, and 21 rather than 21.0."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def percent(value: object) -> int:
    """A whole number from 0 to 100; what lies outside is brought to the nearer end.

    Raises:
        ReportInvalid: It is no number.
    """
    return round(min(100.0, max(0.0, number(value))))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
