"""How fast sentences are understood: Paige and hassil alone, on the same sentences and home, in one run."""

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import hassil
import yaml

from paige.iot.errors import IotError
from paige.iot.home_file import load_home
from paige.models.errors import ModelError
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences, packaged_files
from paige.models.intent import Intent
from paige.models.vocabulary import Name, Vocabulary
from paige.tools.bench.distribution import Distribution, milliseconds
from paige.tools.bench.part import Part, Table, Tell

REPEATS: Final = 3
SENTENCES: Final = 500
"""Random ones, where none are given."""

Understand = Callable[[str], str | None]
"""The intent of a sentence; None where it is not understood."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one engine."""

    load_seconds: float
    """Reading the sentence files."""
    home_seconds: float
    """Taking up the names of the home."""
    first_seconds: float
    """The first sentence, which makes what is made when it is needed."""
    seconds: Distribution
    """Of each later sentence."""
    understood: int
    """Of the distinct sentences."""

    @property
    def sentences_a_second(self) -> float:
        """One after the other, on one core."""
        return len(self.seconds.values) / sum(self.seconds.values)


@dataclass(frozen=True, slots=True)
class Report:
    """Both engines on the same sentences."""

    sentences: int
    repeats: int
    names: int
    """Of entities, aliases included."""
    templates: int
    paige: Measured
    hassil: Measured
    same_intent: int
    """Sentences of which both say the same intent, or none."""


def run(home: Path, sentences: Sequence[str], repeat: int = REPEATS, language: str = "en") -> Report:
    """Measure both engines with the packaged sentences of a language.

    Args:
        home: A home description.
        sentences: What is said; none for random ones.
        repeat: How often each sentence is said, after the first time.
        language: Code of a packaged language.
    """
    vocabulary = load_home(home).vocabulary()
    start = perf_counter()
    loaded = Sentences.for_language(language)
    loading = perf_counter() - start
    said = sentences or _random(language, vocabulary)
    start = perf_counter()
    ours = Language(loaded, vocabulary)
    naming = perf_counter() - start

    def understand(text: str) -> str | None:
        result = ours.parse(text)
        return result.name if isinstance(result, Intent) else None

    paige, our_intents = _measured(understand, loading, naming, said, repeat)
    theirs, their_intents = _hassil(vocabulary, said, repeat, language)
    same = sum(one == other for one, other in zip(our_intents, their_intents, strict=True))
    return Report(len(said), repeat, len(vocabulary.entities), len(loaded.templates), paige, theirs, same)


def measure(repeats: int | None, tell: Tell) -> Part:
    """The part `parse` of `paige bench`: the demo's home, random sentences."""
    with resources.as_file(resources.files("paige.tools.demo") / "home.yaml") as home:
        tell(f"{SENTENCES} sentences, first Paige, then hassil, which takes a while")
        return part(run(home, (), repeats or REPEATS))


def part(report: Report) -> Part:
    """A report as tables and figures."""
    rows = (
        ("sentences a second", *(f"{one.sentences_a_second:,.0f}" for one in _both(report))),
        ("one sentence, median, ms", *(milliseconds(one.seconds.median) for one in _both(report))),
        ("one sentence, p95, ms", *(milliseconds(one.seconds.p95) for one in _both(report))),
        ("first sentence, ms", *(milliseconds(one.first_seconds) for one in _both(report))),
        ("loading the sentences, ms", *(milliseconds(one.load_seconds) for one in _both(report))),
        ("taking up the home, ms", *(milliseconds(one.home_seconds) for one in _both(report))),
        ("understood", *(str(one.understood) for one in _both(report))),
    )
    notes = (
        f"{report.sentences} sentences, each said {report.repeats} times after the first; "
        f"{report.templates} templates, {report.names} names of entities.",
        f"Both give the same intent for {report.same_intent} of {report.sentences}.",
    )
    table = Table("Text to intent", ("", "Paige", "hassil"), rows, notes)
    figures = {"paige": _figures(report.paige), "hassil": _figures(report.hassil)}
    counts = {key: value for key, value in asdict(report).items() if isinstance(value, int)}
    return Part(
        "parse",
        "Sentences understood, against hassil in the same run: the same files, home and sentences.",
        "paige bench parse",
        (table,),
        {**counts, **figures},
    )


def _both(report: Report) -> tuple[Measured, Measured]:
    return report.paige, report.hassil


def _figures(measured: Measured) -> dict[str, Any]:
    return {
        "sentences_a_second": measured.sentences_a_second,
        "seconds": measured.seconds.figures(),
        "first_seconds": measured.first_seconds,
        "load_seconds": measured.load_seconds,
        "home_seconds": measured.home_seconds,
        "understood": measured.understood,
    }


def _random(language: str, vocabulary: Vocabulary) -> list[str]:
    # Of sentences of their own: following these makes the automaton know them before it is measured.
    sampled = Language(Sentences.for_language(language), vocabulary).sample(SENTENCES, seed=1)
    return [intent.text for intent in sampled]


def _hassil(
    vocabulary: Vocabulary, sentences: Sequence[str], repeat: int, language: str
) -> tuple[Measured, list[str | None]]:
    start = perf_counter()
    merged: dict[str, Any] = {"language": language}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in packaged_files(language):
        text = file.read_text(encoding="utf-8")
        hassil.merge_dict(merged, yaml.load(text, Loader=loader))  # noqa: S506  # both loaders are safe
    intents = hassil.Intents.from_dict(merged)
    loading = perf_counter() - start
    start = perf_counter()
    named = {"name": vocabulary.entities, "area": vocabulary.areas, "floor": vocabulary.floors}
    lists: dict[str, hassil.SlotList] = {
        kind: hassil.TextSlotList.from_tuples(map(_entry, names), allow_template=False, name=kind)
        for kind, names in named.items()
    }
    context = {"area": vocabulary.here} if vocabulary.here else {}
    naming = perf_counter() - start

    def understand(text: str) -> str | None:
        result = hassil.recognize_best(
            text, intents, slot_lists=lists, intent_context=context, best_slot_name="name", language=language
        )
        return result.intent.name if result else None

    return _measured(understand, loading, naming, sentences, repeat)


def _entry(name: Name) -> tuple[str, Any, dict[str, Any]]:
    places = ("area", "floor")
    return name.spoken, name.value, {key: value for key, value in name.context.items() if key not in places}


def _measured(
    understand: Understand, loading: float, naming: float, sentences: Sequence[str], repeat: int
) -> tuple[Measured, list[str | None]]:
    gc.collect()
    start = perf_counter()
    intents = [understand(sentences[0])]
    first = perf_counter() - start
    intents += [understand(text) for text in sentences[1:]]
    seconds = []
    for _ in range(repeat):
        for text in sentences:
            start = perf_counter()
            understand(text)
            seconds.append(perf_counter() - start)
    understood = sum(intent is not None for intent in intents)
    return Measured(loading, naming, first, Distribution.of(seconds), understood), intents


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure any home and sentences, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m paige.tools.bench.parse", description=__doc__)
    parser.add_argument("home", metavar="HOME.yaml", type=Path)
    parser.add_argument(
        "--sentences", metavar="FILE", type=Path, help="a sentence a line; random ones without"
    )
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--language", default="en")
    given = parser.parse_args(arguments)
    try:
        said = given.sentences.read_text(encoding="utf-8").splitlines() if given.sentences else []
        report = run(given.home, said, given.repeats, given.language)
    except (OSError, UnicodeDecodeError, ModelError, IotError) as error:
        print(f"parse: {error}", file=sys.stderr)
        return 1
    print(part(report).markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
