"""The service with recordings for a microphone: `python -m paige.tools.bench.recorded_service WAV …`.

Nothing else of `paige run` is replaced. The microphone delivers quiet, at the pace of a real one, until the
process gets SIGUSR1; then the recordings, one after another with quiet between them; then quiet again.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import numpy as np

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.conversion import Frames, rechunk
from paige.audio.health import Health, SoundMeter
from paige.audio.wav import read_wav
from paige.device import hearing
from paige.device.cli import main

QUIET_SECONDS = 1.0
"""Before each recording: a person waits for the one before it to be heard."""
_QUIET: Samples = np.zeros(CHUNK_SAMPLES, np.int16)  # [samples]


class RecordedMicrophone:
    """Recordings, at the pace at which they were spoken.

    Args:
        device: What is configured; not looked at.
    """

    recordings: ClassVar[tuple[Path, ...]] = ()
    speak: ClassVar = threading.Event()

    def __init__(self, device: str | None = None) -> None:
        self.description = f"{len(self.recordings)} recordings in place of {device or 'a microphone'}"
        self._meter = SoundMeter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def health(self) -> Health:
        """How well it hears; its quiet is digital silence."""
        return self._meter.health(overflows=0)

    def chunks(self) -> Iterator[AudioChunk]:
        """Chunks for ever, each no sooner than a microphone would have it."""
        began = time.monotonic()
        for chunk in rechunk(self._pieces()):
            time.sleep(max(0.0, began + chunk.start + chunk.seconds - time.monotonic()))
            frames: Frames = chunk.samples[:, None].astype(np.float32)  # [samples, 1]
            self._meter.measure(frames / np.float32(32768), chunk.seconds)
            yield chunk

    def _pieces(self) -> Iterator[Samples]:
        while not self.speak.is_set():
            yield _QUIET
        for path in self.recordings:
            yield np.zeros(int(QUIET_SECONDS * RATE), np.int16)
            yield read_wav(path).samples
        while True:
            yield _QUIET


if __name__ == "__main__":
    RecordedMicrophone.recordings = tuple(Path(name) for name in sys.argv[1:])
    signal.signal(signal.SIGUSR1, lambda *_: RecordedMicrophone.speak.set())
    # There is no microphone here, and nothing else is to differ from the service that people run.
    vars(hearing)["MicrophoneSource"] = RecordedMicrophone
    sys.exit(main(["run"]))
