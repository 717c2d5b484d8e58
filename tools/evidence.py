"""Learns from recordings what tells a sentence that was said from sounds that only resemble it.

    python -m paige.tools.evidence --recordings FOLDER

FOLDER is one of `paige bench listen`. What was said: its recordings, and commands and short answers spoken by
flite, clean and in noise, where they are heard right. What was not: the recordings heard in the language of
the demo's home, commands heard as answers or by a home without the things that they name, and noise. Prints
how often each kind is taken for said by a rule that was learned from other recordings, and the rule learned
from all of them for `models/recognizer/evidence.py`.
"""

import argparse
import json
import os
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples, Utterance
from paige.audio.wav import read_wav
from paige.device.replies import Replies
from paige.device.understanding import answer_sentences
from paige.iot.home_file import load_home
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.recognizer.evidence import Evidence
from paige.models.recognizer.pocketsphinx import PocketSphinxRecognizer
from paige.models.vocabulary import Vocabulary
from paige.tools.bench.demo import demo_home
from paige.tools.bench.listen import mix
from paige.tools.bench.progress import progress
from paige.tools.speak import speak

_VOICES: Final = ("slt", "rms", "awb", "kal16")
_ANSWERS: Final = 40
_COMMANDS: Final = 80
_OTHERS: Final = 60
_STRETCH: Final = 2 * RATE
"""Samples from the beginning of one stretch of noise to that of the next."""
_SHRINKAGE: Final = 0.02
_ROUNDS: Final = 50


@dataclass(frozen=True, slots=True)
class Example:
    """What was found in one utterance, and whether it is to be taken for said."""

    kind: str
    source: int
    """Number of the recording; the same in every noise."""
    said: bool
    evidence: Evidence


_Spoken = Iterator[tuple[Samples, Intent]]


class _Collection:
    """Hears everything in a language and keeps what was found."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._recognizer = PocketSphinxRecognizer()
        self._recognizer.restrict(language)

    def not_said(self, kind: str, sounds: Iterator[Samples]) -> Iterator[Example]:
        """Whatever is heard was not said."""
        for source, samples in enumerate(sounds):
            for hearing in self._recognizer.hearings(_utterance(samples)):
                if hearing is not None:
                    yield Example(kind, source, said=False, evidence=hearing.evidence)

    def said(self, kind: str, sounds: _Spoken) -> Iterator[Example]:
        """What is heard right was said; what is heard wrongly teaches nothing."""
        for source, (samples, meant) in enumerate(sounds):
            for hearing in self._recognizer.hearings(_utterance(samples)):
                heard = None if hearing is None else self.language.parse(hearing.text)
                if isinstance(heard, Intent) and (heard.name, heard.slots) == (meant.name, meant.slots):
                    assert hearing is not None
                    yield Example(kind, source, said=True, evidence=hearing.evidence)


def _utterance(samples: Samples) -> Utterance:
    return Utterance(samples, start=0.0, speech_end=len(samples) / RATE)


@dataclass(frozen=True, slots=True)
class _Sounds:
    """What is listened to, and the languages that it is heard in."""

    recordings: Path
    flite: str

    @property
    def labels(self) -> dict[str, dict[str, Any]]:
        labels: dict[str, dict[str, Any]] = json.loads(
            (self.recordings / "labels.json").read_text(encoding="utf-8")
        )
        return dict(sorted(labels.items()))

    def orders(self, snr: float | None) -> dict[str, Samples]:
        clean = {name: read_wav(self.recordings / "clean" / name).samples for name in self.labels}
        return clean if snr is None else _in_noise(clean, self.noise, snr)

    @property
    def noise(self) -> Samples:
        return read_wav(self.recordings / "kitchen.wav").samples

    def listening_for(self, what: str) -> _Collection:
        """For orders of drinks, for commands to the demo's home, or for answers to its questions."""
        if what == "orders":
            return _Collection(Language(Sentences.load([self.recordings / "intents.yaml"]), Vocabulary()))
        with demo_home() as file:
            vocabulary = load_home(file).vocabulary()
        sentences = (
            Sentences.for_language("en")
            if what == "commands"
            else answer_sentences("en", Replies.for_language("en").answers)
        )
        return _Collection(Language(sentences, vocabulary))

    def spoken(self, language: Language, snr: float | None, most: int, seed: int) -> _Spoken:
        return _in_voices(language.sample(most, seed=seed), self.flite, self.noise, snr)


