"""Conversations to learn from: a home, and requests to it with their answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from paige.models.lm.assistant.home import described
from paige.models.vocabulary import Vocabulary
from paige.tools.training.decoder.asked import Asked
from paige.tools.training.decoder.from_examples import ONLY_THIS_HOUSE, Placing, is_device, only_for_homes
from paige.tools.training.decoder.from_language import SpokenLanguage
from paige.tools.training.decoder.homes import Device, Homes, is_held_out, part_of
from paige.tools.training.decoder.turns import Style, Turn, say
from paige.tools.training.examples import Example
from paige.tools.training.from_clinc import from_clinc
from paige.tools.training.from_grammar import talk
from paige.tools.training.from_home_llm import from_home_llm, names
from paige.tools.training.from_slurp import from_hwu64, from_slurp, read_rows
from paige.tools.training.homes import Stock
from paige.tools.training.table import table

_TALK: Final = 4_000
_DOMAINS: Final = {"blinds": "cover", "garage_door": "cover"}

SHARES: Final[Mapping[str, float]] = {
    "language": 0.38,
    "asked": 0.27,
    "placed": 0.15,
    "absent": 0.07,
    "refused": 0.09,
    "talk": 0.04,
}
"""Of turns, by how they are made."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is told of a home, and turns that know nothing of each other."""

    home: str
    turns: Sequence[Turn]


@dataclass(frozen=True, slots=True)
class Sources:
    """Requests of data sets, none of which is measured with."""

    for_homes: Sequence[Example]
    refused: Sequence[Example]
    small_talk: Sequence[tuple[str, str]]
    """What is said, and what is answered."""
    devices: Sequence[Device]

    @classmethod
    def gather(cls, language: str, data: Path, talked: int = _TALK) -> "Sources":
        """All of them.

        Args:
            language: Such as `en`.
            data: A folder with the data sets, each in the folder of its name.
            talked: Sentences of talk that sounds like a command and is none.
        """
        measured = {example.words for example in from_slurp(data / "slurp" / "dev.jsonl")}
        hwu = [one for one in from_hwu64(data / "hwu64" / "train.jsonl") if one.words not in measured]
        piles = [one for one in from_home_llm(data / "home_llm", 1) if one.words not in measured]
        clinc = from_clinc(data / "clinc150", "train.jsonl", "oos_train_plus.jsonl")
        answers: Mapping[str, str] = table(f"{language}/assistant.yaml")["talk"]
        refused = [one for one in (*hwu, *clinc, *talk(language, talked, 1)) if one.other]
        return cls(
            only_for_homes(hwu) + only_for_homes(piles),
            [one for one in refused if one.words not in measured and one.label not in answers],
            [
                (row["text"], say(answers[row["intent"]]))
                for row in read_rows(data / "clinc150" / "train.jsonl")
                if row["intent"] in answers
            ],
            [
                Device(_DOMAINS.get(domain, domain), name)
                for domain, its in sorted(names(data / "home_llm").items())
                for name in its
                if is_device(domain) and not is_held_out(name)
            ],
        )


class Mixture:
    """Draws conversations, the same for the same seed.

    Args:
        language: Such as `en`.
        sources: Requests of data sets.
    """

    def __init__(self, language: str, sources: Sources) -> None:
        self._sources = sources
        self._homes = Homes(part_of(Stock.of(language), held_out=False), sources.devices)
        self._spoken, self._asked = SpokenLanguage(language), Asked(language)
        self._placing, self._style = Placing(language), Style(language)

    def conversation(self, seed: int, turns: int, *, large: bool = False) -> Conversation:
        """A home with about so many turns, in no order."""
        random = Random(seed)  # noqa: S311  # sentences, not secrets
        count = {kind: _about(share * turns, random) for kind, share in SHARES.items()}
        home = self._homes.draw(random, large=large)
        made: list[Turn] = []
        for _ in range(count["placed"]):
            home, turn = self._placed(home, random)
            made += [turn] if turn is not None else []
        made += self._spoken.turns(home, count["language"], random)
        other = self._homes.draw(random)
        made += self._spoken.of_others(home, other, 2 * count["absent"], random)
        makers: Mapping[str, Callable[[Vocabulary, Random], Turn | None]] = {
            "asked": self._asked.draw,
            "refused": self._refused,
            "talk": self._talk,
        }
        for kind, make in makers.items():
            drawn = (make(home, random) for _ in range(count[kind]))
            made += [turn for turn in drawn if turn is not None]
        random.shuffle(made)
        return Conversation(described(home), made)

    def _placed(self, home: Vocabulary, random: Random) -> tuple[Vocabulary, Turn | None]:
        example = random.choice(self._sources.for_homes)
        placed = self._placing.placed(example, home, random)
        if placed is None:
            return home, None
        return placed.home, Turn(self._style.written(placed.said, random), placed.answer, example.source)

    def _refused(self, _: Vocabulary, random: Random) -> Turn:
        example = random.choice(self._sources.refused)
        said = self._style.written(" ".join(example.words).replace(" ' ", "'"), random, around=False)
        return Turn(said, ONLY_THIS_HOUSE, "refused")

    def _talk(self, _: Vocabulary, random: Random) -> Turn:
        said, answer = random.choice(self._sources.small_talk)
        return Turn(self._style.written(said, random, around=False), answer, "talk")


def _about(wanted: float, random: Random) -> int:
    """A whole number that is so large on average."""
    return int(wanted + random.random())
