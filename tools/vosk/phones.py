"""The phones of the model as Kaldi numbers them: one for each place in a word, so that words have borders."""

from collections.abc import Sequence
from typing import Final

SILENCE: Final = "SIL"
NOISE: Final = "SPN"
"""The one phone of `[unk]`: anything that is none of the words."""

PHONES: Final = (
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY",
    "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y",
    "Z", "ZH",
)  # fmt: skip
"""Of the CMU dictionary."""

SOUNDS: Final = (SILENCE, NOISE, *PHONES)
"""What the network tells apart, in the order of its outputs: a phone sounds alike wherever it stands."""

_PLACES: Final = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}
"""Kaldi's names for where in a word a phone may stand."""

NAMES: Final = (
    SILENCE,
    f"{NOISE}_S",
    *(f"{phone}_{place}" for phone in PHONES for place in _PLACES),
)
"""Kaldi's phones; the first is number 1, for 0 says nothing."""

NUMBERS: Final = {name: number for number, name in enumerate(NAMES, start=1)}


def in_word(phones: Sequence[str]) -> list[str]:
    """The phones of a word, each by its place.

    >>> in_word(["L", "AE", "M", "P"])
    ['L_B', 'AE_I', 'M_I', 'P_E']
    """
    if len(phones) == 1:
        return [f"{phones[0]}_S"]
    return [f"{phones[0]}_B", *(f"{phone}_I" for phone in phones[1:-1]), f"{phones[-1]}_E"]


def sound(name: str) -> int:
    """Number of the network's output for one of `NAMES`."""
    return SOUNDS.index(name.partition("_")[0])


def stay(number: int) -> int:
    """Kaldi's number of the transition by which a phone of one state goes on."""
    return 2 * number - 1


def enter(number: int) -> int:
    """Kaldi's number of the transition that leaves that state; in the graph it stands before the stays."""
    return 2 * number


def word_boundaries() -> str:
    """The file `word_boundary.int`: where in a word each phone stands."""
    places = [_PLACES.get(name.rpartition("_")[2], "nonword") for name in NAMES]
    return "".join(f"{number} {place}\n" for number, place in enumerate(places, start=1))
