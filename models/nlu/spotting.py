"""Where words may have been said in a row of phones, whatever was written down for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

import numpy as np
from numpy.typing import NDArray

Phones = tuple[str, ...]

EDIT: Final = 2
"""The price of a phone that is another one, too many, or missing."""
_ALIKE: Final = 1
"""The price of one that is nearly the same."""
_FAR: Final = 100
_LONGEST: Final = 14
"""Phones of a word; longer ones are not looked for."""
_DRIFT: Final = 3
"""A word is heard in at most so many phones more or fewer than it has."""
_TOLERANCE: Final = 1.0
"""The price of a word, for each of its phones, up to which it may have been said."""

_CLASSES: Final = (
    "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW",
    "P B T D K G",
    "F V TH DH P B",
    "S Z SH ZH",
    "CH JH SH T",
    "M N NG",
    "L R W",
    "D DH",
    "T V F",
)
"""Phones, as CMU's dictionary writes them, that PocketSphinx took for each other most."""
_FAINT: Final = frozenset(["D", "T", "HH", "R", "AH", "L", "N"])
"""Those that it lost, or heard where there were none, most."""


Spotted = dict[str, list[tuple[int, int]]]
"""Words that may begin at a phone: for each the numbers of the phones behind its end, and their prices."""


class Spotter:
    """Finds known words in phones.

    Args:
        words: Each with how it is said, as phones; there may be several ways.
    """

    def __init__(self, words: Mapping[str, Iterable[Phones]]) -> None:
        said = [(word, way) for word, ways in words.items() for way in ways if 0 < len(way) <= _LONGEST]
        said.sort(key=lambda one: -len(one[1]))
        self._words = [word for word, _ in said]
        self._known = frozenset(words)
        self._lengths = np.array([len(way) for _, way in said])  # [words], falling
        self._code: dict[str, int] = {}
        self._phones = np.zeros((len(said), _LONGEST), np.intp)  # [words, phones]
        for row, (_, way) in enumerate(said):
            self._phones[row, : len(way)] = [self._code.setdefault(phone, len(self._code)) for phone in way]
        self._prices = _prices(self._code)
        lost = np.full(max(1, len(self._code)), EDIT, np.int16)
        lost[[number for phone, number in self._code.items() if phone in _FAINT]] = _ALIKE
        self._lost = lost[self._phones]  # [words, phones]

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def spot(self, heard: Sequence[Set[str]]) -> list[Spotted]:
        """For each phone: the words that may begin with it. A phone may be one of several."""
        count = len(heard)
        prices = np.full((count + _LONGEST + _DRIFT, self._prices.shape[1]), _FAR, np.int16)
        for at, phones in enumerate(heard):
            codes = [self._code.get(phone, len(self._code)) for phone in phones]
            prices[at] = self._prices[codes].min(axis=0)  # [phones that are known]
        starts = np.arange(count)
        more = np.full(len(prices), EDIT, np.int16)
        more[:count] = [_ALIKE if phones & _FAINT else EDIT for phones in heard]
        found: list[Spotted] = [{} for _ in heard]
        for length, ends in self._ends(prices, more, starts):
            rows = np.flatnonzero(self._lengths == length)
            most = int(_TOLERANCE * length) if length > 2 else length - 1
            for drift, ended in ends.items():  # [starts, words]
                if not 0 < length + drift <= count:
                    continue
                of_length = ended[: count - length - drift + 1, rows]  # [starts, words of this length]
                begins, which = np.nonzero(of_length <= most)
                prices_of = of_length[begins, which]
                for begin, row, price in zip(
                    begins.tolist(), rows[which].tolist(), prices_of.tolist(), strict=True
                ):
                    found[begin].setdefault(self._words[row], []).append((begin + length + drift, price))
        return found

    def _ends(
        self, prices: NDArray[np.int16], more: NDArray[np.int16], starts: NDArray[np.intp]
    ) -> Iterator[tuple[int, Mapping[int, NDArray[np.int16]]]]:
        """For each length of a word: the prices of ending so many phones later or earlier than it is long.

        An edit distance for all words and all beginnings at once, in a band around the diagonal.
        """
        drifts = range(-_DRIFT, _DRIFT + 1)
        shape = (len(starts), len(self._words))
        row = {
            drift: np.full(shape, EDIT * drift if drift >= 0 else _FAR, np.int16) for drift in drifts
        }  # each [starts, words]
        for at in range(1, _LONGEST + 1):
            rows = int(np.searchsorted(-self._lengths, -at, side="right"))  # words with so many phones
            if rows == 0:
                return
            phones = self._phones[:rows, at - 1]  # [rows]
            fresh: dict[int, NDArray[np.int16]] = {}
            for drift in drifts:
                heard = at + drift
                if heard < 0:
                    fresh[drift] = np.full((len(starts), rows), _FAR, np.int16)
                    continue
                best = np.full((len(starts), rows), _FAR, np.int16)
                if heard >= 1:
                    replaced = prices[starts + heard - 1][:, phones]  # [starts, rows]
                    best = np.minimum(best, row[drift][:, :rows] + replaced)
                if drift < _DRIFT:
                    best = np.minimum(best, row[drift + 1][:, :rows] + self._lost[:rows, at - 1])
                if drift > -_DRIFT and heard >= 1:
                    best = np.minimum(best, fresh[drift - 1] + more[starts + heard - 1][:, None])
                fresh[drift] = best
            row = fresh
            yield at, row


def _prices(code: Mapping[str, int]) -> NDArray[np.int16]:
    """What it costs to hear one phone for another. Shape: [heard, said]; the last heard one is unknown."""
    prices = np.full((len(code) + 1, max(1, len(code))), EDIT, np.int16)
    for group in _CLASSES:
        its = [code[phone] for phone in group.split() if phone in code]
        prices[np.ix_(its, its)] = _ALIKE
    np.fill_diagonal(prices[: len(code)], 0)
    return prices
