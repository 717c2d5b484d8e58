"""Builds the model: makes the utterances, learns from them, and writes the folder."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch

from paige.audio.chunk import RATE
from paige.models.recognizer.lexicon import Pronunciations
from paige.tools.vosk import acoustic, corpus, phones, sentences
from paige.tools.vosk.features import CONFIGURATION
from paige.tools.vosk.graph import write_graph
from paige.tools.vosk.train import train

_PIECE: Final = 500
"""Utterances that are made at a time, and kept."""

_DECODING: Final = """\
--min-active=200
--max-active=2000
--beam=11.0
--lattice-beam=5.0
--acoustic-scale=1.0
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""
"""Of the published small models, apart from the scale, which the way of learning asks for."""

_README: Final = """\
A small Vosk model that hears synthetic speech, for Paige's tests. Made by

    python -m paige.tools.vosk --out FOLDER{options}

from {count:,} utterances ({hours:.1f} hours) that eSpeak NG spoke; nothing of it was recorded. It knows
{words:,} words, and says them as the CMU dictionary does. Licence: Apache-2.0, as Paige's.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Builds it."""
    parser = argparse.ArgumentParser(prog="python -m paige.tools.vosk", description=__doc__)
    whole: dict[str, Any] = {"type": int, "metavar": "N"}
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where it is written")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="kept to go on (default: FOLDER.work)")
    parser.add_argument("--utterances", **whole, default=3000, help="to learn from (default: 3000)")
    parser.add_argument("--rounds", **whole, default=10, help="over all of them (default: 10)")
    parser.add_argument("--threads", **whole, default=1, help="of the processor (default: 1)")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    out: Path = arguments.out
    work: Path = arguments.work or out.with_name(f"{out.name}.work")
    work.mkdir(parents=True, exist_ok=True)
    known = sentences.known_words(sentences.home_graph())
    examples = _examples(known, arguments.utterances, work)
    hours = sum(len(example.samples) for example in examples) / RATE / 3600
    print(f"{len(examples):,} utterances, {hours:.1f} hours, {len(known):,} words", flush=True)
    state = work / f"state-{arguments.utterances}-{arguments.rounds}.pt"
    model = train(examples, arguments.rounds, 1, state)
    options = f" --utterances {arguments.utterances} --rounds {arguments.rounds}"
    _write(out, model, known, examples)
    readme = _README.format(options=options, count=len(examples), hours=hours, words=len(known) - 1)
    (out / "README").write_text(readme, encoding="utf-8")
    return 0


def _examples(known: Pronunciations, count: int, work: Path) -> list[corpus.Example]:
    examples: list[corpus.Example] = []
    for number in range(1, -(-count // _PIECE) + 1):
        made = corpus.make(known, _PIECE, number)
        examples += corpus.stored(work / f"train-{number}.npz", made, _PIECE)
    return examples


def _write(
    out: Path, model: acoustic.Acoustic, known: Pronunciations, examples: Sequence[corpus.Example]
) -> None:
    for folder in ("am", "conf", "graph/phones"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    (out / "am/final.mdl").write_bytes(acoustic.write(model))
    (out / "conf/mfcc.conf").write_text(CONFIGURATION, encoding="utf-8")
    (out / "conf/model.conf").write_text(_DECODING, encoding="utf-8")
    (out / "graph/phones/word_boundary.int").write_text(phones.word_boundaries(), encoding="utf-8")
    counts = Counter(
        word if word in known else sentences.UNKNOWN for example in examples for word in example.words
    )
    total = counts.total() + len(known)
    shares = {word: (counts[word] + 1) / total for word in known}
    write_graph(out / "graph", known, shares, model.stays)
