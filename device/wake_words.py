"""The wake words and stop words that are configured: whether they can be said, and what listens for them."""

from collections.abc import Sequence
from functools import partial

from paige.audio.errors import PhraseUnusable
from paige.audio.voice_activity import VoiceActivity
from paige.audio.wake import READY, Phrase, WakeDetector, check_phrases, open_wake_detector
from paige.device.config.phrase import parse_phrase
from paige.device.config.schema import Wake
from paige.device.errors import ConfigInvalid
from paige.models.made_before import MadeBefore
from paige.models.recognizer.wake_words import say


def check_wake_words(wake: Wake, before: MadeBefore | None = None) -> None:
    """See that all of them can be said, whichever of them the mode listens for.

    Args:
        wake: The section `wake` of the configuration.
        before: Has those that were looked up before.

    Raises:
        ConfigInvalid: One cannot; names the key.
        ModelUnusable: The dictionary is missing.
    """
    for key, texts in (("wake.words", wake.words), ("wake.stop_words", wake.stop_words)):
        try:
            check_phrases([Phrase(*parse_phrase(text)) for text in texts], partial(say, before=before))
        except PhraseUnusable as error:
            raise ConfigInvalid(
                f"{key}: {error}: ones that can be read as English, or one of {', '.join(READY)}. "
                "`paige config check` shows where they are set"
            ) from error


def wake_detector(texts: Sequence[str], activity: VoiceActivity | None = None) -> WakeDetector | None:
    """What listens for phrases as they are configured; None where there are none.

    Args:
        texts: The phrases.
        activity: Of the stream; its own by default.

    Raises:
        PhraseUnusable: A word cannot be said.
        ModelUnusable: The dictionary is missing.
    """
    return detector_of([Phrase(*parse_phrase(text)) for text in texts], activity) if texts else None


def detector_of(phrases: Sequence[Phrase], activity: VoiceActivity | None = None) -> WakeDetector:
    """The same for phrases, of which there is one at least."""
    return open_wake_detector(phrases, say, activity)
