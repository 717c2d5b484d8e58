"""Where words may have been said, whatever was written down for them.

A word may have been heard as one or as several: "bed room". Words that begin in the midst of others are only
looked for where those are cut into phones.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
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
_NOTHING: Final = 14
"""The price of a phone where nothing was heard: more than any word may cost, and little enough to add up."""
_LONGEST: Final = 14
"""Phones of a word; longer ones are not looked for."""
Heard = Sequence[Sequence[Set[str]]]
"""Words as phones, each of which may be one of several. None is without phones."""
_DRIFT: Final = 2
"""A word is heard in at most so many phones more or fewer than it has."""
_TOLERANCE: Final = 0.8
"""The price of a word, for each of its phones, up to which it may have been said. With 1 for each, 2 points
more are found of what is misheard, in three times the time."""

Spotted = dict[str, list[tuple[int, int]]]
"""Words that may begin with a heard one: for each the numbers of those behind its end, and their prices."""


class Spots:
    """Where words may have been said.

    Args:
        words: Of a spotter.
        found: For each place where one may be: the numbers of its first heard word and of the one behind its
            last, its price, and the number of the word. Shape: [4, places].
        lengths: Phones of the heard words.
    """

    def __init__(self, words: Sequence[str], found: NDArray[np.intp], lengths: Sequence[int]) -> None:
        self._words = words
        self._found = found
        begins, ends, prices, _ = found
        self.skipped: tuple[int, ...] = tuple(min(_FAR, SKIPPED * length) for length in lengths)
        """What it costs that a heard word is none."""
        least = np.full((len(lengths) + 1, len(lengths) + 1), _FAR)  # [begin, end]
        np.fill_diagonal(least[:, 1:], self.skipped)
        np.minimum.at(least, (begins, ends), prices)
        self._before, self._behind = _least_to(least), _least_to(least.T[::-1, ::-1])[::-1]
        self.least = int(self._before[-1])
        """What all that was heard costs at least, whatever words may follow each other."""

    def within(self, budget: int) -> list[Spotted]:
        """For each heard word those that may begin with it, where all together cost no more."""
        begins, ends, prices, _ = self._found
        of_all = self._before[begins] + prices + self._behind[ends]
        spotted: list[Spotted] = [{} for _ in self._before[1:]]
        for begin, end, price, word in self._found[:, of_all <= budget].T.tolist():
            spotted[begin].setdefault(self._words[word], []).append((end, price))
        return spotted

    def beyond(self, end: int) -> int:
        """What the heard words from one on cost at least."""
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
        self._lengths = np.array([len(way) for _, way in said], np.intp)  # [words], falling
        self._longer = [
            int(np.count_nonzero(self._lengths > at)) for at in range(self._lengths.max(initial=0))
        ]
        """How many words have more phones than a number."""
        self._most = np.minimum(self._lengths - 1, (_TOLERANCE * self._lengths).astype(np.intp))  # [words]
        phones = sorted(frozenset[str]().union(*table.alike, *(way for _, way in said)))
        self._code = {phone: number for number, phone in enumerate(phones)}
        self._phones = np.zeros((_LONGEST, len(said)), np.intp)  # [phones, words]
        for row, (_, way) in enumerate(said):
            self._phones[: len(way), row] = [self._code[phone] for phone in way]
        self._prices = _prices(self._code, table)
        lost = np.full(max(1, len(self._code)), EDIT, np.uint8)
        lost[[number for phone, number in self._code.items() if phone in table.faint]] = _ALIKE
        self._lost = lost[self._phones]  # [phones, words]

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def spot(self, heard: Heard, budget: int = _FAR) -> Spots:
        """Where words may have been said.

        Args:
            heard: What was heard.
            budget: The price of a whole sentence, above which no word is of use.
        """
        lengths = [len(word) for word in heard]
        edges = np.cumsum([0, *lengths])  # [heard words + 1]
        # The number of the word that begins at a phone.
        word_at = np.full(edges[-1] + _LONGEST + _DRIFT + 1, -1)
        word_at[edges] = np.arange(len(edges))
        prices = self._ended([phones for word in heard for phones in word], edges[:-1])
        places, begins, words = np.nonzero(prices <= np.minimum(self._most, budget))
        ends = word_at[edges[begins] + places + self._lengths[words] - _DRIFT]
        found = np.stack((begins, ends, prices[places, begins, words], words))
        return Spots(self._words, found[:, begins < ends], lengths)

    def _ended(self, heard: Sequence[Set[str]], starts: NDArray[np.intp]) -> NDArray[np.uint8]:
        """What each word costs from each start on, in so many phones fewer or more than it has.

        An edit distance for all words and all starts at once, in a band around the diagonal. No price comes
        near what the type holds. Shape: [phones fewer or more, starts, words].
        """
        count, band = len(heard), 2 * _DRIFT + 1
        # Before the first phone and behind the last nothing is said.
        prices = np.full((count + _LONGEST + 2 * _DRIFT, self._prices.shape[1]), _NOTHING, np.uint8)
        more = np.full((len(prices), 1), EDIT, np.uint8)
        for at, phones in enumerate(heard, start=_DRIFT):
            codes = [self._code.get(phone, len(self._code)) for phone in phones]
            prices[at] = self._prices[codes].min(axis=0)  # [phones that are known]
            more[at] = _ALIKE if phones & self._table.faint else EDIT
        ended = np.full((band, len(starts), len(self._words)), _FAR, np.uint8)
        ended[_DRIFT:] = EDIT * np.arange(_DRIFT + 1, dtype=np.uint8)[:, None, None]
        nexts = starts + np.arange(band)[:, None]  # [phones fewer or more, starts]
        for at, rows in enumerate(self._longer):
            # Words stay side by side in memory; those that are longer stand before the others.
            best = ended[:, :, :rows]
            lost = best[1:] + self._lost[at, :rows]
            best += prices[nexts + at].take(self._phones[at, :rows], axis=2)  # it is what it is, or another
            np.minimum(best[:-1], lost, out=best[:-1])
            for place in range(1, band):  # one is heard that was not said
                np.minimum(best[place], best[place - 1] + more[nexts[place] + at], out=best[place])
        return ended


def _least_to(least: NDArray[np.intp]) -> NDArray[np.intp]:
    """What it costs at least to get to each place, by the price of each step from one to another."""
    reached = np.full(len(least), _FAR)
    reached[0] = 0
    for place in range(len(least) - 1):
        np.minimum(reached, reached[place] + least[place], out=reached)
    return reached


def _prices(code: Mapping[str, int], table: PhoneTable) -> NDArray[np.uint8]:
    """What it costs to hear one phone for another. Shape: [heard, said]; the last heard one is unknown."""
    prices = np.full((len(code) + 1, max(1, len(code))), EDIT, np.uint8)
    for group in table.alike:
        its = [code[phone] for phone in group if phone in code]
        prices[np.ix_(its, its)] = _ALIKE
    np.fill_diagonal(prices[: len(code)], 0)
    return prices
