"""What `paige import` does: a folder is made beside its place and moved there when all of it is written."""

import shutil
import sys
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.device.memory.size import show_size
from paige.models.errors import ModelUnusable
from paige.tools.bench.progress import progress

if TYPE_CHECKING:
    from paige.tools.lm.checkpoint import Checkpoint

_TOKENIZER: Final = "tokenizer.json"
_NEEDED: Final = "onnx"


def run(arguments: Namespace) -> int:
    """Import, and give the exit status.

    Raises:
        ModelUnusable: The checkpoint cannot be imported so; the text says why.
    """
    if find_spec(_NEEDED) is None:
        raise ModelUnusable("graphs are written with the package onnx: pip install 'paige[convert]'")
    from paige.tools.lm.checkpoint import Checkpoint
    from paige.tools.lm.licence import licence_of
    from paige.tools.lm.texts import pieces_of

    to: Path = arguments.to
    if to.exists():
        raise ModelUnusable(f"{to}: this is there already; remove it, or take another folder with --to")
    if arguments.report and arguments.text is None:
        raise ModelUnusable(
            "--report measures by a text of the kind that it is to read; give one with --text FILE"
        )
    checkpoint = Checkpoint(arguments.checkpoint)
    licence = licence_of(checkpoint.folder, arguments.licence)
    if not (tokenizer := checkpoint.folder / _TOKENIZER).is_file():
        raise ModelUnusable(
            f"{tokenizer}: a checkpoint has this file; transformers writes it: "
            "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
        )
    choosing, measuring = (None, None) if arguments.text is None else pieces_of(arguments.text, tokenizer)
    try:
        to.absolute().parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".importing-", dir=to.absolute().parent) as place:
            made = Path(place) / "model"
            _write(arguments, checkpoint, licence, choosing, made)
            report = _report(arguments, checkpoint, measuring, made) if measuring is not None else ""
            made.rename(to)
    except OSError as error:
        raise ModelUnusable(f"{to}: cannot be written: {error.strerror}") from error
    if report:
        print(report)
    _say(f"made: {to}; it is installed with: paige models add {to}")
    return 0


def _write(
    arguments: Namespace, checkpoint: "Checkpoint", licence: str, choosing: NDArray[np.intp] | None, to: Path
) -> None:
    from paige.tools.lm.convert import Conversion
    from paige.tools.lm.sensitivity import recipe_bytes
    from paige.tools.lm.wish import Wish, recipe_of

    wish = Wish(
        arguments.board,
        arguments.bits,
        arguments.block,
        arguments.head_bits,
        arguments.smooth,
        arguments.within,
        arguments.prune,
        tuple(arguments.rank),
    )
    if wish.within is not None:
        _say("finding out what is sensitive")
    recipe = recipe_of(wish, checkpoint, choosing, progress)
    shape = checkpoint.shape
    size = recipe_bytes(recipe, shape)
    _check_room(to, (2 if arguments.report else 1) * (size + 4 * shape.vocabulary * shape.hidden))
    conversion = Conversion(checkpoint, recipe, to, licence, choosing)
    _say(f"{checkpoint.folder}: {shape.layers} layers, licence {licence}; {show_size(size)} in each pass")
    for _ in progress(conversion.steps(), conversion.count):
        pass
    for name, kind in conversion.manifest.kinds.items():
        _say(f"{name}: {len(conversion.manifest.of_kind(name))} of {show_size(kind.bytes)}, {kind.weights}")


def _report(arguments: Namespace, checkpoint: "Checkpoint", measuring: NDArray[Any], made: Path) -> str:
    if not arguments.report:
        return ""
    from paige.tools.lm.loss import measured, table

    _say("measuring what is lost")
    return table(measured(checkpoint, {arguments.to.name: made}, measuring, progress))


def _check_room(to: Path, needed: int) -> None:
    free = shutil.disk_usage(to.parent).free
    if free < needed:
        raise ModelUnusable(f"{to.parent}: {show_size(needed)} are needed, {show_size(free)} are free")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
