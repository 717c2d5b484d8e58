"""Phrases that wake it, as they were stored: what eSpeak says is not the same each time."""

from pathlib import Path

from paige.audio.chunk import Samples
from paige.audio.wav import read_wav

PHRASES = Path(__file__).parent / "audio/wake/recordings"


def phrase(name: str = "okay-nabu") -> Samples:
    """A voice that says "okay nabu" or something like it, at `RATE`. Shape: [samples]."""
    return read_wav(PHRASES / f"{name}.wav").samples
