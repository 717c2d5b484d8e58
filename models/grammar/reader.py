"""Reads sentence files strictly and merges them as Home Assistant does."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from paige.models.errors import SentencesInvalid
from paige.models.grammar.list_reader import read_list
from paige.models.grammar.list_values import ways_to_say
from paige.models.grammar.lists import HOME_LISTS, SlotList, TextList, TextValue
from paige.models.grammar.sentences import Block, Requirement, Sentences, Template
from paige.models.grammar.template import Rule, Scope, check_syntax
from paige.models.grammar.tokens import Words, words_of
from paige.models.grammar.yaml_file import Keys, Place, YamlFile, parse_yaml, read_yaml, yaml_files
from paige.models.intent import SlotValue

FILE_KEYS = (
    "language",
    "intents",
    "lists",
    "expansion_rules",
    "skip_words",
    "settings",
    "responses",
    "data",
)
BLOCK_KEYS = (
    "sentences",
    "slots",
    "response",
    "requires_context",
    "excludes_context",
    "expansion_rules",
    "lists",
    "metadata",
    "required_keywords",
    "settings",
    "inferred_domain",
    "name_domains",
    "context_area",
)
_INTENT_KEYS = ("data", "description", "response", "platforms")


@dataclass(frozen=True, slots=True)
class _Pending:
    """A block whose templates wait until every list and rule is known."""

    file: YamlFile
    keys: Keys
    block: Block
    sentences: tuple[str, ...]
    lists: Mapping[str, SlotList]
    rules: Mapping[str, Rule]


def sentence_files(path: Path) -> list[Path]:
    """A file itself; of a folder, every YAML file below it, in the order of their names.

    Raises:
        SentencesInvalid: There is none.
    """
    files = yaml_files(path)
    if not files:
        raise SentencesInvalid(f"{path}: this folder has no .yaml file")
    return files


class Reader:
    """Collects files; `sentences()` resolves what they refer to."""

    def __init__(self, language: str | None) -> None:
        self._language = language
        self._pending: list[_Pending] = []
        self._lists: dict[str, SlotList] = {}
        self._rules: dict[str, Rule] = {}
        self._skip_words: list[str] = []

    def add_path(self, path: Path, custom: bool) -> None:
        """Read a file, or every YAML file below a folder, in the order of their names."""
        for file in sentence_files(path):
            self._add(read_yaml(file), custom)

    def add_text(self, text: str, source: str, custom: bool) -> None:
        """Read what was loaded already."""
        self._add(parse_yaml(text, source), custom)

    def sentences(self) -> Sentences:
        """All of it, with lists and rules resolved."""
        language = self._language or "en"
        shared = Scope(self._lists, self._rules, language)
        templates: list[Template] = []
        ways: dict[TextValue, Sequence[Words]] = {}
        for pending in self._pending:
            scope = shared
            if pending.lists or pending.rules:
                lists, rules = {**self._lists, **pending.lists}, {**self._rules, **pending.rules}
                scope = Scope(lists, rules, language, shared.made, shared.parts)
                ways.update(_ways(pending.lists, scope))
            for number, text in enumerate(pending.sentences):
                place = Place.of(pending.file, (*pending.keys, "sentences", number))
                templates.append(Template(text, scope.read(text, place), pending.block, place))
        for rule in self._rules.values():
            check_syntax(rule.template, rule.place)
        ways.update(_ways(self._lists, shared))
        return Sentences(language, tuple(templates), self._lists, self._rules, tuple(self._skip_words), ways)

    def _add(self, file: YamlFile, custom: bool) -> None:
        if file.content is None:
            return
        content = _mapping(file, (), file.content, FILE_KEYS, "a sentence file")
        self._check_language(file, content.get("language"))
        for name, values in _named(file, ("lists",), content.get("lists")):
            if custom and name in HOME_LISTS:
                raise file.error(
                    ("lists", name),
                    f"the list {name} is what your home gives; call yours something else, such as my_{name}, "
                    f"and write {{my_{name}:{name}}} to fill the slot {name} from it",
                )
            self._merge_list(name, read_list(file, ("lists", name), name, values))
        self._rules.update(_rules(file, ("expansion_rules",), content.get("expansion_rules")))
        self._skip_words += _strings(file, ("skip_words",), content.get("skip_words"))
        for intent, body in _named(file, ("intents",), content.get("intents")):
            inner = _mapping(file, ("intents", intent), body, _INTENT_KEYS, f"the intent {intent}")
            self._add_blocks(file, ("intents", intent, "data"), intent, inner.get("data"), custom)
        if "data" in content:
            intent = PurePath(file.source).parent.name
            self._add_blocks(file, ("data",), intent, content["data"], custom)

    def _check_language(self, file: YamlFile, language: object) -> None:
        if language is None:
            return
        if not isinstance(language, str):
            raise file.error(("language",), f"a language such as en is expected, not {language!r}")
        if self._language is None:
            self._language = language
        elif language.split("-")[0] != self._language.split("-")[0]:
            raise file.error(
                ("language",), f"this file is for {language}, but Paige listens for {self._language}"
            )

    def _merge_list(self, name: str, new: SlotList) -> None:
        old = self._lists.get(name)
        if isinstance(old, TextList) and isinstance(new, TextList):
            new = TextList(name, old.values + new.values)
        self._lists[name] = new

    def _add_blocks(self, file: YamlFile, keys: Keys, intent: str, data: object, custom: bool) -> None:
        if not isinstance(data, list):
            raise file.error(keys, f"the intent {intent} needs data: a list of blocks with sentences")
        for number, body in enumerate(data):
            self._add_block(file, (*keys, number), intent, body, custom)

    def _add_block(self, file: YamlFile, keys: Keys, intent: str, body: object, custom: bool) -> None:
        block = _mapping(file, keys, body, BLOCK_KEYS, f"a block of {intent}")
        sentences = _strings(file, (*keys, "sentences"), block.get("sentences"))
        if "sentences" not in block:
            raise file.error(keys, f"a block of {intent} has no sentences")
        lists = {
            name: read_list(file, (*keys, "lists", name), name, values)
            for name, values in _named(file, (*keys, "lists"), block.get("lists"))
        }
        rules = _rules(file, (*keys, "expansion_rules"), block.get("expansion_rules"))
        made = _block(file, keys, intent, block, custom)
        self._pending.append(_Pending(file, keys, made, tuple(sentences), lists, rules))


def _ways(lists: Mapping[str, SlotList], scope: Scope) -> Iterable[tuple[TextValue, Sequence[Words]]]:
    for one in lists.values():
        if isinstance(one, TextList):
            for value in one.values:
                yield value, ways_to_say(value, scope)


def _block(file: YamlFile, keys: Keys, intent: str, body: Mapping[str, Any], custom: bool) -> Block:
    requires = list(_requirements(file, (*keys, "requires_context"), body.get("requires_context")))
    slots = dict(_slots(file, (*keys, "slots"), body.get("slots")))
    if "name_domains" in body:
        domains = _strings(file, (*keys, "name_domains"), body["name_domains"])
        requires.append(Requirement("domain", frozenset(domains)))
    if "inferred_domain" in body:
        slots.setdefault("domain", _string(file, (*keys, "inferred_domain"), body["inferred_domain"]))
    if body.get("context_area"):
        requires.append(Requirement("area", None, "area"))
    response = body.get("response")
    return Block(
        intent=intent,
        slots=slots,
        requires=tuple(requires),
        excludes=tuple(
            one
            for one in _requirements(file, (*keys, "excludes_context"), body.get("excludes_context"))
            if one.allowed is not None  # without a value, Home Assistant excludes nothing
        ),
        response="default" if response is None else _string(file, (*keys, "response"), response),
        keywords=frozenset(
            words_of(phrase)
            for phrase in _strings(file, (*keys, "required_keywords"), body.get("required_keywords"))
        )
        - {()},
        custom=custom,
    )


def _requirements(file: YamlFile, keys: Keys, body: object) -> Iterable[Requirement]:
    for key, wanted in _named(file, keys, body):
        slot: str | None = None
        if isinstance(wanted, dict):
            copied = wanted.get("slot")
            slot = copied if isinstance(copied, str) else key if copied else None
            wanted = wanted.get("value")
        if wanted is None:
            yield Requirement(key, None, slot)
        else:
            values = wanted if isinstance(wanted, list) else [wanted]
            yield Requirement(key, frozenset(_value(file, (*keys, key), value) for value in values), slot)


def _value(file: YamlFile, keys: Keys, value: object) -> str:
    if isinstance(value, bool):
        raise file.error(keys, _unquoted(value))
    return str(value)


def _slots(file: YamlFile, keys: Keys, body: object) -> Iterable[tuple[str, SlotValue]]:
    for name, value in _named(file, keys, body):
        if isinstance(value, bool):
            raise file.error((*keys, name), _unquoted(value))
        if not isinstance(value, str | int | float):
            raise file.error((*keys, name), f"the slot {name} needs words or a number, not {_kind(value)}")
        yield name, value


def _rules(file: YamlFile, keys: Keys, body: object) -> dict[str, Rule]:
    return {
        name: Rule(_string(file, (*keys, name), text), Place.of(file, (*keys, name)))
        for name, text in _named(file, keys, body)
    }


def _mapping(file: YamlFile, keys: Keys, body: object, allowed: tuple[str, ...], what: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise file.error(keys, f"{what} has keys ({', '.join(allowed)}), but here is {_kind(body)}")
    for key in body:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; allowed are {', '.join(allowed)}"
            raise file.error((*keys, str(key)), f"{what} has no key {key!r}{hint}")
    return body


def _named(file: YamlFile, keys: Keys, body: object) -> list[tuple[str, Any]]:
    if body is None:
        return []
    if not isinstance(body, dict):
        raise file.error(keys, f"{keys[-1]} needs names with values, but here is {_kind(body)}")
    for name in body:
        if not isinstance(name, str):
            raise file.error((*keys, str(name)), f"a name in {keys[-1]} must be in quotes: {name!r}")
    return list(body.items())


def _strings(file: YamlFile, keys: Keys, body: object) -> list[str]:
    if body is None:
        return []
    if isinstance(body, str):
        return [body]
    if not isinstance(body, list):
        raise file.error(keys, f"{keys[-1]} needs a list of words, but here is {_kind(body)}")
    return [_string(file, (*keys, number), item) for number, item in enumerate(body)]


def _string(file: YamlFile, keys: Keys, value: object) -> str:
    if isinstance(value, bool):
        raise file.error(keys, _unquoted(value))
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise file.error(keys, f"words are expected, but here is {_kind(value)}; put the text in quotes")
    return value


def _unquoted(value: bool) -> str:
    words = "on, yes or true" if value else "off, no or false"
    return f"without quotes, YAML takes {words} for a truth value; put the word in quotes"


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a group of keys"
    return "a list" if isinstance(value, list) else f"{value!r}"
