"""`paige import`: from a checkpoint to shards that a board runs."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from paige.device.cli.command import Subcommand
from paige.models.lm.quantization import BITS, BLOCKS
from paige.tools.lm.boards import BOARDS

_DESCRIPTION = """\
Makes a model folder of a checkpoint: a folder as Hugging Face's libraries write it, with config.json,
*.safetensors and tokenizer.json, of the families Llama, Qwen 2, Qwen 3 and SmolLM.
They are then installed with `paige models add`.

Weights become 4 bits in blocks, or 8 bits where the board multiplies these faster (--for). With a text of the
kind that the model is to read (--text), errors are kept away from what matters in it; --report tells what is
lost all the same.

examples:
  paige import SmolLM2-135M-Instruct --to smol --for pi4
  paige import Qwen3-0.6B --to qwen --text house.txt --smooth --report
  paige import Qwen3-0.6B --to qwen --text house.txt --within 400MB --prune 0.1"""


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="the folder of the checkpoint")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="the folder that is made; none may be there"
    )
    parser.add_argument(
        "--for",
        dest="board",
        choices=tuple(BOARDS),
        default="this",
        help="the board that will run it (default: this machine)",
    )
    parser.add_argument("--bits", type=int, choices=BITS, help="of a weight (default: what suits the board)")
    parser.add_argument("--block", type=int, choices=BLOCKS, help="weights that share a scale (default: 32)")
    parser.add_argument("--head-bits", type=int, choices=BITS, help="of the head (default: as the layers)")
    parser.add_argument(
        "--licence", metavar="NAME", help="of the weights, where the checkpoint does not say it"
    )
    group = parser.add_argument_group("what is left out, and how it is chosen")
    group.add_argument("--text", type=Path, metavar="FILE", help="plain text of the kind that it is to read")
    group.add_argument("--smooth", action="store_true", help="round channels that carry much more finely")
    group.add_argument(
        "--within", type=_size, metavar="SIZE", help="8 bits for what is most sensitive, up to this size"
    )
    group.add_argument(
        "--prune", type=_share, default=0.0, metavar="SHARE", help="of feed-forward neurons, such as 0.25"
    )
    group.add_argument(
        "--rank",
        type=_rank,
        action="append",
        default=[],
        metavar="MATRIX=N",
        help="two narrow factors instead of a matrix: query_key_value, attention_output, gate_up or down",
    )
    group.add_argument(
        "--report", action="store_true", help="measure what is lost against the checkpoint; it needs --text"
    )


def _size(text: str) -> int:
    from paige.device.memory.size import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _share(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < 1:
        raise ArgumentTypeError(f"{text!r} is no share such as 0.25")
    return found


def _rank(text: str) -> tuple[str, int]:
    from paige.tools.lm.recipe import MATRICES

    name, _, rank = text.partition("=")
    if name not in MATRICES or not rank.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no rank such as down=256 (of {', '.join(MATRICES)})")
    return name, int(rank)


def _run(arguments: Namespace) -> int:
    from paige.tools.lm.importing import run

    return run(arguments)


COMMAND = Subcommand("import", "make a model folder of a checkpoint", _DESCRIPTION, _configure, _run)
