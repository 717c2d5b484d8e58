"""What can be broken about language.

ModelError
├── ModelUnusable       a model folder or file is missing, or is not what it should be
├── SentencesInvalid    a sentence file or template cannot be understood
└── StoreFailed         the store of models cannot do what was asked; it is as it was
    ├── DownloadFailed  a model cannot be fetched from where it should be
    └── NoRoom          a model needs more room than is free
"""


class ModelError(Exception):
    """Base of everything that `paige.models` raises; its text is fit to show a user."""


class ModelUnusable(ModelError):
    """A model folder or file is missing, or is not what it should be."""


class SentencesInvalid(ModelError):
    """A sentence file or template cannot be understood; the text names file, place and remedy."""


class StoreFailed(ModelError):
    """The store of models cannot do what was asked, and is as it was."""


class DownloadFailed(StoreFailed):
    """A model cannot be fetched; what was fetched of it is kept, and fetching goes on from there."""


class NoRoom(StoreFailed):
    """A model needs more room than is free; the text tells both."""
