"""The voice that is always there: eSpeak NG."""

from collections.abc import Iterator

from paige.audio.chunk import Samples
from paige.audio.errors import VoiceUnusable
from paige.audio.voices.library import Manner, espeak
from paige.audio.voices.text import parts, speakable

_LONGEST = 400
"""Characters that are synthesized at once, about half a minute; others wait for the library meanwhile."""
_SPEEDS = range(80, 451)
_PITCHES = range(101)


class EspeakVoice:
    """One of eSpeak NG's voices.

    A sentence of nine seconds takes 6 ms on a desktop processor, so it is synthesized whole, in the thread of
    whoever asks; the pieces of it are as long as the library makes them, 60 ms.

    Args:
        language: A language, or a voice by eSpeak's name: en, en-GB, de, en-us+f3.
        speed: Words a minute.
        pitch: 0 to 100.

    Raises:
        VoiceUnusable: There is no such voice, or the library is missing.
    """

    def __init__(self, language: str = "en-us", *, speed: int = 175, pitch: int = 50) -> None:
        if speed not in _SPEEDS or pitch not in _PITCHES:
            raise VoiceUnusable(
                f"A voice cannot speak {speed} words a minute at pitch {pitch}; expected "
                f"{_SPEEDS[0]} to {_SPEEDS[-1]} words and a pitch of {_PITCHES[0]} to {_PITCHES[-1]}"
            )
        self._manner = Manner(language, speed, pitch)
        self._library = espeak()
        self._library.check(language)

    @property
    def name(self) -> str:
        """As configured, such as eSpeak en-us."""
        return f"eSpeak {self._manner.voice}"

    @property
    def rate(self) -> int:
        """Samples a second (hertz): 22,050."""
        return self._library.rate

    def say(self, text: str) -> Iterator[Samples]:
        """Speech in pieces of 60 ms; none where the text holds nothing to say."""
        following = parts(speakable(text, self._manner.voice), _LONGEST)
        part = next(following, None)
        while part is not None:
            after = next(following, None)
            yield from self._library.say(part, self._manner, pause=after is not None)
            part = after
