"""What can be broken about sound.

AudioError
├── SourceUnreadable    a file is missing, truncated or no WAV; a device cannot be opened
└── SourceLost          a device that delivered sound no longer does
"""


class AudioError(Exception):
    """Base of everything that `paige.audio` raises; its text is fit to show a user."""


class SourceUnreadable(AudioError):
    """A file or device cannot be opened, or what it holds is not audio."""


class SourceLost(AudioError):
    """A device that delivered sound has stopped delivering it."""