def _orders(sounds: _Sounds, snr: float | None) -> Iterator[Example]:
    heard, labels = sounds.orders(snr), sounds.labels
    meant = {
        name: Intent(label["intent"], label["slots"], confidence=1.0, text="")
        for name, label in labels.items()
    }
    listening = sounds.listening_for("orders")
    yield from listening.said(f"orders, {_where(snr)}", ((heard[name], meant[name]) for name in heard))


def _orders_as_commands(sounds: _Sounds, snr: float | None) -> Iterator[Example]:
    heard = iter(sounds.orders(snr).values())
    yield from sounds.listening_for("commands").not_said(f"orders as commands, {_where(snr)}", heard)


def _noise(sounds: _Sounds, snr: float | None) -> Iterator[Example]:
    for what in ("orders", "commands", "answers"):
        yield from sounds.listening_for(what).not_said(f"noise as {what}", _stretches(sounds.noise))


def _answers(sounds: _Sounds, snr: float | None) -> Iterator[Example]:
    listening = sounds.listening_for("answers")
    spoken = sounds.spoken(listening.language, snr, _ANSWERS, seed=1)
    yield from listening.said(f"answers, {_where(snr)}", spoken)


def _commands(sounds: _Sounds, snr: float | None) -> Iterator[Example]:
    listening = sounds.listening_for("commands")
    spoken = sounds.spoken(listening.language, snr, _COMMANDS, seed=2)
    yield from listening.said(f"commands, {_where(snr)}", spoken)


def _commands_as_answers(sounds: _Sounds, snr: float | None) -> Iterator[Example]:
    commands = sounds.listening_for("commands").language
    spoken = sounds.spoken(commands, snr, _ANSWERS, seed=1)
    yield from sounds.listening_for("answers").not_said(
        "commands as answers", (samples for samples, _ in spoken)
    )


def _commands_as_orders(sounds: _Sounds, snr: float | None) -> Iterator[Example]:
    commands = sounds.listening_for("commands").language
    spoken = sounds.spoken(commands, snr, _OTHERS, seed=5)
    yield from sounds.listening_for("orders").not_said(
        "commands as orders", (samples for samples, _ in spoken)
    )


def _commands_to_another_home(sounds: _Sounds, snr: float | None) -> Iterator[Example]:
    home = sounds.listening_for("commands").language
    half = _Collection(
        Language(home.sentences, replace(home.vocabulary, entities=home.vocabulary.entities[::2]))
    )
    strange = [
        intent
        for intent in home.sample(4 * _COMMANDS, seed=3)
        if "name" in intent.slots and not isinstance(half.language.parse(intent.text), Intent)
    ]
    unknown = _in_voices(strange[:_COMMANDS], sounds.flite, sounds.noise, snr)
    yield from half.not_said("commands to another home", (samples for samples, _ in unknown))


_Part = tuple[Callable[[_Sounds, float | None], Iterator[Example]], float | None]
_PARTS: Final[Sequence[_Part]] = (
    *((_orders_as_commands, snr) for snr in (6.0, 12.0, None)),  # the longest first
    *((_orders, snr) for snr in (6.0, 12.0, None)),
    (_noise, None),
    *((part, snr) for part in (_answers, _commands) for snr in (None, 18.0)),
    (_commands_as_answers, None),
    (_commands_as_orders, None),
    (_commands_to_another_home, None),
)


def _gather(job: tuple[_Sounds, _Part]) -> list[Example]:
    sounds, (part, snr) = job
    return list(part(sounds, snr))


def collect(recordings: Path, flite: str, jobs: int) -> Iterator[Example]:
    """All examples, each with its kind."""
    parts = [(_Sounds(recordings, flite), part) for part in _PARTS]
    # Spawned, not forked: a recognizer's library may have threads.
    with get_context("spawn").Pool(jobs) as pool:
        for examples in progress(pool.imap(_gather, parts), len(parts)):
            yield from examples


def _where(snr: float | None) -> str:
    return "clean" if snr is None else f"{snr:g} dB"


def _in_noise(sounds: dict[str, Samples], noise: Samples, snr: float) -> dict[str, Samples]:
    return {
        name: mix(samples, noise, snr, np.random.default_rng([number, round(snr)]))
        for number, (name, samples) in enumerate(sounds.items())
    }


