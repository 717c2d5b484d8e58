"""Guesses of what a model will answer: what the request says, what was answered before, what is the longest.

They only save passes; what is written is the same whatever they are. So they may be simple.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from paige.models.lm.assistant.calls import Call, Calls, written
from paige.models.lm.assistant.home import HomeWords

_CALLED: Final = re.compile(r'[\[,]\{"name":"(\w*)$')
"""At the name of an intent."""
_TEXT: Final = re.compile(r'[{,]"(\w+)":"([^"]*)$')
"""At the value of a slot that is text, or in it."""
_NUMBER: Final = re.compile(r'":(-?[\d.]*)$')
_FEW: Final = 8
"""Of so many tokens that are allowed, the longest is guessed: mostly the others only begin it."""
_ORDERS: Final = (4, 3, 2, 1)
"""How many tokens tell what came behind them before."""
_PARTS: Final = re.compile(r"[A-Z][a-z]+")


class HomeDrafts:
    """Guesses for one home; it learns from what it is told.

    Args:
        tokenizer: The model's.
        home: Whose names are guessed.
        intents: What may be called.
    """

    def __init__(self, tokenizer: Tokenizer, home: HomeWords, intents: Iterable[str]) -> None:
        self._tokenizer = tokenizer
        self._intents = [(name, " ".join(_PARTS.findall(name)[1:])) for name in intents]
        self._names = {
            "name": [(one.main, " ".join((one.main, *one.others))) for one in home.entities],
            "area": [(one.main, " ".join((one.main, *one.others))) for one in home.areas],
            "floor": [(one.main, " ".join((one.main, *one.others))) for one in home.floors],
        }
        self._behind: dict[tuple[int, ...], int] = {}
        self._words: list[str] = []
        self._ranked: dict[str, list[str]] = {}
        for one in home.entities[:1]:
            self.learn(self._encoded(written(Calls((Call("HassTurnOn", {"name": one.main}),)))))

    def begin(self, request: str) -> None:
        """Something new is asked for."""
        self._words = re.findall(r"\w+", request)
        self._ranked = {slot: self._by_request(names) for slot, names in self._names.items()}
        self._ranked[""] = self._by_request(self._intents)

    def learn(self, tokens: Sequence[int]) -> None:
        """Tokens that came, which may come again."""
        for end in range(1, len(tokens)):
            for order in _ORDERS:
                if order <= end:
                    self._behind[tuple(tokens[end - order : end])] = tokens[end]

    def next(self, said: Sequence[int], allowed: NDArray[np.bool_]) -> int | None:
        """A guess of the token behind what was said; None without one."""
        for text in self._texts(self._tokenizer.decode(list(said), skip_special_tokens=False)):
            tokens = self._encoded(text)
            if tokens and allowed[tokens[0]]:
                return tokens[0]
        for order in _ORDERS:
            guess = self._behind.get(tuple(said[-order:]))
            if guess is not None and allowed[guess]:
                return guess
        some = np.flatnonzero(allowed)
        return max(map(int, some), key=self._length) if len(some) <= _FEW else None

    def _texts(self, said: str) -> Iterator[str]:
        """What the request lets expect."""
        if called := _CALLED.search(said):
            yield from self._rest(self._ranked.get("", ()), called[1], '","')
        elif text := _TEXT.search(said):
            yield from self._rest(self._ranked.get(text[1], self._words), text[2], '"')
        elif number := _NUMBER.search(said):
            yield from self._rest((word for word in self._words if word.isdecimal()), number[1], "")

    @staticmethod
    def _rest(texts: Iterable[str], begun: str, end: str) -> Iterator[str]:
        for text in texts:
            if text.startswith(begun):
                yield text[len(begun) :] + end

    def _by_request(self, names: Iterable[tuple[str, str]]) -> list[str]:
        """Names of which the request has words, those with the largest share first."""
        said = {word.casefold() for word in self._words}
        found = []
        for name, spoken in names:
            words = {word.casefold() for word in spoken.split()}
            if common := len(words & said):
                found.append((-common / len(words), -common, name))
        return [name for *_, name in sorted(found)]

    def _length(self, token: int) -> int:
        return len(self._tokenizer.id_to_token(token) or "")

    def _encoded(self, text: str) -> list[int]:
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found
