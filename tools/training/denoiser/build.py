"""Makes speech and noises, trains the network, and writes it as it runs."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from paige.tools.training.denoiser import noises, speech, texts, voices
from paige.tools.training.denoiser.export import export
from paige.tools.training.denoiser.fit import Fit, Plan
from paige.tools.training.denoiser.mixing import Mixer
from paige.tools.training.denoiser.network import Network


def main(argv: Sequence[str] | None = None) -> int:
    """Makes it."""
    options = _parser().parse_args(argv)
    out: Path = options.out
    work: Path = options.work or out.with_name(f"{out.name}.work")
    work.mkdir(parents=True, exist_ok=True)
    try:
        mixer = _mixer(options, work)
    except (OSError, ValueError) as error:
        print(f"denoiser: {error}", file=sys.stderr)
        return 1
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    network, plan = Network(), Plan(options.steps)
    fit = Fit(network, mixer.batch, plan, _folder(options, work) / f"state-{_settings(options)}.pt")
    count = sum(weights.numel() for weights in network.parameters())
    print(f"{count:,} weights, from step {fit.step}", flush=True)
    if not fit.run(options.minutes):
        print(f"step {fit.step} of {plan.steps}; the same command goes on")
        return 0
    before, after = fit.judged()
    out.mkdir(parents=True, exist_ok=True)
    export(network, out / "denoiser.onnx")
    print(f"heard so different from speech alone: {before:.3f} as it is, {after:.3f} with less noise")
    print(out / "denoiser.onnx")
    return 0


def _mixer(options: argparse.Namespace, work: Path) -> Mixer:
    there, missing = voices.installed()
    if missing:
        print(
            f"left out, for they are not installed: {' '.join(missing)}\n"
            f"    sudo apt install {' '.join(missing)}",
            flush=True,
        )
    source: Path | None = options.sentences
    said = texts.of_homes() if source is None else texts.of_file(source)
    spoken = speech.stored(_folder(options, work), there, said, options.utterances, options.seed)
    hours = sum(one.seconds for one in spoken) / 3600
    print(f"{sum(len(one.utterances) for one in spoken):,} utterances, {hours:.1f} hours", flush=True)
    print("noises:", flush=True)
    made = noises.stored(work / f"noises-{options.noises}-{options.seed}.npy", options.noises, options.seed)
    return Mixer(spoken, made, options.seed)


def _folder(options: argparse.Namespace, work: Path) -> Path:
    """Where that is kept which depends on what was said."""
    folder = work / ("homes" if options.sentences is None else options.sentences.stem)
    folder.mkdir(exist_ok=True)
    return folder


def _settings(options: argparse.Namespace) -> str:
    """Those that a training must have been begun with."""
    return "-".join(
        str(number) for number in (options.utterances, options.noises, options.steps, options.seed)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m paige.tools.training.denoiser", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where it is written")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="kept to go on (default: FOLDER.work)")
    parser.add_argument(
        "--sentences", type=Path, metavar="FILE", help="a line each (default: such as are said to homes)"
    )
    for name, usual, what in (
        ("utterances", 300, "of each recorded voice"),
        ("noises", 700, "to mix them with"),
        ("steps", Plan().steps, "of all"),
        ("threads", 1, "of the processor; another one mixes"),
        ("seed", 1, "of everything that is random"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=usual, metavar="N", help=f"{what} (default: {usual})"
        )
    parser.add_argument(
        "--minutes", type=float, default=math.inf, metavar="N", help="stop after so many, to go on later"
    )
    return parser
