"""What a language model makes of requests that it did not learn from.

    python -m paige.tools.training.decoder.measure CHECKPOINT --data FOLDER

writes a table: of the checkpoint in 32 bits, and of what a board would run of it. Greedy; without anything
that would keep an answer in its form, or with the grammar of each home.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from paige.models.grammar.sentences import Sentences
from paige.models.lm.assistant.answering import HomeModel
from paige.models.lm.assistant.calls import Call, Calls, Malformed, read
from paige.models.lm.assistant.home import HomeWords
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.models.lm.packing import pack
from paige.models.lm.quantization import ROW, Quantization
from paige.models.lm.slot import Slot
from paige.models.lm.words import Words
from paige.models.vocabulary import Vocabulary
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import convert
from paige.tools.training.decoder.asked import Asked
from paige.tools.training.decoder.from_examples import ONLY_THIS_HOUSE, Placing
from paige.tools.training.decoder.from_language import SpokenLanguage
from paige.tools.training.decoder.homes import Homes, part_of
from paige.tools.training.decoder.rows import Encoder
from paige.tools.training.decoder.turns import Turn
from paige.tools.training.from_slurp import from_slurp
from paige.tools.training.homes import Stock

FORMS: Final[Mapping[str, Quantization]] = {
    "32": Quantization(32),
    "8": Quantization(8, 32),
    "8-rows": Quantization(8, ROW),
    "4": Quantization(4, 32),
}
"""How weights may be written."""
POSITIONS: Final = 1024
MOST_SAID: Final = 120
SETS: Final[Mapping[str, str]] = {
    "usual": "learned sentences, new homes with usual names",
    "homes": "learned sentences, homes of names that were not",
    "sentences": "sentences and homes that were not learned from",
    "ours": "usual homes: things named nearly, several things and commands, what there is",
    "slurp": "SLURP's development set, what is for a home",
    "other": "SLURP's development set, what is for none",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One request to a home, and what is right."""

    home: Vocabulary
    turns: Sequence[Turn]


@dataclass(slots=True)
class Score:
    """Of one set."""

    asked: int = 0
    exact: int = 0
    intents: int = 0
    """Right ones, of requests for calls."""
    calls: int = 0
    """Requests for calls."""
    named: int = 0
    names: int = 0
    """Names that were given, and those of them that this home has."""
    formed: int = 0
    loss: float = 0.0
    tokens: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    right_kinds: Counter[str] = field(default_factory=Counter)

    def add(self, turn: Turn, said: str, home: HomeWords) -> None:
        """Count an answer."""
        self.asked += 1
        self.kinds[turn.kind] += 1
        wanted, got = read(turn.answer), read(said)
        self.exact += wanted == got
        self.right_kinds[turn.kind] += wanted == got
        self.formed += not isinstance(got, Malformed)
        if isinstance(wanted, Calls):
            self.calls += 1
            self.intents += isinstance(got, Calls) and _names(got) == _names(wanted)
        if isinstance(got, Calls):
            for call in got.calls:
                self._count_names(call, home)

    def _count_names(self, call: Call, home: HomeWords) -> None:
        if "Timer" in call.name or "List" in call.name:  # whose names are anybody's words
            return
        for slot, value in call.arguments.items():
            if slot in home.meanings:
                self.named += 1
                self.names += str(value) in home.meanings[slot]


def _names(calls: Calls) -> list[str]:
    return [call.name for call in calls.calls]


def cases(language: str, data: Path, count: int) -> Mapping[str, Sequence[Case]]:
    """What is measured with, the same in every run."""
    random = Random(2026)  # noqa: S311  # sentences, not secrets
    homes = Homes(part_of(Stock.of(language), held_out=True), held_out=True)
    usual = Homes(part_of(Stock.of(language), held_out=False), strange=0)
    learned, others = SpokenLanguage(language), SpokenLanguage(language, held_out=True)
    asked, placing = Asked(language), Placing(language)
    found: dict[str, list[Case]] = {name: [] for name in SETS}
    rows = list(from_slurp(data / "slurp" / "dev.jsonl"))
    refused = [row for row in rows if row.other]
    for row in (row for row in rows if not row.other):
        placed = placing.placed(row, homes.draw(random), random)
        if placed is not None:
            found["slurp"].append(Case(placed.home, [Turn(placed.said, placed.answer, row.label)]))
    while sum(len(case.turns) for case in found["homes"]) < count:
        home = homes.draw(random)
        found["homes"].append(Case(home, list(learned.turns(home, 8, random))))
        found["sentences"].append(Case(home, list(others.turns(home, 100, random))[:8]))
        said = random.sample(refused, 8)
        turns = [Turn(" ".join(one.words).replace(" ' ", "'"), ONLY_THIS_HOUSE, one.label) for one in said]
        found["other"].append(Case(home, turns))
        home = usual.draw(random)
        found["usual"].append(Case(home, list(learned.turns(home, 8, random))))
        drawn = (asked.draw(home, random) for _ in range(8))
        found["ours"].append(Case(home, [turn for turn in drawn if turn is not None]))
    return found


