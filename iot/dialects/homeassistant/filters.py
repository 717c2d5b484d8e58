"""The filters of templates, with Home Assistant's meaning, each bounded in what it costs.

What a filter is given may be undefined: a message need not mention everything. A filter that needs a value
then raises `UndefinedError`, which means that the message says nothing about this; on a value that it cannot
use, it raises `ValueError` or `TypeError`, which means that the message is not understood.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any

from jinja2 import filters as jinja
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import Undefined
from jinja2.utils import htmlsafe_json_dumps

LONGEST_SEARCHED = 256
"""Characters in which a pattern is looked for; with the limits on patterns it bounds their cost."""

MOST_REPEATS = 2
"""Unbounded repeats in a pattern: it takes up to the length searched, to the power of one more than this."""

_NONE = object()
_TRUE = frozenset({"1", "true", "yes", "on", "enable"})
_FALSE = frozenset({"0", "false", "no", "off", "disable"})


def check_replacement(text: str, old: str, new: str, largest: int) -> None:
    """Refuse a replacement that makes a text too long."""
    if len(text) + text.count(old) * len(new) > largest:
        raise SecurityError("the text would be too long")


def replace(value: object, old: str, new: str, count: int, largest: int) -> str:
    """Text with every `old` replaced, or the first `count` of them."""
    text, old, new = str(value), str(old), str(new)
    check_replacement(text, old, new, largest)
    return text.replace(old, new, count)


def is_number(value: object) -> bool:
    """Whether it is a finite number, or text that says one."""
    try:
        return math.isfinite(float(value))  # type: ignore[arg-type]  # what does not fit raises, which is the question
    except (ValueError, TypeError, UndefinedError, OverflowError):
        return False


def _defined(value: Any) -> Any:  # noqa: ANN401  # a filter takes whatever a message holds
    """The value; that it is undefined says that the message does not mention it."""
    if isinstance(value, Undefined):
        raise UndefinedError("it is not mentioned")
    return value


def _float(value: Any, default: Any = _NONE) -> Any:  # noqa: ANN401  # as above
    try:
        return float(_defined(value))
    except (ValueError, TypeError, UndefinedError):
        if default is _NONE:
            raise
        return default


def _int(value: Any, default: Any = _NONE, base: int = 10) -> Any:  # noqa: ANN401  # as above
    try:
        if isinstance(_defined(value), str):
            try:
                return int(value, base)
            except ValueError:
                pass
        return int(float(value))
    except (ValueError, TypeError, OverflowError, UndefinedError):
        if default is _NONE:
            raise
        return default


def _round(value: Any, precision: int = 0, method: str = "common", default: Any = _NONE) -> Any:  # noqa: ANN401  # as above
    if abs(precision) > 20:
        raise SecurityError("the precision is out of bounds")
    try:
        exact = float(_defined(value))
        scale = 10.0**precision
        if method == "ceil":
            rounded = math.ceil(exact * scale) / scale
        elif method == "floor":
            rounded = math.floor(exact * scale) / scale
        elif method == "half":
            rounded = round(exact * 2) / 2
        else:
            rounded = round(exact, precision)
        return int(rounded) if precision == 0 and method != "half" else rounded
    except (ValueError, TypeError, OverflowError, UndefinedError):
        if default is _NONE:
            raise
        return default


def _bool(value: Any, default: Any = _NONE) -> Any:  # noqa: ANN401  # as above
    if isinstance(value, (bool, int, float)):
        return bool(value)
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if default is _NONE:
        raise ValueError("it is neither true nor false")
    return default


def _iif(value: object, if_true: object = True, if_false: object = False, if_none: object = _NONE) -> object:
    if value is None and if_none is not _NONE:
        return if_none
    return if_true if value else if_false


def _multiply(value: Any, amount: float, default: Any = _NONE) -> Any:  # noqa: ANN401  # as above
    product = _float(value, default)
    return product if product is default else product * amount


def _add(value: Any, amount: float, default: Any = _NONE) -> Any:  # noqa: ANN401  # as above
    total = _float(value, default)
    return total if total is default else total + amount


def _bitwise_and(value: Any, other: int) -> int:  # noqa: ANN401  # as above
    return int(_int(value)) & other


def _bitwise_or(value: Any, other: int) -> int:  # noqa: ANN401  # as above
    return int(_int(value)) | other


def _ordinary(value: Iterable[Any]) -> list[Any]:
    return list(_defined(value))


def _join(value: Iterable[Any], separator: str = "") -> str:
    parts = [str(item) for item in value]
    if sum(map(len, parts)) + len(separator) * len(parts) > 200_000:
        raise SecurityError("the text would be too long")
    return separator.join(parts)


def _length(value: Sized) -> int:
    return len(_defined(value))


def _first(value: Any) -> Any:  # noqa: ANN401  # as above
    return next(iter(value), None)


def _last(value: Any) -> Any:  # noqa: ANN401  # as above
    return value[-1] if value else None


def _from_json(value: Any, default: Any = _NONE) -> Any:  # noqa: ANN401  # as above
    try:
        return json.loads(_defined(value))
    except (ValueError, RecursionError):
        if default is _NONE:
            raise ValueError("it is not JSON") from None
        return default


def _to_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _tojson(value: object) -> str:
    return str(htmlsafe_json_dumps(value, sort_keys=True))


def _pattern(pattern: str, ignorecase: bool) -> re.Pattern[str]:
    """A pattern whose cost is bounded: repeats of single characters only, and few of them."""
    plain = re.sub(r"\\[^1-9]", "x", pattern)
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "x", plain)
    repeats = re.findall(r"[*+]|\{\d*,?\d*\}", plain)
    if re.search(r"\)[*+?{]|\\|\(\?[P(]", plain) or len(repeats) > MOST_REPEATS or plain.count("?") > 8:
        raise SecurityError("the pattern could take too long")
    return re.compile(pattern, re.IGNORECASE if ignorecase else 0)


def _searched(value: object) -> str:
    text = str(value)
    if len(text) > LONGEST_SEARCHED:
        raise SecurityError("the text is too long to search")
    return text


def _regex_match(value: object, find: str = "", ignorecase: bool = False) -> bool:
    return _pattern(find, ignorecase).match(_searched(value)) is not None


def _regex_search(value: object, find: str = "", ignorecase: bool = False) -> bool:
    return _pattern(find, ignorecase).search(_searched(value)) is not None


def _regex_replace(value: object = "", find: str = "", replace: str = "", ignorecase: bool = False) -> str:
    return _pattern(find, ignorecase).sub(_searched(replace), _searched(value))


def _regex_findall(value: object, find: str = "", ignorecase: bool = False) -> list[Any]:
    return _pattern(find, ignorecase).findall(_searched(value))


def _regex_findall_index(value: object, find: str = "", index: int = 0, ignorecase: bool = False) -> Any:  # noqa: ANN401  # as above
    return _regex_findall(value, find, ignorecase)[index]


def _contains(value: Any, item: object) -> bool:  # noqa: ANN401  # as above
    return item in value


FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "add": _add,
    "bitwise_and": _bitwise_and,
    "bitwise_or": _bitwise_or,
    "bool": _bool,
    "capitalize": lambda value: str(value).capitalize(),
    "contains": _contains,
    "count": _length,
    "d": jinja.do_default,
    "default": jinja.do_default,
    "first": _first,
    "float": _float,
    "from_json": _from_json,
    "iif": _iif,
    "int": _int,
    "is_defined": _defined,
    "is_number": is_number,
    "join": _join,
    "last": _last,
    "length": _length,
    "list": _ordinary,
    "lower": lambda value: str(value).lower(),
    "max": lambda *values: max(*values),
    "min": lambda *values: min(*values),
    "multiply": _multiply,
    "regex_findall": _regex_findall,
    "regex_findall_index": _regex_findall_index,
    "regex_match": _regex_match,
    "regex_replace": _regex_replace,
    "regex_search": _regex_search,
    "round": _round,
    "string": str,
    "sum": lambda values: sum(values),
    "title": lambda value: str(value).title(),
    "to_json": _to_json,
    "tojson": _tojson,
    "trim": lambda value: str(value).strip(),
    "upper": lambda value: str(value).upper(),
}
