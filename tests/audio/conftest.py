"""Sound devices without hardware: ALSA's `file` plugin under the real PortAudio."""

import ctypes.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from paige.audio import portaudio


@dataclass(frozen=True)
class Card:
    """A loudspeaker that writes what it is given to a file, and a microphone that delivers what is in one.

    They run as fast as they are served, since no clock drives them.
    """

    played: Path
    """Floats of 32 bits, one channel."""
    spoken: Path
    """As above; heard again and again."""


def look_again() -> None:
    import sounddevice

    sounddevice._terminate()
    sounddevice._initialize()
    portaudio._library.cards = None


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    if not Path("/usr/share/alsa/alsa.conf").exists() or ctypes.util.find_library("portaudio") is None:
        pytest.skip("ALSA and PortAudio are not installed")
    played, spoken = tmp_path / "played", tmp_path / "spoken"
    muted = tmp_path / "muted"
    muted.write_bytes(bytes(8_000_000))  # where it ends, ALSA leaves in the buffer what was there before
    spoken.touch()
    (tmp_path / ".asoundrc").write_text(
        f'pcm.wall {{ type file slave.pcm "null" file "{played}" format "raw" }}\n'
        f'pcm.written {{ type file slave.pcm "null" file "/dev/null" infile "{spoken}" format "raw" }}\n'
        f'pcm.mute {{ type file slave.pcm "null" file "/dev/null" infile "{muted}" format "raw" }}\n'
    )
    with monkeypatch.context() as patch:
        patch.setenv("HOME", str(tmp_path))
        look_again()
        yield Card(played, spoken)
    look_again()
