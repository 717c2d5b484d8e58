"""Makes one model of several that learned the same labels from other examples: the mean of their weights.

    python -m paige.tools.training.average --data FOLDER --models FOLDER FOLDER... --out FOLDER

The first is made by `paige.tools.training.model`, the others as well, with `--like` the first and another
`--seed`. All began at the same weights, and so the mean of what they became is a network, too, that depends
less on what one of them happened to see (Wortsman and others, "Model soups", 2022).
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from paige.models.nlu.labels import Labels
from paige.tools.bench.bench import Options, bench
from paige.tools.training.calibrate import temperature
from paige.tools.training.compress import opened
from paige.tools.training.data import Portions, gather
from paige.tools.training.export import export
from paige.tools.training.fit import Collator
from paige.tools.training.meaning import fit_meaning
from paige.tools.training.model import CHECKPOINT
from paige.tools.training.pieces import Cutter


def main(argv: Sequence[str] | None = None) -> int:
    """Opens, averages, calibrates, exports, reports."""
    options = _parser().parse_args(argv)
    first: Path = options.models[0]
    labels = Labels.load(first / "labels.json")
    for other in options.models[1:]:
        theirs = Labels.load(other / "labels.json")
        if (theirs.intents, theirs.tags, theirs.traits) != (labels.intents, labels.tags, labels.traits):
            print(
                f"average: {other} has other labels than {first}; train it with --like {first}",
                file=sys.stderr,
            )
            return 1
    tokenizer = Tokenizer.from_file(str(first / "tokenizer.json"))
    networks = [opened(folder, labels) for folder in options.models]
    network = networks[0]
    network.load_state_dict(mean_of([one.state_dict() for one in networks]))
    corpus, apart = gather(options.language, options.data, Portions(), options.seed, 1).held_out()
    fit_meaning(network, tokenizer, corpus.once)
    labels = replace(labels, temperature=temperature(network, Collator(labels, Cutter(tokenizer)), apart))
    export(network, labels, tokenizer, options.out)
    torch.save({"network": network.state_dict()}, options.out / CHECKPOINT)
    report = Options(data=options.data, model=options.out)
    return bench(["understand"], report, as_json=False, write=options.out / "report.md")


def mean_of(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of weights, name by name."""
    return {name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument(
        "--models", type=Path, nargs="+", required=True, metavar="FOLDER", help="what has learned"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the model goes")
    parser.add_argument("--language", default="en", help="language of the model (default: en)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is random")
    return parser


if __name__ == "__main__":
    sys.exit(main())
