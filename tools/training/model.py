"""Makes the intent parser's model.

    python -m paige.tools.training.model --data FOLDER --out FOLDER

FOLDER of the data has the data sets `hwu64`, `clinc150` and `home_llm`, each in its folder. Learning
goes on where it was stopped.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from paige.tools.training.data import Portions, epoch_of, gather, labels_of
from paige.tools.training.export import export
from paige.tools.training.fit import Collator, Recipe, fit
from paige.tools.training.network import JointNetwork, pretrained
from paige.tools.training.noise import Noise
from paige.tools.training.pieces import Cutter, pruned


def main(argv: Sequence[str] | None = None) -> int:
    """Gathers, learns, exports."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the model goes")
    parser.add_argument("--language", default="en", help="language of the model (default: en)")
    parser.add_argument("--epochs", type=int, default=Recipe().epochs, help="passes over all examples")
    parser.add_argument(
        "--layers", type=int, nargs="*", default=list(range(6)), help="layers of MiniLM to keep"
    )
    parser.add_argument("--threads", type=int, default=Recipe().threads, help="processor threads")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is random")
    options = parser.parse_args(argv)
    began = time.monotonic()
    portions, noise = Portions(), Noise.of(options.language)
    examples = gather(options.language, options.data, portions, options.seed)
    labels = labels_of(examples)
    kept, tokenizer = pruned(examples)
    sizes = f"{len(labels.intents)} intents, {len(labels.tags)} tags, {len(kept)} pieces"
    print(f"{len(examples)} sentences, {sizes}", file=sys.stderr)
    network = JointNetwork(pretrained(kept, options.layers), labels)
    options.out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(epochs=options.epochs, threads=options.threads, seed=options.seed)
    fit(
        network,
        Collator(labels, Cutter(tokenizer)),
        lambda random: epoch_of(examples, noise, portions, random),
        recipe,
        options.out / "checkpoint.pt",
    )
    export(network, labels, tokenizer, options.out)
    print(f"made in {(time.monotonic() - began) / 60:.0f} minutes: {options.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
