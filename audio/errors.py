"""What can be broken about sound.

AudioError
├── SourceUnreadable    a file is missing, truncated or no WAV; a device cannot be opened
├── SourceLost          a device that delivered sound no longer does
├── SpeakerUnusable     a loudspeaker is missing or cannot be opened; a file of sound cannot be written
├── VoiceUnusable       a voice is not installed, or damaged
├── ExecutionUnusable   a model cannot be computed on what was asked for
└── PhraseUnusable      a phrase to wake or stop by cannot be listened for
"""


class AudioError(Exception):
    """Base of everything that `paige.audio` raises; its text is fit to show a user."""


class SourceUnreadable(AudioError):
    """A file or device cannot be opened, or what it holds is not audio."""


class SourceLost(AudioError):
    """A device that delivered sound has stopped delivering it."""


class SpeakerUnusable(AudioError):
    """A loudspeaker is missing or cannot be opened, or a file of sound cannot be written."""


class VoiceUnusable(AudioError):
    """A voice is not installed, or what is installed is damaged."""


class ExecutionUnusable(AudioError):
    """A model cannot be computed on what was asked for.

    Args:
        found: What was asked for, and what is so.
        remedy: What to do about it.
    """

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found}; {remedy}")
        self.found = found
        self.remedy = remedy


class PhraseUnusable(AudioError):
    """A phrase to wake or stop by cannot be listened for: nobody knows how one of its words is said."""
