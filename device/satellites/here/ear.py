"""What a satellite's microphone hears: sound without what the loudspeaker plays, wake words, stop words."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from paige.audio.chunk import AudioChunk
from paige.audio.echo import DOUBTED_CHUNKS, EchoCanceller
from paige.audio.voice_activity import open_voice_detector
from paige.device.attention import Stopped, Woken
from paige.device.config.schema import Wake
from paige.device.mouth import Aloud
from paige.device.wake_words import wake_detector


@dataclass(frozen=True, slots=True)
class Sound:
    """A chunk of what is said in the room."""

    chunk: AudioChunk


Event = Sound | Woken | Stopped


class SatelliteEar:
    """Listens for wake words, and for stop words while something is played.

    Args:
        wake: The section `wake` of the configuration.
        echo: Takes out of the sound what the loudspeaker plays; None to leave it in.
    """

    def __init__(self, wake: Wake, echo: EchoCanceller | None) -> None:
        self._wake = wake
        self._echo = echo
        self._speaking = False

    def speaks(self, aloud: Aloud) -> None:
        """Something else is played now."""
        self._speaking = aloud is not Aloud.NOTHING

    def events(self, chunks: Iterator[AudioChunk]) -> Iterator[Event]:
        """What comes of the sound of a microphone that was opened; for the thread that hears.

        Each chunk comes once and in order. A wake word may come before the last chunks of it.

        Raises:
            PhraseUnusable: A word cannot be said.
        """
        activity, settling, spoke = open_voice_detector(), _Settling(self._echo), False
        wake = wake_detector(self._wake.words if self._wake.mode == "word" else (), activity)
        stop = wake_detector(self._wake.stop_words, activity)
        for chunk in chunks:
            heard = chunk if self._echo is None else self._echo.hear(chunk)
            for settled in settling.hear(heard):
                yield Sound(settled)
            speaking = self._speaking
            if stop is not None and speaking:
                if not spoke:
                    stop.reset()  # what it heard last is long ago
                stopped = stop.hear(heard)
                if stopped is not None:
                    yield Stopped(stopped)
            spoke = speaking
            if wake is not None and (woken := wake.hear(heard)) is not None:
                yield Woken(woken)


class _Settling:
    """Holds sound back for as long as it may still turn out that somebody spoke in it, over an echo."""

    def __init__(self, echo: EchoCanceller | None) -> None:
        self._echo = echo
        self._held: deque[AudioChunk] = deque()

    def hear(self, chunk: AudioChunk) -> Iterator[AudioChunk]:
        """Take what the canceller has left of a chunk; give those that stay as they are."""
        if self._echo is None:
            yield chunk
            return
        mended = {one.start: one for one in self._echo.mended}
        self._held = deque(mended.get(one.start, one) for one in self._held)
        self._held.append(chunk)
        while self._held and (len(self._held) > DOUBTED_CHUNKS or not self._echo.active):
            yield self._held.popleft()
