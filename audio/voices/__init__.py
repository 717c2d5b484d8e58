"""Voices: text into speech."""

from pathlib import Path

from paige.audio.voices.espeak import EspeakVoice
from paige.audio.voices.piper import THREADS, PiperVoice
from paige.audio.voices.protocol import Voice

__all__ = ["EspeakVoice", "PiperVoice", "Voice", "open_voice"]


def open_voice(name: str | None, language: str, *, threads: int = THREADS) -> Voice:
    """The voice of that name, else eSpeak's for the language.

    Args:
        name: One of eSpeak's voices, such as en-us+f3; a Piper voice's file NAME.onnx, or the folder that
            holds it; None for the one of the language.
        language: A code such as en or pt-BR.
        threads: Of the processor, for a Piper voice.

    Raises:
        VoiceUnusable: There is no such voice.
    """
    if name is not None and (name.endswith(".onnx") or Path(name).is_dir()):
        return PiperVoice(name, threads=threads)
    return EspeakVoice(name or {"en": "en-us"}.get(language, language))
