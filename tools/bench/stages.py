"""Build a Paige step by step in a fresh process: `python -m paige.tools.bench.stages HOME.yaml [WAV …]`.

Each line that it prints is one stage in JSON: its name, its seconds, and what the process holds after it.
Nothing is imported at the top that a stage should pay for.
"""

import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paige.tools.bench.process_memory import process_memory

_LIBRARIES = (
    ("the standard library’s asyncio, ssl, json", ("asyncio", "ssl", "json")),
    ("numpy", ("numpy",)),
    ("PyYAML", ("yaml",)),
    ("Jinja2", ("jinja2.sandbox",)),
    ("paho-mqtt", ("paho.mqtt.client",)),
    ("Paige’s own modules", ("paige.device.service", "paige.device.config.load")),
)


@contextmanager
def _stage(name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds = time.perf_counter() - began
    print(json.dumps({"name": name, "seconds": seconds, **asdict(process_memory())}), flush=True)


def _run(home: Path, recordings: list[Path]) -> None:
    with _stage("Python itself"):
        pass
    for name, modules in _LIBRARIES:
        with _stage(name):
            for module in modules:
                importlib.import_module(module)
    language = _language(home)
    if recordings:
        _speech(language, recordings)


def _language(home: Path) -> Any:  # noqa: ANN401  # its type is imported by a stage
    with _stage("sentences of the language"):
        from paige.models.grammar.sentences import Sentences

        sentences = Sentences.for_language("en")
    with _stage("language of the home, first sentence"):
        from paige.iot.home_file import load_home
        from paige.models.grammar.language import Language

        language = Language(sentences, load_home(home).vocabulary())
        language.parse("turn on the kitchen lamp")
    return language


def _speech(language: Any, recordings: list[Path]) -> None:  # noqa: ANN401  # as above
    with _stage("recognizer with its model"):
        from paige.models.recognizer.pocketsphinx import PocketSphinxRecognizer

        recognizer = PocketSphinxRecognizer()
    with _stage("recognizer restricted to the home"):
        recognizer.restrict(language)
    with _stage(f"{len(recordings)} recordings recognized"):
        from paige.audio.endpointer import utterances
        from paige.audio.wav import WavSource

        for path in recordings:
            with WavSource(path) as source:
                for utterance in utterances(source.chunks()):
                    recognizer.recognize(utterance)


if __name__ == "__main__":
    _run(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
