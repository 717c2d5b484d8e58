"""Speech to text, restricted to what a home can be asked."""

from pathlib import Path
from typing import Literal

from paige.models.errors import ModelUnusable
from paige.models.recognizer.protocol import Recognizer

Engine = Literal["pocketsphinx", "vosk"]


def open_recognizer(engine: Engine, model_folder: Path | None = None) -> Recognizer:
    """The recognizer that a user chose. Only its own library is imported.

    Args:
        engine: Which one.
        model_folder: Its model; None for the one that comes with PocketSphinx.

    Raises:
        ModelUnusable: when the folder is none of a model of this engine.
    """
    if engine == "pocketsphinx":
        from paige.models.recognizer.pocketsphinx import PocketSphinxRecognizer

        return PocketSphinxRecognizer(model_folder)
    from paige.models.recognizer.vosk import VoskRecognizer

    if model_folder is None:
        raise ModelUnusable(
            "Vosk needs a model: unpack one from https://alphacephei.com/vosk/models and name its folder"
        )
    return VoskRecognizer(model_folder)
