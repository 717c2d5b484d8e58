"""Whether the configured wake words and stop words can be said, found out before anybody waits for them."""

from paige.audio.errors import PhraseUnusable
from paige.audio.wake import READY, Phrase, check_phrases
from paige.device.config.phrase import parse_phrase
from paige.device.config.schema import Wake
from paige.device.errors import ConfigInvalid
from paige.models.recognizer.wake_words import say


def check_wake_words(wake: Wake) -> None:
    """See that all of them can be said, whichever of them the mode listens for.

    Raises:
        ConfigInvalid: One cannot; names the key.
        ModelUnusable: The dictionary is missing.
    """
    for key, texts in (("wake.words", wake.words), ("wake.stop_words", wake.stop_words)):
        try:
            check_phrases([Phrase(*parse_phrase(text)) for text in texts], say)
        except PhraseUnusable as error:
            raise ConfigInvalid(
                f"{key}: {error}: ones that can be read as English, or one of {', '.join(READY)}. "
                "`paige config check` shows where they are set"
            ) from error
