"""Makes a smaller model of one that has learned, which then learns from it.

    python -m paige.tools.training.compress --data FOLDER --model FOLDER --out FOLDER --layers 0 2 3 5

`--model` is what `paige.tools.training.model` made. Of `--layers`, `--heads`, `--inner` and `--rank` several
may be given. Learning goes on where it was stopped.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from paige.models.nlu.labels import Labels
from paige.tools.training.calibrate import temperature
from paige.tools.training.data import Portions, gather
from paige.tools.training.examples import Example
from paige.tools.training.export import export
from paige.tools.training.fit import Collator, Recipe, fit, loss_of
from paige.tools.training.meaning import fit_meaning
from paige.tools.training.model import CHECKPOINT
from paige.tools.training.network import Encoder, JointNetwork
from paige.tools.training.noise import Noise
from paige.tools.training.pieces import Cutter
from paige.tools.training.smaller import fewer_heads, fewer_layers, fewer_neurons, low_rank, size_of

_EPOCHS = 2
_WEIGHED = 2_000
"""Examples by which it is judged what matters."""


def main(argv: Sequence[str] | None = None) -> int:
    """Opens, makes smaller, learns, exports."""
    options = _parser().parse_args(argv)
    began = time.monotonic()
    labels = Labels.load(options.model / "labels.json")
    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    teacher = opened(options.model, labels)
    collator = Collator(labels, Cutter(tokenizer))
    portions, noise = Portions(), Noise.of(options.language)
    corpus, apart = gather(options.language, options.data, portions, options.seed, options.epochs).held_out()
    network = _smaller(teacher, labels, collator, corpus.once, options)
    options.out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(
        epochs=options.epochs, threads=options.threads, seed=options.seed, head_rate=Recipe().encoder_rate
    )
    fit(
        network,
        collator,
        lambda number, random: corpus.epoch(number, noise, portions, random),
        recipe,
        options.out / CHECKPOINT,
        teacher=teacher,
    )
    fit_meaning(network, tokenizer, corpus.once)
    labels = replace(labels, temperature=temperature(network, collator, apart))
    export(network, labels, tokenizer, options.out)
    print(f"made in {(time.monotonic() - began) / 60:.0f} minutes: {options.out}", file=sys.stderr)
    return 0


def opened(folder: Path, labels: Labels) -> JointNetwork:
    """The network of a model's folder, as it was when it had learned."""
    state = torch.load(folder / CHECKPOINT, weights_only=True)["network"]
    network = JointNetwork(Encoder(size_of(state)), labels)
    missing, unknown = network.load_state_dict(state, strict=False)
    if unknown or any(not name.startswith("meaning.") for name in missing):
        raise SystemExit(f"{folder}: these are weights of another network: {(*missing, *unknown)}")
    return network.eval()


def _smaller(
    network: JointNetwork,
    labels: Labels,
    collator: Collator,
    examples: Sequence[Example],
    options: argparse.Namespace,
) -> JointNetwork:
    def losses(one: JointNetwork) -> Iterator[Tensor]:
        step = Recipe().batch
        some = examples[:: max(1, len(examples) // _WEIGHED)]
        for at in range(0, len(some), step):
            yield loss_of(one, collator.batch(some[at : at + step]), Recipe())[0]

    if options.layers:
        network = fewer_layers(network, options.layers, labels).eval()
    if options.heads:
        network = fewer_heads(network, options.heads, labels, losses(network)).eval()
    if options.inner:
        network = fewer_neurons(network, options.inner, labels, losses(network)).eval()
    if options.rank:
        network = low_rank(network, options.rank, labels).eval()
    return network


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="the model that teaches")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the model goes")
    parser.add_argument("--layers", type=int, nargs="+", metavar="N", help="numbers of the layers to keep")
    parser.add_argument("--heads", type=int, metavar="N", help="heads of attention to keep in each layer")
    parser.add_argument("--inner", type=int, metavar="N", help="inner neurons to keep in each layer")
    parser.add_argument("--rank", type=int, metavar="N", help="rank of the two large matrices of each layer")
    parser.add_argument("--language", default="en", help="language of the model (default: en)")
    parser.add_argument("--epochs", type=int, default=_EPOCHS, help=f"passes (default: {_EPOCHS})")
    parser.add_argument("--threads", type=int, default=Recipe().threads, help="processor threads")
    parser.add_argument(
        "--seed", type=int, default=1, help="of everything that is random, as for the teacher"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
