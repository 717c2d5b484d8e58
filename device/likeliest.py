"""Which of several things that somebody may have said is meant: what makes sense in this home counts, too."""

from collections.abc import Callable, Iterable
from typing import Final

from paige.iot.resolution import Question, Refused, Resolution
from paige.models.intent import Intent
from paige.models.transcript import Transcript

_UNUNDERSTOOD: Final = 0.0
_IMPOSSIBLE: Final = 0.5
"""Of what this home would refuse: who asks for it has more often been misheard. It is not nothing, as people
do ask for what is not there, and want to be told so."""
_UNCLEAR: Final = 0.9
"""Of what leads to a question."""


def likeliest(transcript: Transcript, sense: Callable[[str], float], least: float) -> Transcript:
    """What was said, of all that it may have been: by the recognizer's confidence, and by what it means here.

    Args:
        transcript: What was heard, with the others that it may have been.
        sense: How much sense a sentence makes, 0 to 1.
        least: How sure the recognizer must be of one that is chosen.
    """
    sure = [one for one in (transcript, *transcript.others) if one.text and one.confidence >= least]
    if len(sure) < 2:
        return transcript
    return max(sure, key=lambda one: one.confidence * sense(one.text))  # of equals the first


def sense_of(intents: Iterable[Intent], resolve: Callable[[Intent], Resolution]) -> float:
    """How much sense commands make in a home, 0 to 1: that of the one that makes least; 0 of none.

    Args:
        intents: What they ask for.
        resolve: What that comes to here; it changes nothing.
    """
    return min((one.confidence * _worth(resolve(one)) for one in intents), default=_UNUNDERSTOOD)


def _worth(found: Resolution) -> float:
    if isinstance(found, Refused):
        return _IMPOSSIBLE
    return _UNCLEAR if isinstance(found, Question) else 1.0
