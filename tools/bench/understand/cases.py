"""Sentences with what they mean in Home Assistant's words, and how an answer to them is judged.

An answer's intent may be right; its action, when every argument is right and its targets are the same
entities of the home; and it may be exact, when every slot is right. The rules are those of the script with
which the sets are scored elsewhere, so that both give the same figures.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paige.iot.home_file import HomeDescription, load_home

Slots = Mapping[str, Any]
"""Values by slot; of a list any one is right."""

TARGETS: Final = ("name", "area", "floor", "domain", "device_class")


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence to one home."""

    id: str
    text: str
    intent: str
    slots: Slots
    home: Path


@dataclass(frozen=True, slots=True)
class Answer:
    """What a parser makes of a sentence."""

    intent: str | None
    """None where it is refused."""
    slots: Slots
    asks: bool = False
    """Whether it must be asked back before anything can be done."""

    def acts(self, home: HomeDescription) -> bool:
        """Whether something would be done, or answered, at once: it names nothing that the home has not."""
        if self.intent is None or self.asks:
            return False
        targets = _targets(self.slots)
        return not targets or bool(picked(targets, home))


@dataclass(frozen=True, slots=True)
class Judged:
    """What is right of an answer."""

    intent: bool
    action: bool
    exact: bool


def ha_cases(folder: Path) -> list[Case]:
    """The cases of a folder with `cases.jsonl` and `homes/`."""
    return [
        Case(row["id"], row["text"], row["intent"], row["slots"], folder / "homes" / row["home"])
        for row in map(json.loads, (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines())
    ]


def judged(case: Case, answer: Answer, home: HomeDescription) -> Judged:
    """What is right of an answer to a case that was said to a home."""
    if answer.intent != case.intent:
        return Judged(intent=False, action=False, exact=False)
    same = _exact(case.slots, answer.slots)
    return Judged(intent=True, action=same or _action(case.slots, answer.slots, home), exact=same)


def homes_of(cases: Sequence[Case]) -> dict[Path, HomeDescription]:
    """The homes that cases are said to."""
    return {path: load_home(path) for path in dict.fromkeys(case.home for case in cases)}


def picked(slots: Slots, home: HomeDescription) -> list[str]:
    """The entities that the target slots of an answer pick, by their ids."""
    area_of = {_plain(name): _plain(area.name) for area in home.areas for name in (area.name, *area.aliases)}
    floor_of = {_plain(area.name): _plain(area.floor) for area in home.areas}
    found = []
    for entity in home.entities:
        area = _plain(entity.area)
        has = {
            "name": [_plain(name) for name in (entity.name, *entity.aliases)],
            "area": [area],
            "floor": [floor_of.get(area, _plain(None))],
            "domain": [_plain(entity.domain)],
            "device_class": [_plain(entity.device_class)],
        }
        for slot in TARGETS:
            if slot not in slots or (slot == "name" and slots[slot] == "all"):  # some cases say name: all
                continue
            wanted = [_plain(value) for value in _options(slots[slot])]
            if slot == "area":
                wanted = [area_of.get(value, value) for value in wanted]
            if not any(value in wanted for value in has[slot]):
                break
        else:
            found.append(entity.id)
    return found


def _action(expected: Slots, got: Slots, home: HomeDescription) -> bool:
    if not _exact(_rest(expected), _rest(got)):
        return False
    want, have = _targets(expected), _targets(got)
    if not want or not have:
        return not want and not have
    ours, theirs = picked(want, home), picked(have, home)
    return ours == theirs if ours or theirs else _exact(want, have)


def _rest(slots: Slots) -> Slots:
    return {slot: value for slot, value in slots.items() if slot not in TARGETS}


def _targets(slots: Slots) -> Slots:
    return {slot: value for slot, value in slots.items() if slot in TARGETS}


def _exact(expected: Slots, got: Slots) -> bool:
    return expected.keys() == got.keys() and all(
        not isinstance(got[slot], list | dict) and _plain(got[slot]) in map(_plain, _options(value))
        for slot, value in expected.items()
    )


def _options(value: Any) -> list[Any]:  # noqa: ANN401  # as JSON has it
    return value if isinstance(value, list) else [value]


def _plain(value: Any) -> Any:  # noqa: ANN401  # as above
    """Numbers as numbers, text without regard to case and spaces."""
    if isinstance(value, bool):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return " ".join(str(value).casefold().split())
