"""A language is a folder of data; this is where the folders are."""

from importlib import resources
from importlib.resources.abc import Traversable


def language_folder(language: str) -> Traversable:
    """Where the data of a language lies; there may be none."""
    return resources.files("paige.models.languages") / language


def primary(language: str) -> str:
    """The language itself, without a region: `en` of `en-GB` or `en_GB`."""
    return language.replace("_", "-").split("-")[0]
