"""The grammar of all answers that a model may give in one home, as `llguidance` reads it (a form of Lark).

It has one form for each answer: no spaces, keys in their order, nothing escaped. A name is one of this home,
and of a thing with which people do such things.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from paige.models.intent import SlotValue
from paige.models.lm.assistant.calls import MOST_CALLS
from paige.models.lm.assistant.home import Called, HomeWords, shown
from paige.models.lm.assistant.signatures import FREE, HOME, Signature, Values
from paige.models.nlu.shapes import Shapes

_WORD: Final = r'[^"\\\p{C}\p{Zl}\p{Zp}]'
"""A character of free text: none that JSON would escape."""
_MOST_WORDS: Final = 300
"""Characters that are said."""
_MOST_FREE: Final = 60
"""Characters of an item of a list, the name of a timer, or what is to be played."""
_GENERAL: Final = frozenset({"HassTurnOn", "HassTurnOff", "HassToggle"})
"""Intents that mean the whole house where they name nothing: a model must name something."""


def answers(home: HomeWords, signatures: Mapping[str, tuple[Signature, ...]], shapes: Shapes) -> str:
    """The grammar.

    Args:
        home: Whose names may be said.
        signatures: What calls can have.
        shapes: Of the same sentences: with which things an intent is done.
    """
    return _Grammar(home, signatures, shapes).text


class _Grammar:
    def __init__(
        self, home: HomeWords, signatures: Mapping[str, tuple[Signature, ...]], shapes: Shapes
    ) -> None:
        self._home = home
        self._shapes = shapes
        self._domains = {one.context.get("domain", "") for one in home.entities}
        self._terminals: dict[str, str] = {}
        self._known: dict[tuple[bool, Values], str | None] = {}
        self._lines: list[str] = []
        calls = [name for intent, its in signatures.items() for name in self._intent(intent, its)]
        alternatives = [" ".join((_text('{"say":"'), "WORDS", _text('"}')))]
        if calls:
            more = f"({_text(',')} call){{0,{MOST_CALLS - 1}}}"
            alternatives.append(" ".join((_text('{"calls":['), "call", more, _text("]}"))))
            one = f"({' | '.join(calls)})"
            self._lines.append(" ".join(("call:", _text('{"name":"'), one, _text("}}"))))
        self._lines.insert(0, f"start: {' | '.join(alternatives)}")
        self._lines.append(f"WORDS: /{_WORD}{{1,{_MOST_WORDS}}}/")
        self._lines += [f"{name}: {pattern}" for pattern, name in self._terminals.items()]

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def _intent(self, intent: str, its: Iterable[Signature]) -> Iterator[str]:
        """The name of a rule, where this home has things that it can be about."""
        found = [self._signature(intent, one) for one in its if one.slots or intent not in _GENERAL]
        possible = [one for one in found if one is not None]
        if possible:
            rule = f"call_{len(self._lines)}"
            begin = _text(f'{intent}","arguments":{{')
            self._lines.append(f"{rule}: {begin} ({' | '.join(possible)})")
            yield rule

    def _signature(self, intent: str, one: Signature) -> str | None:
        """Slots as a rule has them; None where nothing of this home fits one of them."""
        parts = []
        for number, (slot, values) in enumerate(one.slots):
            value = self._value(intent, slot, values)
            if value is None:
                return None
            parts.append(_text(f'{"," if number else ""}"{slot}":') + " " + value)
        return " ".join(parts) or '""'

    def _value(self, intent: str, slot: str, values: Values) -> str | None:
        if values == FREE:
            return self._quoted(self._terminal(f"/{_WORD}{{1,{_MOST_FREE}}}/"))
        if values == HOME:
            names = list(self._names(intent, slot))
            return self._quoted(self._terminal(" | ".join(map(_text, names)))) if names else None
        return self._one_of(slot, values)

    def _one_of(self, slot: str, values: Values) -> str | None:
        """A terminal of what a slot may be; of domains, only those that the home has."""
        key = slot == "domain", values
        if key not in self._known:
            known: Iterable[SlotValue] = (one for one in values if not isinstance(values, str))
            if slot == "domain":
                known = (value for value in known if value in self._domains)
            texts = [_text(json.dumps(value, ensure_ascii=False)) for value in known]
            self._known[key] = self._terminal(" | ".join(texts)) if texts else None
        return self._known[key]

    def _names(self, intent: str, slot: str) -> Iterator[str]:
        """What may stand between the quotes, which for one of several namesakes is its area, too."""
        if slot == "name":
            fitting = [one for one in self._home.entities if self._shapes.allows(intent, one.context)]
            count = Counter(one.main for one in fitting)
            yield from count
            for one in fitting:
                if count[one.main] > 1 and (area := shown(one.context.get("area", ""))):
                    yield f'{one.main}","area":"{area}'
        else:
            places: tuple[Called, ...] = {"area": self._home.areas, "floor": self._home.floors}.get(slot, ())
            yield from dict.fromkeys(one.main for one in places)

    def _terminal(self, pattern: str) -> str:
        return self._terminals.setdefault(pattern, f"VALUE_{len(self._terminals)}")

    @staticmethod
    def _quoted(terminal: str) -> str:
        return " ".join((_QUOTE, terminal, _QUOTE))


def _text(text: str) -> str:
    """Literal text."""
    return json.dumps(text, ensure_ascii=False)


_QUOTE: Final = _text('"')
