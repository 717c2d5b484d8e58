"""Trains the small language model that comes with Paige.

    python -m paige.tools.training.decoder.train --data FOLDER --out FOLDER

FOLDER of the data has the data sets, each in the folder of its name. It goes on where it was stopped. When it
is done, OUT/model is a checkpoint as Hugging Face's libraries read it.
"""

import argparse
import json
import math
import pickle
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from paige.tools.training.decoder import tokenizer as tokenizers
from paige.tools.training.decoder.fit import Fit, Plan
from paige.tools.training.decoder.mixture import Mixture, Sources
from paige.tools.training.decoder.network import Network, Size
from paige.tools.training.decoder.rows import Batches, Encoder

LANGUAGE: Final = "en"
_NOTICE: Final = "NOTICE"
_TO_CUT: Final = 6_000
"""Conversations of which the tokenizer is made."""


def gathered(data: Path, out: Path) -> Sources:
    """The data sets' requests, gathered once a folder, as that takes a minute."""
    file = out / "sources.pickle"
    if file.is_file():
        sources: Sources = pickle.loads(file.read_bytes())  # noqa: S301  # our own file, of this folder
        return sources
    sources = Sources.gather(LANGUAGE, data)
    file.write_bytes(pickle.dumps(sources))
    return sources


def cutter(mixture: Mixture, out: Path) -> Tokenizer:
    """The tokenizer, made when there is none yet."""
    folder = out / "tokenizer"
    if not (folder / "tokenizer.json").is_file():
        conversations = (mixture.conversation(seed, 20, large=seed % 8 == 0) for seed in range(_TO_CUT))
        texts = (
            text
            for one in conversations
            for text in (one.home, *(part for turn in one.turns for part in (turn.request, turn.answer)))
        )
        tokenizers.save(tokenizers.made_of(texts), folder)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def export(network: Network, tokenizer: Tokenizer, folder: Path) -> None:
    """A checkpoint as Hugging Face's libraries read it, in 32 bits, and the credit that its data ask for."""
    tokenizers.save(tokenizer, folder)
    (folder / _NOTICE).write_bytes((resources.files("paige.tools.training.decoder") / _NOTICE).read_bytes())
    end = tokenizers.number_of(tokenizer, tokenizers.END)
    (folder / "config.json").write_text(
        json.dumps(network.size.to_config(end), indent=1) + "\n", encoding="utf-8"
    )
    weights = {f"model.{name}": weight.contiguous() for name, weight in network.state_dict().items()}
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def main(argv: Sequence[str] | None = None) -> int:
    """Trains."""
    options = _parser().parse_args(argv)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    usual = Plan()
    plan = replace(
        usual,
        steps=options.steps,
        matrix_rate=usual.matrix_rate * options.rate,
        other_rate=usual.other_rate * options.rate,
        decay=options.decay,
        seed=options.seed,
        threads=options.threads,
        half=not options.whole,
    )
    torch.manual_seed(plan.seed)
    network = Network(replace(Size(), layers=options.layers, hidden=options.hidden))
    mixture = Mixture(LANGUAGE, gathered(options.data, out))
    tokenizer = cutter(mixture, out)
    batches = Batches(mixture, Encoder(tokenizer), plan.tokens, plan.seed)
    if options.begin is not None:
        network.load_state_dict(torch.load(options.begin, weights_only=True)["network"])
    fit = Fit(network, batches.step, plan, out)
    print(
        f"{sum(weight.numel() for weight in network.parameters()):,} weights, from step {fit.step}",
        flush=True,
    )
    done = fit.run(options.minutes)
    export(network, tokenizer, out / "model")
    print(f"{out / 'model'}: {'done' if done else 'not done; the same command goes on'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where all goes")
    parser.add_argument("--steps", type=int, default=Plan().steps, help=f"of all (default: {Plan().steps})")
    parser.add_argument(
        "--begin", type=Path, metavar="FILE", help="weights to begin with, of another training"
    )
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so many, to go on later")
    parser.add_argument("--rate", type=float, default=1.0, help="how fast, against the usual (default: 1)")
    parser.add_argument(
        "--decay",
        type=float,
        default=Plan().decay,
        help=f"share of steps that slow down (default: {Plan().decay})",
    )
    parser.add_argument("--layers", type=int, default=Size().layers, help=f"default: {Size().layers}")
    parser.add_argument("--hidden", type=int, default=Size().hidden, help=f"width (default: {Size().hidden})")
    parser.add_argument("--threads", type=int, default=Plan().threads, help="processor threads")
    parser.add_argument("--seed", type=int, default=Plan().seed, help="of everything that is random")
    parser.add_argument("--whole", action="store_true", help="products in 32 bits, for older processors")
    return parser


if __name__ == "__main__":
    sys.exit(main())
