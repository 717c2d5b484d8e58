"""What can be broken about language.

ModelError
├── ModelUnusable       a model folder or file is missing, or is not what it should be
└── SentencesInvalid    a sentence file or template cannot be understood
"""


class ModelError(Exception):
    """Base of everything that `paige.models` raises; its text is fit to show a user."""


class ModelUnusable(ModelError):
    """A model folder or file is missing, or is not what it should be."""


class SentencesInvalid(ModelError):
    """A sentence file or template cannot be understood; the text names file, place and remedy."""