class Resident:
    """All shards of a model, each in a slot."""

    def __init__(self, model: PackedModel, threads: int) -> None:
        self._slots: dict[str, Slot] = {}
        for shard in model.manifest.shards:
            slot = self._slots[shard] = Slot(model.graph(shard), threads)
            slot.fill([memoryview((model.folder / shard).read_bytes())])

    @contextmanager
    def lease(self, shard: str) -> Iterator[Slot]:
        """A shard's slot."""
        yield self._slots[shard]


class Answering:
    """A model that answers requests to homes.

    Args:
        folder: As `convert` makes it.
        threads: Processor threads.
        grammar: Whether it can only say what is an answer, of names of the home.
    """

    def __init__(self, folder: Path, threads: int, *, grammar: bool) -> None:
        with tempfile.TemporaryDirectory() as packed:
            for _ in pack(folder, Path(packed) / "model"):
                pass
            model = PackedModel.load(Path(packed) / "model")
            self._decoder = Decoder(model, Resident(model, threads), POSITIONS)
        words = Words(folder)
        self._tokenizer, self._encoder = words.tokenizer, Encoder(words.tokenizer)
        self._guided: HomeModel | None = None
        if grammar:
            known = KeyValues(self._decoder.shape, POSITIONS)
            self._guided = HomeModel(self._decoder, known, words, Sentences.for_language("en"))

    def measured(self, some: Sequence[Case]) -> Score:
        """What it makes of some."""
        score = Score()
        for case in some:
            words = HomeWords(case.home)
            known = KeyValues(self._decoder.shape, POSITIONS)
            home = self._encoder.home(words.text)
            self._decoder.read(home, known)
            for turn in case.turns:
                if self._guided is not None:
                    score.add(turn, self._guided.answer(turn.request, case.home).text, words)
                    continue
                known.length = len(home)
                score.add(turn, self.answer(turn.request, known), words)
                known.length = len(home)
                self._lose(turn, known, score)
        return score

    def answer(self, request: str, known: KeyValues) -> str:
        """What it says, greedily."""
        tokens = self._encoder.request(request)
        said: list[int] = []
        while len(said) < MOST_SAID:
            token = int(self._decoder.read(tokens, known)[-1].argmax())
            if token == self._encoder.end:
                break
            said.append(token)
            tokens = [token]
        text: str = self._tokenizer.decode(said, skip_special_tokens=False)
        return text

    def _lose(self, turn: Turn, known: KeyValues, score: Score) -> None:
        """Adds what the right answer would have cost."""
        answer = self._encoder.answer(turn.answer)
        tokens = [*self._encoder.request(turn.request), *answer]
        logits = self._decoder.read(tokens[:-1], known, wanted=len(answer)).astype(
            np.float64
        )  # [answer, vocabulary]
        logits -= logits.max(axis=-1, keepdims=True)
        shares = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        score.loss -= float(shares[np.arange(len(answer)), answer].sum())
        score.tokens += len(answer)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, and writes a table."""
    options = _parser().parse_args(argv)
    sets = cases("en", options.data, options.count)
    print("| weights | requests | asked | exact | intents | names | in form | loss |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for form in options.forms:
        with tempfile.TemporaryDirectory() as folder:
            convert(Checkpoint(options.checkpoint), FORMS[form], Path(folder), "Apache-2.0")
            answering = Answering(Path(folder), options.threads, grammar=options.grammar)
            for name in options.sets:
                _tell(FORMS[form], name, answering.measured(sets[name]), kinds=options.kinds)
    return 0


def _tell(form: Quantization, name: str, score: Score, *, kinds: bool) -> None:
    print(_row(str(form), name, score), flush=True)
    for kind, count in score.kinds.most_common() if kinds else ():
        print(f"    {kind}: {score.right_kinds[kind]} of {count}", file=sys.stderr)


def _row(form: str, name: str, score: Score) -> str:
    def share(part: int, whole: int) -> str:
        return f"{100 * part / whole:.1f} %" if whole else ""

    cells = (
        form,
        SETS[name],
        str(score.asked),
        share(score.exact, score.asked),
        share(score.intents, score.calls),
        share(score.names, score.named),
        share(score.formed, score.asked),
        f"{score.loss / score.tokens:.3f}" if score.tokens else "",
    )
    return f"| {' | '.join(cells)} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path, help="folder with config.json and model.safetensors")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=tuple(FORMS), help="default: all")
    parser.add_argument("--grammar", action="store_true", help="only what the grammar of the home allows")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=tuple(SETS), help="default: all")
    parser.add_argument("--count", type=int, default=400, help="requests of a set, about (default: 400)")
    parser.add_argument("--kinds", action="store_true", help="how it went by kind, too")
    parser.add_argument("--threads", type=int, default=2, help="processor threads")
    return parser


if __name__ == "__main__":
    sys.exit(main())
