"""A room with a little noise, in which somebody may speak: what the loopback sound card's microphone hears.

The card by itself delivers exact zeros where nobody plays, which Paige rightly takes for a dead microphone.
"""

import random
import subprocess
import threading
import wave
from array import array
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from paige.tools.emulated.guest.console import CheckFailed, until

FOLDER: Final = Path("/usr/lib/self-test")
COMMAND: Final = ("okay-nabu.wav", "01-kitchen-lamp.wav")
"""“okay nabu”, “turn on the kitchen lamp”."""
_RATE: Final = 16_000
_BLOCK: Final = 2 * _RATE // 10
"""Bytes of a tenth of a second, mono, 16 bits."""
_LOUDEST_NOISE: Final = 8


class Room:
    """Plays noise, and what is said, until it is left."""

    def __init__(self) -> None:
        noise = random.Random(1)  # noqa: S311 # no secret
        self._noise = array(
            "h", (noise.randint(-_LOUDEST_NOISE, _LOUDEST_NOISE) for _ in range(_RATE))
        ).tobytes()
        self._speech = b""
        self._left = threading.Event()
        self._player: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = ["aplay", "-q", "-Dplughw:Loopback,0,0", "-traw", "-fS16_LE", f"-r{_RATE}", "-c1", "-"]
        self._player = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 # our own words
        threading.Thread(target=self._play, args=(self._player,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        if self._player is not None:
            self._player.terminate()
            self._player.wait()

    def say(self, *recordings: str) -> None:
        """Say recordings of the folder, one after another, to their end.

        Raises:
            CheckFailed: The sound card does not take them.
        """
        self._speech = b"".join(map(_samples, recordings))
        seconds = len(self._speech) / 2 / _RATE
        until("the sound card has played", 10 * seconds + 10, lambda: not self._speech, pause=0.05)

    def _play(self, player: "subprocess.Popen[bytes]") -> None:
        assert player.stdin is not None, "it is a pipe"
        at = 0
        try:
            while not self._left.is_set():
                block, self._speech = self._speech[:_BLOCK], self._speech[_BLOCK:]
                quiet = self._noise[at : at + _BLOCK]
                player.stdin.write(block + quiet[len(block) :])
                player.stdin.flush()
                at = (at + _BLOCK) % len(self._noise)
        except OSError:
            return  # the player is gone; whoever speaks finds that out


def _samples(name: str) -> bytes:
    with wave.open(str(FOLDER / name), "rb") as recording:
        if (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) != (_RATE, 1, 2):
            raise CheckFailed(f"{name} is not of 16 kHz, mono, 16 bits")
        return recording.readframes(recording.getnframes())
