"""Tells what a Vosk model hears of voices that it was not made with, in the language of the demo's home.

    python -m paige.tools.vosk.judge --model FOLDER [--utterances 120]

Half of what is said are sentences of the home, by voices of eSpeak NG that `paige.tools.vosk` leaves out; the
other half are words that make none. What people say is for `paige bench listen --recognizer vosk`.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from paige.audio.chunk import RATE, Samples, Utterance
from paige.models.errors import ModelError
from paige.models.grammar.language import Language
from paige.models.intent import Intent
from paige.models.recognizer.vosk import VoskRecognizer
from paige.tools.vosk.sentences import Speaker, home_language, known_words, unknown_words
from paige.tools.vosk.voices import Talker

_LOUDNESS: Final = 12_000
_SEED: Final = 1_000


def main(argv: Sequence[str] | None = None) -> int:
    """Says it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="a Vosk model")
    parser.add_argument("--utterances", type=int, default=120, metavar="N", help="how many (default: 120)")
    arguments = parser.parse_args(argv)
    language = home_language()
    try:
        recognizer = VoskRecognizer(arguments.model)
    except ModelError as error:
        print(f"judge: {error}", file=sys.stderr)
        return 1
    recognizer.restrict(language)
    found: Counter[str] = Counter()
    used = seconds = 0.0
    for said, utterance in _utterances(language, arguments.utterances):
        began = time.process_time()
        heard = recognizer.recognize(utterance).text
        used += time.process_time() - began
        seconds += utterance.seconds
        found[_outcome(language, said, heard)] += 1
    print(f"sentences of the home: {_shares(found, 'right', 'refused', 'wrong')}")
    print(f"other words: {_shares(found, 'refused as they should be', 'taken for a sentence')}")
    print(f"{used / seconds:.3f} processor seconds a second of sound")
    return 0


def _utterances(language: Language, count: int) -> Iterator[tuple[str | None, Utterance]]:
    """What is said, None for words that make no sentence, and its sound."""
    random = Random(_SEED)  # noqa: S311  # sentences, not secrets
    graph = language.word_graph()
    known = known_words(graph)
    unknown = unknown_words(known)
    speaker = Speaker(graph, sorted(known), unknown, random)
    for number in range(count):
        words = random.choices(unknown, k=random.randint(2, 6)) if number % 2 else speaker.sentence()
        spoken = Talker.draw(random, held_out=True).say(" ".join(words))  # [samples]
        pause = np.zeros(RATE // 2, np.float32)
        samples: Samples = (np.concatenate([pause, spoken, pause]) * _LOUDNESS).astype(np.int16)
        utterance = Utterance(samples, start=0.0, speech_end=len(samples) / RATE)
        yield None if number % 2 else " ".join(words), utterance


def _outcome(language: Language, said: str | None, heard: str) -> str:
    if said is None:
        return "taken for a sentence" if heard else "refused as they should be"
    if not heard:
        return "refused"
    return "right" if _meaning(language, heard) == _meaning(language, said) else "wrong"


def _meaning(language: Language, text: str) -> object:
    read = language.parse(text)
    return (read.name, dict(read.slots)) if isinstance(read, Intent) else text


def _shares(found: Counter[str], *names: str) -> str:
    total = sum(found[name] for name in names)
    return ", ".join(f"{found[name] / max(1, total):.0%} {name}" for name in names)


if __name__ == "__main__":
    sys.exit(main())
