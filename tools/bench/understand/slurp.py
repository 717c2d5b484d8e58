"""SLURP’s rows in a home’s terms: what each means by the table of the training, and to `home.yaml`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paige.iot.home_file import HomeDescription
from paige.models.grammar.lists import AREA
from paige.models.grammar.tokens import words_of
from paige.models.nlu.slots import AMOUNT, LEVEL, STEP, UP, WHEN
from paige.models.nlu.tags import spans
from paige.models.nlu.wording import Wording
from paige.tools.bench.understand.cases import TARGETS, Answer, Case, judged, picked
from paige.tools.bench.understand.frames import FrameRules
from paige.tools.bench.understand.parser import LANGUAGE
from paige.tools.training.examples import Example

OUTSIDE: Final = (
    "calendar",
    "cooking",
    "email",
    "general",
    "news",
    "qa",
    "recommendation",
    "social",
    "takeaway",
    "transport",
)
"""SLURP's scenarios of which nothing is for a home. Of `alarm`, `datetime`, `lists`, `music`, `play` and
`weather` some is and some is not; what the table has as surely not for one counts apart."""
IOT, AUDIO = "iot", "audio"
TURN_ON: Final = "HassTurnOn"
ALL: Final = "all"
"""Stands for a name where no single thing is meant."""


def scenario(example: Example) -> str:
    """SLURP's scenario of a row."""
    return example.label.split("_")[0]


def text_of(example: Example) -> str:
    """A row as a sentence, which is cut into the same words again: an apostrophe stands without spaces."""
    return " ".join(example.words).replace(" ' ", "'")


@dataclass(frozen=True, slots=True)
class Unsayable:
    """Why a row asks for nothing that `home.yaml` could do at once."""

    why: str
    """`later`, `not there` (something that it names), or `no value` to set anything to."""


class SlurpCases:
    """Rows as cases of a home."""

    def __init__(
        self, home: HomeDescription, colors: Mapping[tuple[str, ...], str], rules: FrameRules
    ) -> None:
        self._rules = rules
        names = {
            "name": [(spoken, one.name) for one in home.entities for spoken in one.names],
            "area": [(spoken, one.name) for one in home.areas for spoken in (one.name, *one.aliases)],
            "floor": [(spoken, one.name) for one in home.floors for spoken in (one.name, *one.aliases)],
        }
        self._known: dict[str, dict[str, str]] = {
            kind: {_joined(rules.plain(words_of(spoken))): main for spoken, main in its}
            for kind, its in names.items()
        }
        self._known["color"] = {_joined(rules.plain(words)): value for words, value in colors.items()}
        self._wording = Wording.for_language(LANGUAGE)
        self._home = home

    def case(self, example: Example) -> Case | Unsayable:
        """What a row means to the home; why it means nothing there."""
        found: dict[str, Any] = {}
        number: float | None = None
        for slot, begin, end in spans(example.tags or ()):
            said = example.words[begin:end]
            if slot == WHEN:
                return Unsayable("later")
            if slot == AMOUNT:
                number = self._rules.number(said)
                continue
            words = self._rules.plain(said)
            if slot == AREA and (words in self._wording.whole_home or words in self._wording.here):
                continue
            place = self._place(slot, words)
            if place is None or place[0] in found:
                return Unsayable("not there")
            found[place[0]] = place[1]
        found |= self._traits(example, number)
        if example.intent in self._rules.needs_a_value and found.keys() <= {*TARGETS}:
            return Unsayable("no value")
        return Case(example.label, text_of(example), example.intent, found, Path("home.yaml"))

    def meant(self, case: Case, answer: Answer) -> Answer:
        """An answer by what it would do: a thing that is turned on may be started by that."""
        started = self._rules.started.get(case.intent)
        if started is None or answer.intent != TURN_ON:
            return answer
        domain_of = {entity.id: entity.domain for entity in self._home.entities}
        reached = {domain_of[one] for one in picked(answer.slots, self._home)}
        return Answer(case.intent, answer.slots, answer.asks) if reached == {started} else answer

    def right(self, case: Case, answer: Answer) -> bool:
        """Whether an answer does what a case asks for, to the same things."""
        answer = self.meant(case, answer)
        same = Case(case.id, case.text, case.intent, self._implied(case.intent, case.slots), case.home)
        return judged(
            same, Answer(answer.intent, self._implied(case.intent, answer.slots)), self._home
        ).action

    def _place(self, slot: str, words: tuple[str, ...]) -> tuple[str, str] | None:
        for kind in (slot, "floor") if slot == "area" else (slot,):
            if _joined(words) in self._known.get(kind, {}):
                return kind, self._known[kind][_joined(words)]
        return None

    def _traits(self, example: Example, number: float | None) -> dict[str, Any]:
        step = STEP.get(example.intent, "")
        traits: dict[str, Any] = dict(example.traits)
        if number is None:
            return traits
        way = traits.pop(step, None)
        if way is None:
            return {**traits, LEVEL[example.intent]: number}
        return {**traits, step: number if way == UP else -number}

    def _implied(self, intent: str, slots: Mapping[str, Any]) -> dict[str, Any]:
        """Slots with the kind of thing that the intent is about, where they say neither kind nor name."""
        if slots.get("name", ALL) != ALL:
            return {slot: value for slot, value in slots.items() if slot != "domain"}
        return {**self._rules.implied(intent), **slots}


def of_scenario(examples: Sequence[Example], *scenarios: str) -> list[Example]:
    """Those of some scenarios."""
    return [example for example in examples if scenario(example) in scenarios]


def _joined(words: Sequence[str]) -> str:
    """Whether a name is written as one word or two is no difference."""
    return "".join(words)
