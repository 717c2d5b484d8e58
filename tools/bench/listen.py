"""How well recordings of people are understood, clean and in noise, and how often in the wrong language.

    paige bench listen --recordings FOLDER
    python -m paige.tools.bench.listen --recordings FOLDER [--snr 24 12 6] [--other HOME.yaml]

FOLDER has `clean/*.wav`, `labels.json` (the intent and slots of each), `intents.yaml` (their language) and,
for `--snr`, `kitchen.wav`. A recording is accepted when its intent and every slot are right. It is wrongly
accepted when the language of another home hears one of its own sentences in it.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import Samples, Utterance
from paige.audio.errors import AudioError
from paige.audio.wav import read_wav
from paige.iot.errors import IotError
from paige.iot.home_file import load_home
from paige.models.errors import ModelError
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.protocol import Recognizer
from paige.models.vocabulary import Vocabulary
from paige.tools.bench.demo import demo_home
from paige.tools.bench.errors import BenchFailed, NotGiven
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.bench.progress import progress

_FRAME: Final = 2_048
_PEAK: Final = 0.5
_SNRS: Final = (24.0, 12.0, 6.0)
_NOTES: Final = (
    "accepted: the intent and every slot are right; misheard: another sentence of the same language was "
    "understood; refused: none of the sentences was heard; wrongly accepted: something was understood in the "
    "language of the demo's home.",
    "CPU s/s: processor seconds for each second of recording.",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One recording under one condition."""

    name: str
    number: int
    snr: float | None
    """Decibels; None for the clean recording."""
    other: bool
    """Whether it is the wrong language that listens."""
    seed: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one case."""

    case: Case
    text: str
    intent: Intent | None
    cpu_seconds: float
    seconds: float


def mix(speech: Samples, noise: Samples, snr: float, generator: np.random.Generator) -> Samples:
    """Speech in noise, as the recordings' authors mix it.

    A random stretch of the noise is scaled so that the largest energies of any 2,048 samples of speech and of
    noise have the ratio `snr` in decibels; the sum is scaled to half of full scale.
    """
    clean = speech / 32768.0  # [samples]
    begin = int(generator.integers(0, len(noise) - len(speech)))
    stretch = noise[begin : begin + len(speech)] / 32768.0  # [samples]
    ratio = _largest_energy(clean) / _largest_energy(stretch) / 10 ** (snr / 10)
    mixed = clean + math.sqrt(ratio) * stretch
    samples: Samples = np.rint(mixed * (_PEAK * 32767 / np.abs(mixed).max())).astype(np.int16)
    return samples


def _largest_energy(sound: NDArray[np.float64]) -> float:
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)  # [frames, samples]
    return float((frames**2).sum(axis=1).max())


class _Listener:
    """What a process of the measurement holds."""

    def __init__(self, folder: Path, other: Path, engine: Any, model: Path | None) -> None:  # noqa: ANN401  # a literal type, from the command line
        self._folder = folder
        self._engine, self._model = engine, model
        self._noise = read_wav(folder / "kitchen.wav").samples if (folder / "kitchen.wav").is_file() else None
        self._paths = {False: folder / "intents.yaml", True: other}
        self._ready: dict[bool, tuple[Language, Recognizer]] = {}

    def hear(self, case: Case) -> Heard:
        language, recognizer = self._listening_for(case.other)
        utterance = read_wav(self._folder / "clean" / case.name)
        if case.snr is not None:
            assert self._noise is not None
            generator = np.random.default_rng([case.seed, round(case.snr * 10), case.number])
            samples = mix(utterance.samples, self._noise, case.snr, generator)
            utterance = Utterance(samples, utterance.start, utterance.speech_end)
        began = time.process_time()
        transcript = recognizer.recognize(utterance)
        meaning = None if transcript.empty else language.parse(transcript.text)
        used = time.process_time() - began
        intent = meaning if isinstance(meaning, Intent) else None
        return Heard(case, transcript.text, intent, used, utterance.seconds)

    def _listening_for(self, other: bool) -> tuple[Language, Recognizer]:
        if other not in self._ready:
            language = (
                Language(Sentences.for_language("en"), load_home(self._paths[True]).vocabulary())
                if other
                else Language(Sentences.load([self._paths[False]]), Vocabulary())
            )
            recognizer = open_recognizer(self._engine, self._model)
            recognizer.restrict(language)
            self._ready[other] = language, recognizer
        return self._ready[other]


_listener: _Listener


def _begin(*arguments: Any) -> None:  # noqa: ANN401  # passed on to _Listener as they are
    global _listener  # the one thing that a worker process keeps between its cases
    _listener = _Listener(*arguments)


def _hear(case: Case) -> Heard:
    return _listener.hear(case)


def _accepted(heard: Heard, label: dict[str, Any]) -> bool:
    intent = heard.intent
    return intent is not None and intent.name == label["intent"] and dict(intent.slots) == label["slots"]


def _wrong(heard: Heard, label: dict[str, Any]) -> bool:
    return heard.intent is not None if heard.case.other else not _accepted(heard, label)


def _table(results: Sequence[Heard], labels: dict[str, Any]) -> Table:
    rows = []
    for snr in dict.fromkeys(heard.case.snr for heard in results):
        own = [heard for heard in results if heard.case.snr == snr and not heard.case.other]
        other = [heard for heard in results if heard.case.snr == snr and heard.case.other]
        right = sum(_accepted(heard, labels[heard.case.name]) for heard in own)
        refused = sum(heard.intent is None for heard in own)
        wrongly = sum(heard.intent is not None for heard in other)
        rows.append(
            (
                "clean" if snr is None else f"{snr:g} dB",
                f"{right / len(own):.1%}",
                f"{(len(own) - right - refused) / len(own):.1%}",
                f"{refused / len(own):.1%}",
                f"{wrongly / len(other):.1%}" if other else "–",
                f"{_load(own):.3f}",
                f"{_load(other):.3f}" if other else "–",
            )
        )
    count = len({heard.case.name for heard in results})
    return Table(
        f"{count} recordings",
        (
            "noise",
            "accepted",
            "misheard",
            "refused",
            "wrongly accepted",
            "CPU s/s",
            "CPU s/s, other language",
        ),
        tuple(rows),
    )


def _load(heard: Iterable[Heard]) -> float:
    all_of_them = list(heard)
    return sum(one.cpu_seconds for one in all_of_them) / sum(one.seconds for one in all_of_them)


def labels_of(recordings: Path) -> dict[str, Any]:
    """The intent and slots of each recording, by its name.

    Raises:
        BenchFailed: The folder has none.
    """
    try:
        labels = json.loads((recordings / "labels.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BenchFailed(f"{recordings} is no folder of labelled recordings: labels.json: {why}") from error
    if not isinstance(labels, dict) or not labels:
        raise BenchFailed(f"{recordings / 'labels.json'} should name recordings, each with intent and slots")
    return labels


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=Path, required=True, metavar="FOLDER", help="as described above")
    parser.add_argument(
        "--snr", type=float, nargs="*", default=[], metavar="DB", help="noise to mix in as well"
    )
    parser.add_argument(
        "--other", type=Path, metavar="HOME.yaml", help="the other home (default: the demo's)"
    )
    parser.add_argument("--seed", type=int, default=1, help="which stretches of noise (default: 1)")
    parser.add_argument("--most", type=int, metavar="N", help="no more than so many recordings")
    parser.add_argument("--recognizer", choices=("pocketsphinx", "vosk"), default="pocketsphinx")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="the recognizer's model")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a core)")
    parser.add_argument("--verbose", action="store_true", help="also say what was heard wrongly")
    return parser


def measure(repeats: int | None, tell: Tell, recordings: Path | None = None) -> Part:
    """The part `listen` of `paige bench`.

    Args:
        repeats: How often to mix each recording with another stretch of noise; once by default.
        tell: Takes a line on how far it is.
        recordings: The folder described above.

    Raises:
        NotGiven: There are no recordings.
        BenchFailed: The folder is none of recordings.
    """
    if recordings is None:
        raise NotGiven("it needs recordings of people: paige bench listen --recordings FOLDER")
    labels = labels_of(recordings)
    snrs = _SNRS if (recordings / "kitchen.wav").is_file() else ()
    results: list[Heard] = []
    for seed in range(1, (repeats or 1) + 1):
        tell(f"{len(labels)} recordings, clean and in noise, in two languages")
        parser = _parser().parse_args(["--recordings", str(recordings), "--seed", str(seed)])
        parser.snr = snrs
        results += _results(parser, sorted(labels), clean=seed == 1)
    table = _table(results, labels)
    return Part(
        "listen",
        "Recordings of people, heard by the default recognizer that is restricted to their language; and by "
        "one that is restricted to the language of the demo's home, in which every sentence is wrong.",
        "paige bench listen --recordings FOLDER" + (f" --repeats {repeats}" if repeats else ""),
        (replace(table, notes=_NOTES),),
        {"recordings": len(labels), "rows": [dict(zip(table.head, row, strict=True)) for row in table.rows]},
    )


def _results(arguments: argparse.Namespace, names: Sequence[str], *, clean: bool = True) -> list[Heard]:
    cases = [
        Case(name, number, snr, other, arguments.seed)
        for other, snr, (number, name) in product(
            (False, True), (*([None] if clean else []), *arguments.snr), enumerate(names)
        )
    ]  # fmt: skip
    with demo_home() as demo:
        setting = (arguments.recordings, arguments.other or demo, arguments.recognizer, arguments.model)
        # Spawned, not forked: a recognizer's library may have threads.
        with get_context("spawn").Pool(arguments.jobs, _begin, setting) as pool:
            return list(progress(pool.imap(_hear, cases, chunksize=8), len(cases)))


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints a table."""
    arguments = _parser().parse_args(argv)
    try:
        labels = labels_of(arguments.recordings)
        if arguments.snr and not (arguments.recordings / "kitchen.wav").is_file():
            raise BenchFailed(f"{arguments.recordings / 'kitchen.wav'} is missing, the noise for --snr")
        results = _results(arguments, sorted(labels)[: arguments.most])
    except (BenchFailed, AudioError, ModelError, IotError) as error:
        print(f"listen: {error}", file=sys.stderr)
        return 1
    print(_table(results, labels).markdown())
    for heard in results if arguments.verbose else ():
        if _wrong(heard, labels[heard.case.name]):
            where = "clean" if heard.case.snr is None else f"{heard.case.snr:g} dB"
            language = "other language" if heard.case.other else "own language"
            print(f"{heard.case.name} {where} {language}: {heard.text or '(none of the sentences)'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
