"""Questions that Paige has asked and not yet had answered. Pure: no I/O, and no clock of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from paige.iot.choice import choose
from paige.iot.naming import canonical
from paige.iot.resolution import Choice, Commands, Confirmation, Question
from paige.models.intent import Intent
from paige.models.vocabulary import Name

OPEN_SECONDS: Final = 30.0
"""How long a question stays open. After that a “yes” could be meant for somebody else."""

FOLLOW_SECONDS: Final = 60.0
"""How long “it” can be what the last command was about. After that a sentence stands for itself again."""

_ORDINALS: Final[Mapping[str, int]] = {"first": 0, "second": 1, "third": 2, "last": -1}


@dataclass(frozen=True, slots=True)
class Todo:
    """One of the commands of a sentence, and what is settled about it."""

    intent: Intent
    choice: Choice | None = None
    """What was chosen, where it led to a question."""
    others: tuple[Choice, ...] = ()
    """What else could have been chosen."""
    confirmed: Commands | None = None
    """What is to be done after a yes: that, and nothing else."""
    asks: Question | None = None
    """What must be asked about it before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that is open."""

    matter: Question | Confirmation
    intent: Intent
    """What it is about."""
    since: float
    """When it was asked, in seconds of the pipeline's clock."""
    repeated: bool = False
    before: tuple[Todo, ...] = ()
    """What the same sentence asks for before that; nothing of it is done while the question is open."""
    after: tuple[Todo, ...] = ()

    @property
    def names(self) -> tuple[Name, ...]:
        """What choices are called where the home has no such names; each stands for its choice's label."""
        choices = self.matter.choices if isinstance(self.matter, Question) else ()
        return tuple(Name(name, choice.label) for choice in choices for name in choice.names)

    def offers(self, text: str) -> bool:
        """Whether a sentence is what one of the choices is called in the question, word for word."""
        choices = self.matter.choices if isinstance(self.matter, Question) else ()
        return canonical(text) in {canonical(choice.label) for choice in choices}

    def settled(self, *answered: Todo) -> tuple[Todo, ...]:
        """All that is to be done, with what the answer made of the matter; without it, all the rest."""
        return (*self.before, *answered, *self.after)

    def again(self, now: float) -> "Asked":
        """The same question, asked once more."""
        return replace(self, since=now, repeated=True)


class Dialogue:
    """The open question of each place, and what was done there last; a new one replaces the old."""

    def __init__(self) -> None:
        self._open: dict[str | None, Asked] = {}
        self._last: dict[str | None, tuple[float, tuple[Todo, ...]]] = {}

    def remember(self, here: str | None, done: Sequence[Todo], now: float) -> None:
        """Keep what was carried out for someone in the area `here`, for what may go on with it."""
        self._last[here] = now, tuple(done)

    def last(self, here: str | None, now: float) -> tuple[Todo, ...]:
        """What was carried out last for someone there; nothing where that is too long ago."""
        since, done = self._last.get(here, (now, ()))
        if now - since > FOLLOW_SECONDS:
            del self._last[here]
            return ()
        return done

    def ask(self, here: str | None, asked: Asked) -> None:
        """Keep a question open for whoever speaks in the area `here`."""
        self._open[here] = asked

    def open(self, here: str | None, now: float) -> Asked | None:
        """The question that an answer from the area `here` would be for."""
        asked = self._open.get(here)
        if asked is not None and now - asked.since > OPEN_SECONDS:
            del self._open[here]
            return None
        return asked

    def close(self, here: str | None) -> None:
        """The question there is answered, or dropped."""
        self._open.pop(here, None)


def chosen(question: Question, answer: Intent) -> tuple[Choice, ...]:
    """The choices that an answer picks: one where it is clear, else several or none."""
    meaning = answer.slots.get("answer")
    if meaning == "all":
        return (
            Choice(
                ", ".join(choice.label for choice in question.choices),
                frozenset[str]().union(*(choice.entity_ids for choice in question.choices)),
                timer_ids=frozenset[int]().union(*(choice.timer_ids for choice in question.choices)),
            ),
        )
    if meaning == "yes":  # to "do you mean the lamp?"
        return question.choices if len(question.choices) == 1 else ()
    if isinstance(meaning, str) and meaning in _ORDINALS:
        index = _ORDINALS[meaning]
        return question.choices[index : index + 1 or None]
    named = tuple(choice for choice in question.choices if choice.label == answer.slots.get("name"))
    return named if len(named) == 1 else choose(question, answer.text)
