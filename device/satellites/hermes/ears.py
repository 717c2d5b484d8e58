"""What the sites of a house hear, as Hermes sends it: words, and wake words."""

import io
import wave
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples, Utterance
from paige.audio.endpointer import Endpointer
from paige.audio.level import SignalMeter
from paige.audio.wake.detector import Wake, WakeDetector
from paige.device.errors import PeerInvalid
from paige.device.satellites.sound import Incoming, SoundFormat

MOST_SITES: Final = 32
LONGEST_SECONDS: Final = 30.0
"""Of what is said while somebody holds a button."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Somebody at a site has said something, in a session."""

    site: str
    session: str | None
    utterance: Utterance | None
    """None where listening ended and nothing had been said."""


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody at a site has said a wake word."""

    site: str
    wake: Wake
    signal: float | None
    """How far it stood out from the noise, in decibels."""


class _Listening:
    """What is being transcribed at one site.

    Args:
        session: Whose it is.
        endpointer: Finds where speech ends; None where somebody says it.
    """

    def __init__(self, session: str | None, endpointer: Endpointer | None) -> None:
        self.session = session
        self._endpointer = endpointer
        self._all: list[AudioChunk] = []

    def hear(self, chunk: AudioChunk) -> Utterance | None:
        """Takes the next chunk; gives what was said when that has ended."""
        if self._endpointer is not None:
            return self._endpointer.hear(chunk)
        if len(self._all) * CHUNK_SAMPLES < LONGEST_SECONDS * RATE:
            self._all.append(chunk)
        return None

    def end(self) -> Utterance | None:
        """What was said, if anything."""
        if self._endpointer is not None:
            return self._endpointer.finish()
        if not self._all:
            return None
        samples = np.concatenate([chunk.samples for chunk in self._all])  # [samples]
        start = self._all[0].start
        return Utterance(samples, start, speech_end=start + len(samples) / RATE)


class _Site:
    """One site's sound, in chunks."""

    def __init__(self, detector: WakeDetector | None) -> None:
        self._incoming = Incoming()
        self._held: list[Samples] = []
        self._waiting = 0
        self._position = 0
        self.detector = detector
        self.meter = SignalMeter()
        self.waits = True
        """Whether wake words are waited for."""
        self.listening: _Listening | None = None

    def wake(self, chunk: AudioChunk) -> Wake | None:
        """The wake word that was heard with the next chunk, if any."""
        if self.detector is None:
            return None
        self.meter.hear(chunk)
        return self.detector.hear(chunk)

    def chunks(self, wav: bytes) -> list[AudioChunk]:
        """The whole chunks that there are with this frame."""
        sound_format, pcm = _pcm(wav)
        samples = self._incoming.hear(sound_format, pcm)
        self._held.append(samples)
        self._waiting += len(samples)
        if self._waiting < CHUNK_SAMPLES:
            return []
        held = np.concatenate(self._held)  # [samples]
        whole = len(held) // CHUNK_SAMPLES * CHUNK_SAMPLES
        starts = range(0, whole, CHUNK_SAMPLES)
        chunks = [AudioChunk(held[at : at + CHUNK_SAMPLES], (self._position + at) / RATE) for at in starts]
        self._position += whole
        self._held, self._waiting = [held[whole:]], len(held) - whole
        return chunks


class HermesEars:
    """Listens at many sites, each for itself.

    Args:
        open_endpointer: Makes what finds the end of speech in one stream.
        open_wake: Makes a detector for one stream; None where others detect wake words.
    """

    def __init__(
        self, open_endpointer: Callable[[], Endpointer], open_wake: Callable[[], WakeDetector] | None = None
    ) -> None:
        self._open_endpointer = open_endpointer
        self._open_wake = open_wake
        self._sites: dict[str, _Site] = {}

    def start(self, site: str, session: str | None, *, stop_on_silence: bool) -> None:
        """Transcribe what a site hears from now on."""
        one = self._site(site)
        if one is not None:
            one.listening = _Listening(session, self._open_endpointer() if stop_on_silence else None)

    def stop(self, site: str, session: str | None) -> Spoken | None:
        """End that; gives what was being said, if anything was listened to."""
        one = self._sites.get(site)
        if one is None or one.listening is None or session not in (None, one.listening.session):
            return None
        listening, one.listening = one.listening, None
        return Spoken(site, listening.session, listening.end())

    def toggle(self, site: str, *, on: bool) -> None:
        """Wait for wake words at a site, or do not."""
        one = self._site(site)
        if one is not None:
            one.waits = on

    def hear(self, site: str, wav: bytes) -> list[Spoken | Called]:
        """Take a frame.

        Raises:
            PeerInvalid: It is no sound.
        """
        one = self._site(site)
        if one is None:
            raise PeerInvalid(f"there are more than {MOST_SITES} sites")
        found: list[Spoken | Called] = []
        for chunk in one.chunks(wav):
            wake = one.wake(chunk)
            if wake is not None and one.waits and one.listening is None:
                found.append(Called(site, wake, one.meter.signal(wake.start, wake.end)))
            if one.listening is not None and (utterance := one.listening.hear(chunk)) is not None:
                found.append(Spoken(site, one.listening.session, utterance))
                one.listening = None
        return found

    def _site(self, name: str) -> _Site | None:
        if name not in self._sites:
            if len(self._sites) >= MOST_SITES:
                return None
            self._sites[name] = _Site(None if self._open_wake is None else self._open_wake())
        return self._sites[name]


def _pcm(wav: bytes) -> tuple[SoundFormat, bytes]:
    try:
        with wave.open(io.BytesIO(wav)) as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            pcm = file.readframes(file.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:
        raise PeerInvalid(f"its sound is no WAV: {error}") from None
    return SoundFormat.of({"rate": rate, "width": width, "channels": channels}), pcm
