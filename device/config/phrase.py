"""Words to listen for, as one writes them: `okay nabu`, or `hey paige 0.6` to have them heard more easily."""

import re
from typing import Final

USUAL_SENSITIVITY: Final = 0.5
_SENSITIVITY: Final = re.compile(r"(?P<text>.*\S)\s+(?P<number>[01]|[01]?\.\d+)")
_WORDS: Final = re.compile(r"[^\W\d_]+(['’ -]+[^\W\d_]+)*['’]?")


def parse_phrase(text: str) -> tuple[str, float]:
    """The words in a text, and how easily they are taken to be heard, 0 to 1.

    Raises:
        ValueError: There are no words in it, or something else than words and one number from 0 to 1.
    """
    found = _SENSITIVITY.fullmatch(text.strip())
    words, sensitivity = (
        (found["text"], float(found["number"])) if found else (text.strip(), USUAL_SENSITIVITY)
    )
    if not _WORDS.fullmatch(words) or sensitivity > 1:
        raise ValueError(f"{text!r} is no phrase")
    return " ".join(words.lower().split()), sensitivity
