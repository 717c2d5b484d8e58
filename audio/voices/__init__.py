"""Voices: text into speech."""

from paige.audio.voices.espeak import EspeakVoice
from paige.audio.voices.protocol import Voice

__all__ = ["EspeakVoice", "Voice", "open_voice"]


def open_voice(name: str | None, language: str) -> Voice:
    """The voice of that name, else eSpeak's for the language.

    Args:
        name: One of eSpeak's voices, such as en-us+f3; None for the one of the language.
        language: A code such as en or pt-BR.

    Raises:
        VoiceUnusable: There is no such voice.
    """
    return EspeakVoice(name or {"en": "en-us"}.get(language, language))
