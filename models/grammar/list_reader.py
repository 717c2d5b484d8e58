"""Reads one list of a sentence file."""

from typing import Any

from paige.models.grammar.lists import RangeList, SlotList, TextList, TextValue, WildcardList
from paige.models.grammar.yaml_file import Keys, Place, YamlFile

_FRACTIONS = {None: (), "halves": (0.5,), "tenths": tuple(number / 10 for number in range(1, 10))}
_RANGE_KEYS = (
    "from",
    "to",
    "step",
    "type",
    "multiplier",
    "fractions",
    "digits",
    "words",
    "words_language",
)
_TYPES = ("number", "percentage", "temperature")


def read_list(file: YamlFile, keys: Keys, name: str, body: object) -> SlotList:
    """A list from what the file says about it.

    Raises:
        SentencesInvalid: It is none of the three kinds of list.
    """
    if isinstance(body, dict):
        if "values" in body:
            return TextList(name, _values(file, (*keys, "values"), name, body["values"]))
        if "range" in body:
            return _range(file, (*keys, "range"), name, body["range"])
        if body.get("wildcard"):
            spoken = _spoken(file, (*keys, "spoken"), body.get("spoken", []))
            return WildcardList(name, spoken, bool(body.get("sentence")))
    raise file.error(keys, f"the list {name} needs values, or a range, or wildcard: true")


def _spoken(file: YamlFile, keys: Keys, body: object) -> tuple[str, ...]:
    if not isinstance(body, list) or not all(isinstance(phrase, str) for phrase in body):
        raise file.error(keys, "spoken must be a list of phrases, each in quotes if YAML would misread it")
    return tuple(body)


def _values(file: YamlFile, keys: Keys, name: str, body: object) -> tuple[TextValue, ...]:
    if not isinstance(body, list):
        raise file.error(keys, f"the values of the list {name} must be a list")
    return tuple(_text_value(file, (*keys, number), item) for number, item in enumerate(body))


def _text_value(file: YamlFile, keys: Keys, item: object) -> TextValue:
    place = Place.of(file, keys)
    if isinstance(item, dict):
        said, out, context = item.get("in"), item.get("out"), item.get("context")
        if not isinstance(said, str | int | float) or isinstance(said, bool):
            raise file.error(keys, "a value needs in: what is said, in quotes")
        if not isinstance(out, str | int | float | None) or isinstance(out, bool):
            raise file.error((*keys, "out"), "out must be a word, in quotes, or a number")
        if not isinstance(context, dict | None):
            raise file.error((*keys, "context"), "context needs names with values")
        words = {str(key): str(value) for key, value in (context or {}).items() if value is not None}
        return TextValue(str(said), out, words, place)
    if isinstance(item, bool) or not isinstance(item, str | int | float):
        raise file.error(keys, "a value must be words, in quotes where YAML would read something else")
    plain = not set(str(item)) & set("(){}<>[]|@")
    return TextValue(str(item), str(item) if plain else None, {}, place)


def _range(file: YamlFile, keys: Keys, name: str, body: object) -> RangeList:
    if not isinstance(body, dict):
        raise file.error(keys, f"the range of the list {name} needs from and to")
    for key in body:
        if key not in _RANGE_KEYS:
            raise file.error(
                (*keys, str(key)), f"a range has no key {key!r}; allowed are {', '.join(_RANGE_KEYS)}"
            )
    if body.get("type", "number") not in _TYPES:
        raise file.error((*keys, "type"), f"the type of a range is one of {', '.join(_TYPES)}")
    fractions = body.get("fractions")
    if not isinstance(fractions, str | None) or fractions not in _FRACTIONS:
        raise file.error((*keys, "fractions"), "fractions are halves or tenths")
    start, stop, step = (_whole(file, keys, body, key) for key in ("from", "to", "step"))
    if start > stop or step < 1:
        raise file.error(keys, f"a range goes up by 1 or more; {start} to {stop} by {step} does not")
    if not (body.get("digits", True) or body.get("words", True)):
        raise file.error(keys, "numbers that are said neither in digits nor in words are never said")
    return RangeList(
        name,
        start,
        stop,
        step,
        multiplier=_multiplier(file, keys, body),
        fractions=_FRACTIONS[fractions],
        digits=bool(body.get("digits", True)),
        words=bool(body.get("words", True)),
        words_language=body.get("words_language"),
    )


def _whole(file: YamlFile, keys: Keys, body: dict[str, Any], key: str) -> int:
    value = body.get(key, 1 if key == "step" else None)
    if isinstance(value, bool) or not isinstance(value, int):
        raise file.error((*keys, key), f"{key} must be a whole number, not {value!r}")
    return value


def _multiplier(file: YamlFile, keys: Keys, body: dict[str, Any]) -> float | None:
    value = body.get("multiplier")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise file.error((*keys, "multiplier"), f"multiplier must be a number, not {value!r}")
    return float(value)
