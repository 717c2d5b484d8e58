"""How many passes an answer takes: token by token, without what is forced, and with guesses.

    python -m paige.tools.bench.lm.passes TOKENIZER.json [--count N]

needs no model: the answers are those that are right for sentences and homes drawn by chance, and a pass is
counted where a model that gives them would be asked. So it is the same for any model of that tokenizer that
answers right, and what a wrong answer costs is not counted. Each home is asked several things, as guesses
learn from what was answered.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from paige.models.grammar.sentences import Sentences
from paige.models.lm.assistant.calls import Calls, read
from paige.models.lm.assistant.drafts import HomeDrafts
from paige.models.lm.assistant.grammar import answers
from paige.models.lm.assistant.guidance import Guide
from paige.models.lm.assistant.guidance import Vocabulary as Tokens
from paige.models.lm.assistant.home import HomeWords
from paige.models.lm.assistant.signatures import signatures
from paige.models.lm.constrained import write
from paige.models.lm.sampling import Sampler, Sampling
from paige.models.nlu.shapes import Shapes
from paige.models.vocabulary import Vocabulary
from paige.tools.bench.part import Table
from paige.tools.training.decoder.from_language import SpokenLanguage
from paige.tools.training.decoder.homes import Homes, part_of
from paige.tools.training.homes import Stock

_PROMPT: Final = (0,)
"""Stands for what a model would read; that is one pass, whatever it is."""
_EACH: Final = 8
"""Requests to one home."""


@dataclass(frozen=True, slots=True)
class Passes:
    """Of one answer."""

    tokens: int
    singly: int
    """Each token in a pass of its own."""
    forced: int
    """What the grammar forces is read together."""
    guessed: int
    """With guesses."""
    calls: bool
    """Whether it calls anything, and does not only say something."""


class Knowing:
    """Reads as a model would that gives one answer, and counts.

    Args:
        answer: Tokens.
        size: Of the vocabulary.
    """

    def __init__(self, answer: Sequence[int], size: int) -> None:
        self._answer = answer
        self._size = size
        self._read = -len(_PROMPT)
        self.passes = 0

    @property
    def room(self) -> int:
        """Tokens that can still be read."""
        return 10_000

    def read(self, tokens: Sequence[int], wanted: int) -> NDArray[np.float32]:
        """Logits that like the next token of the answer. Shape: [wanted, vocabulary]."""
        self.passes += 1
        self._read += len(tokens)
        found = np.zeros((wanted, self._size), np.float32)
        for row in range(wanted):
            at = self._read - wanted + 1 + row
            if at < len(self._answer):
                found[row, self._answer[at]] = 1.0
        return found

    def forget(self, tokens: int) -> None:
        """Take back the last tokens."""
        self._read -= tokens


def measured(tokenizer: Tokenizer, count: int, language: str = "en") -> Iterator[Passes]:
    """Passes of answers to sentences and homes drawn by chance, of which no model has learned the names."""
    random = Random(2026)  # noqa: S311  # sentences, not secrets
    homes, spoken = Homes(part_of(Stock.of(language), held_out=True)), SpokenLanguage(language, held_out=True)
    sentences = Sentences.for_language(language)
    asking = _Asking(tokenizer, sentences)
    asked = 0
    while asked < count:
        home = homes.draw(random)
        asking.enter(home)
        for turn in list(spoken.turns(home, 100, random))[:_EACH]:
            found = asking.ask(turn.request, turn.answer)
            if found is not None:
                asked += 1
                yield found


class _Asking:
    def __init__(self, tokenizer: Tokenizer, sentences: Sentences) -> None:
        self._tokenizer = tokenizer
        self._size = tokenizer.get_vocab_size()
        self._tokens = Tokens(tokenizer, self._size)
        self._shapes, self._signatures = Shapes(sentences), signatures(sentences)

    def enter(self, home: Vocabulary) -> None:
        words = HomeWords(home)
        self._grammar = answers(words, self._signatures, self._shapes)
        self._drafts = HomeDrafts(self._tokenizer, words, self._signatures)

    def ask(self, request: str, answer: str) -> Passes | None:
        """None where the grammar does not allow the answer just so."""
        right = self._tokenizer.encode(answer, add_special_tokens=False).ids
        self._drafts.begin(request)
        passes: list[int] = []
        for singly, drafts in ((True, None), (False, None), (False, self._drafts)):
            reader, guide = Knowing(right, self._size), Guide(self._tokens, self._grammar)
            found = write(reader, _PROMPT, guide, Sampler(Sampling()), most=400, drafts=drafts, singly=singly)
            if list(found.tokens) != right:
                return None
            passes.append(found.passes)
        self._drafts.learn(right)
        one_by_one, forced, guessed = passes
        return Passes(len(right), one_by_one, forced, guessed, isinstance(read(answer), Calls))


def table(found: Sequence[Passes]) -> Table:
    """Of answers by what they are, and of how many tokens."""
    kinds = {
        "calls": [one for one in found if one.calls],
        "calls of 20 to 30 tokens": [one for one in found if one.calls and 20 <= one.tokens <= 30],
        "words": [one for one in found if not one.calls],
    }
    rows = [_row(name, some) for name, some in kinds.items() if some]
    head = ("answers", "asked", "tokens", "one by one", "without what is forced", "with guesses", "share")
    return Table("Passes of an answer", head, tuple(rows), ("Means. The prompt is read in the first pass.",))


def _row(name: str, some: Sequence[Passes]) -> tuple[str, ...]:
    means = [
        statistics.fmean(values)
        for values in zip(*((one.tokens, one.singly, one.forced, one.guessed) for one in some), strict=True)
    ]
    share = sum(one.guessed for one in some) / sum(one.singly for one in some)
    return (name, str(len(some)), *(f"{mean:.1f}" for mean in means), f"{share:.0%}")


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, and writes a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tokenizer", metavar="TOKENIZER.json")
    parser.add_argument("--count", type=int, default=1000, help="answers (default: 1000)")
    options = parser.parse_args(argv)
    tokenizer = Tokenizer.from_file(options.tokenizer)
    sys.stdout.write(table(list(measured(tokenizer, options.count))).markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
