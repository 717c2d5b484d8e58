"""What every source of sound offers, be it a file, a microphone or a satellite."""

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from paige.audio.chunk import AudioChunk


class AudioSource(Protocol):
    """Sound, chunk after chunk. Entered to open it, left to close it.

    Raises:
        SourceUnreadable: on entering, when the file or device cannot be opened.
        SourceLost: while iterating, when a device stops delivering.
    """

    @property
    def description(self) -> str:
        """What a person would call this source, such as a file's name or a device's."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def chunks(self) -> Iterator[AudioChunk]:
        """Chunks in order and without gaps, until the source ends. Blocks while none is there."""
        ...
