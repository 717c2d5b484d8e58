"""Where words may have been said in a row of phones, whatever was written down for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.nlu.phones import PhoneTable

Phones = tuple[str, ...]

EDIT: Final = 2
"""The price of a phone that is another one, too many, or missing."""
_ALIKE: Final = 1
"""The price of one that is nearly the same."""
SKIPPED: Final = 3
"""The price of a phone that belongs to no word."""
_FAR: Final = 40
"""More than any sentence may cost."""
_LONGEST: Final = 14
"""Phones of a word; longer ones are not looked for."""
_DRIFT: Final = 2
"""A word is heard in at most so many phones more or fewer than it has."""
_TOLERANCE: Final = 0.8
"""The price of a word, for each of its phones, up to which it may have been said. With 1 for each, 2 points
more are found of what is misheard, in three times the time."""

Spotted = dict[str, list[tuple[int, int]]]
"""Words that may begin at a phone: for each the numbers of the phones behind its end, and their prices."""


class Spots:
    """Where words may have been said.

    Args:
        words: Of a spotter.
        found: For each place where one may be: the number of its first phone, of the one behind its last, its
            price, and the number of the word. Shape: [4, places].
        count: Phones that were heard.
    """

    def __init__(self, words: Sequence[str], found: NDArray[np.intp], count: int) -> None:
        self._words = words
        self._found = found
        begins, ends, prices, _ = found
        least = np.full((count + 1, count + 1), _FAR)  # [begin, end]
        np.minimum.at(least, (begins, ends), prices)
        phones = np.arange(count)
        least[phones, phones + 1] = np.minimum(least[phones, phones + 1], SKIPPED)
        self._before, self._behind = _least_to(least), _least_to(least.T[::-1, ::-1])[::-1]
        self.least = int(self._before[-1])
        """What all phones cost at least, whatever words may follow each other."""

    def within(self, budget: int) -> list[Spotted]:
        """For each phone the words that may begin with it, where all phones together cost no more."""
        begins, ends, prices, _ = self._found
        of_all = self._before[begins] + prices + self._behind[ends]
        spotted: list[Spotted] = [{} for _ in self._before[1:]]
        for begin, end, price, word in self._found[:, of_all <= budget].T.tolist():
            spotted[begin].setdefault(self._words[word], []).append((end, price))
        return spotted

    def beyond(self, end: int) -> int:
        """What the phones from one on cost at least."""
        return int(self._behind[end])


class Spotter:
    """Finds known words in phones.

    Args:
        words: Each with how it is said, as phones; there may be several ways.
        table: Which phones are taken for each other.
    """

    def __init__(self, words: Mapping[str, Iterable[Phones]], table: PhoneTable = PhoneTable()) -> None:  # noqa: B008  # it is frozen
        self._table = table
        said = [(word, way) for word, ways in words.items() for way in ways if 0 < len(way) <= _LONGEST]
        said.sort(key=lambda one: -len(one[1]))
        self._words = [word for word, _ in said]
        self._known = frozenset(words)
        self._lengths = np.array([len(way) for _, way in said])  # [words], falling
        phones = sorted(frozenset[str]().union(*table.alike, *(way for _, way in said)))
        self._code = {phone: number for number, phone in enumerate(phones)}
        self._phones = np.zeros((len(said), _LONGEST), np.intp)  # [words, phones]
        for row, (_, way) in enumerate(said):
            self._phones[row, : len(way)] = [self._code[phone] for phone in way]
        self._prices = _prices(self._code, table)
        lost = np.full(max(1, len(self._code)), EDIT, np.int8)
        lost[[number for phone, number in self._code.items() if phone in table.faint]] = _ALIKE
        self._lost = lost[self._phones]  # [words, phones]

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def spot(self, heard: Sequence[Set[str]], budget: int = _FAR) -> Spots:
        """Where words may have been said.

        Args:
            heard: Phones, each of which may be one of several.
            budget: The price of a whole sentence, above which no word is of use.
        """
        found = []
        for length, ended in self._ends(heard):
            first, last = (int(np.count_nonzero(self._lengths > most)) for most in (length, length - 1))
            most = min(budget, length - 1, int(_TOLERANCE * length))
            places, begins, words = np.nonzero(ended[:, :, first:last] <= most)
            ends = begins + places + (length - _DRIFT)
            places_of = np.stack((begins, ends, ended[places, begins, words + first], words + first))
            found.append(places_of[:, (begins < ends) & (ends <= len(heard))])
        return Spots(self._words, np.concatenate(found or [np.zeros((4, 0), np.intp)], axis=1), len(heard))

    def _ends(self, heard: Sequence[Set[str]]) -> Iterator[tuple[int, NDArray[np.int8]]]:
        """For each length of a word: its prices in so many phones fewer or more, and from each phone on.

        An edit distance for all words and all beginnings at once, in a band around the diagonal. Shape of
        each: [phones fewer or more, starts, words of this length or longer].
        """
        count, band = len(heard), 2 * _DRIFT + 1
        # Before the first phone and behind the last nothing is said.
        prices = np.full((count + _LONGEST + 2 * _DRIFT, self._prices.shape[1]), _FAR, np.int8)
        more = np.full((len(prices), 1), EDIT, np.int8)
        for at, phones in enumerate(heard, start=_DRIFT):
            codes = [self._code.get(phone, len(self._code)) for phone in phones]
            prices[at] = self._prices[codes].min(axis=0)  # [phones that are known]
            more[at] = _ALIKE if phones & self._table.faint else EDIT
        best = np.full((band, count, len(self._words)), _FAR, np.int8)
        best[_DRIFT:] = EDIT * np.arange(_DRIFT + 1, dtype=np.int8)[:, None, None]
        for at in range(_LONGEST):
            rows = int(np.count_nonzero(self._lengths > at))  # words with so many phones
            if rows == 0:
                return
            before = best[:, :, :rows]
            said = prices[at : at + band + count - 1].take(self._phones[:rows, at], axis=1)
            # The phone is what it is, or another; words stay side by side in memory.
            best = before + np.ndarray((band, count, rows), np.int8, said, strides=(rows, rows, 1))
            np.minimum(best[:-1], before[1:] + self._lost[:rows, at], out=best[:-1])  # it is missing
            for place in range(1, band):  # one is heard that was not said
                put_in = best[place - 1] + more[at + place : at + place + count]
                np.minimum(best[place], put_in, out=best[place])
            np.minimum(best, _FAR, out=best)
            yield at + 1, best


def _least_to(least: NDArray[np.intp]) -> NDArray[np.intp]:
    """What it costs at least to get to each place, by the price of each step from one to another."""
    reached = np.full(len(least), _FAR)
    reached[0] = 0
    for place in range(len(least) - 1):
        np.minimum(reached, reached[place] + least[place], out=reached)
    return reached


def _prices(code: Mapping[str, int], table: PhoneTable) -> NDArray[np.int8]:
    """What it costs to hear one phone for another. Shape: [heard, said]; the last heard one is unknown."""
    prices = np.full((len(code) + 1, max(1, len(code))), EDIT, np.int8)
    for group in table.alike:
        its = [code[phone] for phone in group if phone in code]
        prices[np.ix_(its, its)] = _ALIKE
    np.fill_diagonal(prices[: len(code)], 0)
    return prices