def _stretches(noise: Samples) -> Iterator[Samples]:
    """Noise as long as an answer, and as long as a sentence."""
    for seconds in (1, 4):
        for begin in range(0, len(noise) - seconds * RATE, _STRETCH):
            yield noise[begin : begin + seconds * RATE]


def _in_voices(sentences: Sequence[Intent], flite: str, noise: Samples, snr: float | None) -> _Spoken:
    pause = np.zeros(RATE // 2, np.int16)
    for number, sentence in enumerate(sentences):
        spoken = speak(sentence.text, _VOICES[number % len(_VOICES)], flite)
        samples = np.concatenate((pause, spoken, pause))
        if snr is not None:
            samples = mix(samples, noise, snr, np.random.default_rng([number, round(snr)]))
        yield samples, sentence


@dataclass(frozen=True, slots=True)
class Rule:
    """Weights of the parts of `Evidence`, and a constant."""

    weights: NDArray[np.float64]  # [parts]
    constant: float

    def odds(self, examples: Sequence[Example]) -> NDArray[np.float64]:
        """Logarithm of the odds that each was said. Shape: [examples]."""
        return _parts(examples) @ self.weights + self.constant


def _parts(examples: Sequence[Example]) -> NDArray[np.float64]:
    return np.array([astuple(example.evidence) for example in examples])  # [examples, parts]


def fit(examples: Sequence[Example]) -> Rule:
    """Logistic regression with shrinkage, by Newton's method.

    All that was said weighs as much as all that was not, and within each every kind as much as the others.
    """
    parts = _parts(examples)  # [examples, parts]
    said = np.array([example.said for example in examples], float)  # [examples]
    kinds = Counter((example.said, example.kind) for example in examples)
    sides = Counter(side for side, _ in kinds)
    weigh = np.array(
        [1 / kinds[example.said, example.kind] / sides[example.said] / 2 for example in examples]
    )  # [examples]
    middle = weigh @ parts  # [parts]
    spread = np.sqrt(weigh @ (parts - middle) ** 2)  # [parts]
    inputs = np.column_stack(((parts - middle) / spread, np.ones(len(parts))))  # [examples, parts + 1]
    shrink = np.diag([_SHRINKAGE] * parts.shape[1] + [0.0])  # [parts + 1, parts + 1]
    found = np.zeros(inputs.shape[1])  # [parts + 1]
    for _ in range(_ROUNDS):
        probability = 1 / (1 + np.exp(-inputs @ found))  # [examples]
        slope = inputs.T @ (weigh * (probability - said)) + shrink @ found  # [parts + 1]
        curve = (inputs.T * (weigh * probability * (1 - probability))) @ inputs + shrink
        found -= np.linalg.solve(curve, slope)
    weights = found[:-1] / spread
    return Rule(weights, float(found[-1] - weights @ middle))


def held_out(examples: Sequence[Example]) -> Iterator[tuple[str, int, float]]:
    """For each kind how many examples it has, and what share is taken for said by the rule of the others."""
    taken: defaultdict[str, list[bool]] = defaultdict(list)
    for half in (0, 1):
        rule = fit([example for example in examples if example.source % 2 != half])
        unseen = [example for example in examples if example.source % 2 == half]
        for example, odds in zip(unseen, rule.odds(unseen), strict=True):
            taken[example.kind].append(bool(odds >= 0))
    for kind in dict.fromkeys(example.kind for example in examples):
        yield kind, len(taken[kind]), sum(taken[kind]) / len(taken[kind])


def main(argv: Sequence[str] | None = None) -> int:
    """Collects, learns and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=Path, required=True, metavar="FOLDER", help="as described above")
    recordings: Path = parser.parse_args(argv).recordings
    flite = shutil.which("flite")
    if flite is None:
        print("evidence: flite is missing; install it with: sudo apt install flite", file=sys.stderr)
        return 1
    examples = list(collect(recordings, flite, os.cpu_count() or 1))
    for kind, count, share in held_out(examples):
        print(f"| {kind} | {count} | {share:.1%} |")
    rule = fit(examples)
    weights = (
        f"{field.name}={weight:.2f}" for field, weight in zip(fields(Evidence), rule.weights, strict=True)
    )
    print(f"_WEIGHTS: Final = Evidence({', '.join(weights)})\n_CONSTANT: Final = {rule.constant:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
