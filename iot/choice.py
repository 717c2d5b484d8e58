"""Questions about what was meant, and what becomes of the answers."""

import difflib
from collections import Counter
from collections.abc import Collection, Sequence

from paige.iot.entity import Entity
from paige.iot.naming import canonical
from paige.iot.resolution import Asks, Choice, Question
from paige.models.intent import Intent

SAME_WORD = 0.8
"""How alike two words must be to count as the same, misheard, as difflib counts."""


def question_of_entity(intent: Intent, entities: Sequence[Entity]) -> Question:
    """Which of several entities is meant.

    Each is called by what tells it from the others: its name, where the names differ; else its area; else an
    alias that no other has; else the words of its id.
    """
    candidates = [_labels(entity) for entity in entities]
    counts = Counter(label for labels in candidates for label in set(map(canonical, labels)))
    choices = []
    for entity, labels in zip(entities, candidates, strict=True):
        label = next((label for label in labels if counts[canonical(label)] == 1), entity.id)
        choices.append(Choice(label, frozenset({entity.id}), entity.area))
    return Question(Asks.WHICH, intent, tuple(choices))


def question_of_area(intent: Intent, entities: Collection[Entity]) -> Question:
    """In which area, of those that have what is meant."""
    areas = sorted({entity.area for entity in entities if entity.area is not None})
    return Question(
        Asks.AREA,
        intent,
        tuple(
            Choice(area, frozenset(entity.id for entity in entities if entity.area == area), area)
            for area in areas
        ),
    )


def choose(question: Question, text: str) -> tuple[Choice, ...]:
    """The choices that an answer names: one where it is clear, several where it fits them alike, else none.

    The words that a choice has and not all others share decide: of "Desk Lamp" and "Floor Lamp", "the desk
    one" means the first. Ordinals, and words for all of them, belong to the language: see `answers` in its
    `responses.yaml`.
    """
    exact = tuple(choice for choice in question.choices if canonical(choice.label) == canonical(text))
    if exact:
        return exact
    said = canonical(text).split()
    labels = [frozenset(canonical(choice.label).split()) for choice in question.choices]
    shared = frozenset[str]().union(*labels).intersection(*labels)
    areas = _telling_areas(question)
    scores = []
    for label, area in zip(labels, areas, strict=True):
        telling = (label - shared) | area
        heard = [word for word in telling if any(_alike(word, one) for one in said)]
        scores.append(len(heard) / max(1, len(label - shared)))
    best = max(scores, default=0.0)
    return tuple(
        choice for choice, score in zip(question.choices, scores, strict=True) if score == best and score > 0
    )


def _labels(entity: Entity) -> list[str]:
    words = entity.id.partition(".")[2].replace("_", " ")
    return [entity.name, *([entity.area] if entity.area else ()), *entity.aliases, words]


def _telling_areas(question: Question) -> list[frozenset[str]]:
    """The words of each choice's area, where areas, too, tell the choices apart."""
    areas = [choice.area or "" for choice in question.choices]
    distinct = "" not in areas and len(set(areas)) == len(areas)
    return [frozenset(canonical(area).split()) if distinct else frozenset() for area in areas]


def _alike(word: str, other: str) -> bool:
    return word == other or (
        min(len(word), len(other)) > 3 and difflib.SequenceMatcher(None, word, other).ratio() >= SAME_WORD
    )
