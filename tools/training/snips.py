"""The recipe on SNIPS, to compare it with what others published.

    python -m paige.tools.training.snips --data FOLDER --out FOLDER

FOLDER of the data has `train.jsonl`, `dev.jsonl` and `test.jsonl`. Learns from the first, with the words of
its slots swapped among its sentences (`swap`), keeps the epoch that is best on the second, and reports on the
third: the network, and what a board would run of it, in 8 bits. Learning goes on where it was stopped.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import torch

from paige.models.nlu.frame import best_tags
from paige.models.nlu.labels import Labels
from paige.models.nlu.model import JointModel
from paige.models.nlu.tags import NONE
from paige.tools.training.data import labels_of
from paige.tools.training.examples import Example
from paige.tools.training.export import export
from paige.tools.training.fit import Collator, Recipe, fit
from paige.tools.training.from_snips import from_snips
from paige.tools.training.network import JointNetwork, beginning, pretrained
from paige.tools.training.pieces import Cutter, tokenizer
from paige.tools.training.spans_score import Labelled, Score, score
from paige.tools.training.swap import swapped, values_of

EPOCHS: Final = 20
"""More than for the shipped model: it is a third as many sentences, of which only the slots' words change."""
_BATCH = 64

Read = Callable[[Sequence[Example]], Iterator[Labelled]]
"""Gives the labels that are found of sentences."""


def scored(examples: Sequence[Example], read: Read) -> Score:
    """How right the labels are that are found of examples."""
    return score(zip(((one.intent, one.tags or ()) for one in examples), read(examples), strict=True))


def by_network(network: JointNetwork, labels: Labels, cutter: Cutter) -> Read:
    """Labels by a network, in float32."""
    collator = Collator(labels, cutter)

    def read(examples: Sequence[Example]) -> Iterator[Labelled]:
        for at in range(0, len(examples), _BATCH):
            part = examples[at : at + _BATCH]
            batch = collator.batch(part)
            with torch.no_grad():
                outputs = network(batch.pieces, batch.mask)
            likeliest = outputs["intents"].argmax(dim=1).tolist()
            for row, example in enumerate(part):
                _, firsts = cutter.cut(example.words)
                tags = best_tags(outputs["tags"][row, firsts].numpy(), labels.tags)
                yield labels.intents[likeliest[row]], _whole(tags, example)

    return read


def by_model(model: JointModel) -> Read:
    """Labels by an exported model."""

    def read(examples: Sequence[Example]) -> Iterator[Labelled]:
        for example in examples:
            scores = model.read(example.words)
            tags = best_tags(scores.tags, model.labels.tags)
            yield model.labels.intents[int(scores.intents.argmax())], _whole(tags, example)

    return read


def _whole(tags: list[str], example: Example) -> list[str]:
    """A tag for each word, where a long sentence was not read to its end."""
    return tags + [NONE] * (len(example.words) - len(tags))


class Best:
    """Keeps the network of the best epoch in a file, and what each epoch reached."""

    def __init__(self, file: Path, network: JointNetwork, measure: Callable[[], Score]) -> None:
        self._file, self._network, self._measure = file, network, measure
        self._reached = 0.0
        if file.is_file():
            self._reached = torch.load(file, weights_only=True)["reached"]

    def after(self, epoch: int) -> None:
        """Measure after an epoch; the more of the three figures together, the better."""
        found = self._measure()
        reached = found.intent + found.slots + found.frame
        is_best = reached > self._reached
        print(f"epoch {epoch}: development {found}{' (best)' if is_best else ''}", file=sys.stderr)
        if is_best:
            self._reached = reached
            part = self._file.with_suffix(".part")
            torch.save({"network": self._network.state_dict(), "reached": reached, "epoch": epoch}, part)
            part.replace(self._file)

    def restore(self) -> int:
        """The network as it was best; gives the number of that epoch."""
        state = torch.load(self._file, weights_only=True)
        self._network.load_state_dict(state["network"])
        self._network.eval()
        epoch: int = state["epoch"]
        return epoch


def main(argv: Sequence[str] | None = None) -> int:
    """Learns, chooses, reports."""
    options = _parser().parse_args(argv)
    began = time.monotonic()
    train, dev, test = (
        _some(list(from_snips(options.data / f"{split}.jsonl")), options.most)
        for split in ("train", "dev", "test")
    )
    labels, whole = labels_of(train), tokenizer()
    cutter = Cutter(whole)
    network = beginning(pretrained(range(whole.get_vocab_size()), range(6)), labels)
    options.out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(epochs=options.epochs, threads=options.threads, seed=options.seed)
    read = by_network(network, labels, cutter)
    best = Best(options.out / "best.pt", network, lambda: scored(dev, read))
    values = values_of(train)
    fit(
        network,
        Collator(labels, cutter),
        lambda _, random: [swapped(example, values, random) for example in train],
        recipe,
        options.out / "checkpoint.pt",
        best.after,
    )
    epoch = best.restore()
    float_score = scored(test, read)
    export(network, labels, whole, options.out)
    small = scored(test, by_model(JointModel(options.out, options.threads)))
    report = {
        "recipe": asdict(recipe),
        "sentences": {"train": len(train), "dev": len(dev), "test": len(test)},
        "best_epoch": epoch,
        "test": asdict(float_score),
        "test_int8": asdict(small),
        "minutes": round((time.monotonic() - began) / 60, 1),
    }
    (options.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"SNIPS test, {len(test)} sentences, intent / slot F1 / whole frame, epoch {epoch}:")
    print(f"  network, float32:  {float_score}\n  model, 8 bits:     {small}")
    return 0


def _some(examples: list[Example], most: int | None) -> list[Example]:
    """So many of them, from beginning to end: they are sorted by intent."""
    return examples if most is None else examples[:: max(1, len(examples) // most)][:most]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="SNIPS")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where all goes")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"passes over all (default: {EPOCHS})")
    parser.add_argument("--threads", type=int, default=Recipe().threads, help="processor threads")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is random")
    parser.add_argument("--most", type=int, metavar="N", help="so many sentences of each, for a trial")
    return parser


if __name__ == "__main__":
    sys.exit(main())
