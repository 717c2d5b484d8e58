"""Whether this household's sentences, home and recognizer can be used, together."""

import time

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, wrong
from paige.iot.errors import HomeInvalid
from paige.models.errors import ModelUnusable, SentencesInvalid

SECONDS = 120.0
"""Time limit: the recognizer of a large home takes its time on a slow board."""


def home(loaded: Loaded) -> Finding:
    """Whether the home description and the sentences can be read."""
    from paige.iot.home_file import HomeDescription, load_home
    from paige.models.grammar.sentences import Sentences

    house = loaded.config.house
    try:
        described = HomeDescription() if house.home is None else load_home(house.home)
        sentences = Sentences.for_language(
            house.language, () if house.sentences is None else (house.sentences,)
        )
    except HomeInvalid as error:
        return wrong(str(error), "correct the file that house.home names")
    except SentencesInvalid as error:
        return wrong(str(error), "correct the files in house.sentences, or house.language")
    try:
        otherwise = _model(house.language)
    except ModelUnusable as error:
        return wrong(str(error), "install Paige anew: the model is a part of it")
    known = f"{len(described.areas)} areas and {len(described.entities)} entities described"
    if house.home is None:
        known = "no home description; what devices say of themselves is all that is known"
    return ok(f"{len(sentences.templates)} sentence templates, {otherwise}; {known}")


def _model(language: str) -> str:
    """What understands a sentence that no template has."""
    from paige.models.nlu.shipped import LazyModel

    model = LazyModel.for_language(language)
    if not model:
        return "and no model: what is said otherwise is refused"
    model.get()
    return "and a model for what is said otherwise"


def models(loaded: Loaded) -> Finding:
    """Whether the recognizer loads and can listen for this household's sentences."""
    from paige.device.assistant import MODELS
    from paige.device.updated import speech_model, updated_skills
    from paige.iot.home_file import HomeDescription, load_home
    from paige.models.grammar.language import Language
    from paige.models.grammar.sentences import Sentences
    from paige.models.recognizer import open_recognizer

    house, speech = loaded.config.house, loaded.config.speech
    began = time.monotonic()
    try:
        folder = speech_model(loaded.config, loaded.state_dir / MODELS)
        recognizer = open_recognizer(speech.recognizer, folder)
        described = HomeDescription() if house.home is None else load_home(house.home)
        own = () if house.sentences is None else (house.sentences,)
        custom = (*updated_skills(loaded.config.updates.folder), *own)
        recognizer.restrict(Language(Sentences.for_language(house.language, custom), described.vocabulary()))
    except ModelUnusable as error:
        return wrong(
            str(error).rstrip("."),
            "set speech.model to the folder of a model for speech.recognizer, or to its name",
        )
    except (HomeInvalid, SentencesInvalid):
        return wrong("not tried, because the home or its sentences cannot be read", "correct those first")
    return ok(f"{recognizer.name} listens for this home, ready in {time.monotonic() - began:.1f} s")
