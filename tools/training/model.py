"""Makes the intent parser's model.

    python -m paige.tools.training.model --data FOLDER --out FOLDER

FOLDER of the data has the data sets `hwu64`, `clinc150` and `home_llm`, each in its folder. What is made
goes into the other: the model's files, and `report.md`, with pictures, on how good it is. Learning goes on
where it was stopped.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from paige.models.nlu.labels import Labels
from paige.tools.bench.bench import Options, bench
from paige.tools.training.calibrate import temperature
from paige.tools.training.data import Portions, gather, labels_of
from paige.tools.training.examples import Example
from paige.tools.training.export import export
from paige.tools.training.fit import Collator, Recipe, fit
from paige.tools.training.meaning import fit_meaning
from paige.tools.training.network import beginning, pretrained
from paige.tools.training.noise import Noise
from paige.tools.training.pieces import Cutter, like, pruned

CHECKPOINT = "checkpoint.pt"


def main(argv: Sequence[str] | None = None) -> int:
    """Gathers, learns, calibrates, exports, reports."""
    options = _parser().parse_args(argv)
    began = time.monotonic()
    portions, noise = Portions(), Noise.of(options.language)
    gathered = gather(options.language, options.data, portions, options.seed, options.epochs, options.own)
    corpus, apart = gathered.held_out()
    if options.like:
        labels = Labels.load(options.like / "labels.json")
        kept, tokenizer = like(options.like / "tokenizer.json")
    else:
        labels, (kept, tokenizer) = labels_of(gathered), pruned(gathered)
    _tell(list(corpus), apart, labels, len(kept))
    network = beginning(pretrained(kept, options.layers), labels)
    collator = Collator(labels, Cutter(tokenizer))
    options.out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(epochs=options.epochs, threads=options.threads, seed=options.seed)
    fit(
        network,
        collator,
        lambda number, random: corpus.epoch(number, noise, portions, random),
        recipe,
        options.out / CHECKPOINT,
    )
    fit_meaning(network, tokenizer, corpus.once)
    labels = replace(labels, temperature=temperature(network, collator, apart))
    export(network, labels, tokenizer, options.out)
    minutes = (time.monotonic() - began) / 60
    print(f"made in {minutes:.0f} minutes: {options.out}", file=sys.stderr)
    report = Options(data=options.data, model=options.out)
    return bench(["understand"], report, as_json=False, write=options.out / "report.md")


def _tell(examples: Sequence[Example], apart: Sequence[Example], labels: Labels, pieces: int) -> None:
    print(
        f"{len(examples)} sentences, and {len(apart)} to calibrate with; {len(labels.intents)} intents, "
        f"{len(labels.tags)} tags, {pieces} pieces of words",
        file=sys.stderr,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the model goes")
    parser.add_argument(
        "--own",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE_OR_FOLDER",
        help="your own sentences, as in custom_sentences, to learn from too",
    )
    parser.add_argument(
        "--like",
        type=Path,
        metavar="FOLDER",
        help="a model whose labels and pieces of words to take, so that both can be averaged",
    )
    parser.add_argument("--language", default="en", help="language of the model (default: en)")
    parser.add_argument("--epochs", type=int, default=Recipe().epochs, help="passes over all examples")
    parser.add_argument(
        "--layers", type=int, nargs="*", default=list(range(6)), help="layers of MiniLM to keep"
    )
    parser.add_argument("--threads", type=int, default=Recipe().threads, help="processor threads")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is random")
    return parser


if __name__ == "__main__":
    sys.exit(main())
