"""Recognizes what is said while it is said."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from paige.audio.chunk import AudioChunk, Utterance
from paige.device.attention import Guess
from paige.models.grammar.language import Language
from paige.models.recognizer.protocol import Stream
from paige.models.transcript import Transcript


class Live:
    """What is said while it is said, in a thread of its own; one utterance after the other.

    Args:
        stream: Begins to recognize; None as long as that is not possible.
        languages: What can be said now.
        pause: Seconds of silence after which somebody has ended, by what it is, if that was all, and by what
            it seems to begin with.
        partial: Told of the words so far, as often as they change.
    """

    def __init__(
        self,
        stream: Callable[[], Stream | None],
        languages: Callable[[], tuple[Language, ...]],
        pause: Callable[[Transcript, str], float],
        partial: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._open = stream
        self._now = languages
        self._languages: tuple[Language, ...] = ()
        self._pause = pause
        self._tell = partial
        self._told = ""
        self._stream: Stream | None = None
        self._work = ThreadPoolExecutor(1, "recognition")

    def begin(self, sound: AudioChunk) -> None:
        """See `Listener`."""
        self._work.submit(self._begin, sound)

    def hear(self, chunk: AudioChunk) -> None:
        """See `Listener`."""
        self._work.submit(self._hear, chunk)

    def guess(self, utterance: Utterance) -> Future[Guess | None]:
        """See `Listener`."""
        return self._work.submit(self._guess, utterance)

    def after(self, work: Callable[[], None]) -> None:
        """Do something as soon as all that it was given has been heard; nothing where it was closed."""
        with suppress(RuntimeError):
            self._work.submit(work)

    def settle(self) -> None:
        """Wait until all that it was given has been heard."""
        self._work.submit(lambda: None).result()

    def close(self) -> None:
        """Recognize nothing more."""
        self._work.shutdown(wait=False, cancel_futures=True)

    def _begin(self, sound: AudioChunk) -> None:
        self._stream = None  # of an utterance that was not ended; its decoder is free for this one
        self._languages = self._now()
        self._stream = self._open()
        self._told = ""
        self._hear(sound)

    def _hear(self, chunk: AudioChunk) -> None:
        if self._stream is None:
            return
        self._stream.hear(chunk)
        partial = self._stream.partial
        if partial != self._told:
            self._told = partial
            self._tell(partial)

    def _guess(self, utterance: Utterance) -> Guess | None:
        if self._stream is None:
            return None
        transcript = self._stream.end(utterance)
        return Guess(transcript, self._pause(transcript, self._told), self._languages)
