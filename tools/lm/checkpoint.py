"""A checkpoint as Hugging Face's libraries write it, read some rows of one tensor at a time."""

import json
import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.models.errors import ModelUnusable
from paige.models.lm.shape import DecoderShape

INDEX: Final = "model.safetensors.index.json"
_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
}


class Checkpoint:
    """A folder with `config.json` and `*.safetensors`.

    Args:
        folder: Where they are.

    Raises:
        ModelUnusable: One is missing, cut short or damaged, or of a family that is not known.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise ModelUnusable(f"{folder}: this is no folder; a checkpoint is one with config.json in it")
        self.config: dict[str, Any] = _json(folder / "config.json")
        if "quantization_config" in self.config:
            raise ModelUnusable(
                f"{folder / 'config.json'}: this checkpoint is quantized already; take the one it was made of"
            )
        self.shape = DecoderShape.from_config(self.config)
        self._tensors: dict[str, tuple[Path, dict[str, Any], int]] = {}
        index: dict[str, str] = {}
        if (folder / INDEX).is_file():
            index = _json(folder / INDEX).get("weight_map", {})
        files = {folder / name for name in index.values()} or {*folder.glob("*.safetensors")}
        for file in sorted(files):
            self._add(file)
        if not self._tensors:
            raise ModelUnusable(f"{folder}: there is no file that ends in .safetensors")
        for name, told in index.items():
            if name not in self._tensors:
                raise ModelUnusable(f"{folder / told}: it lacks {name}, which {INDEX} says is there")

    def _add(self, file: Path) -> None:
        """The head of a file: 8 bytes with its length, then JSON (https://github.com/huggingface/safetensors)."""
        try:
            size = file.stat().st_size
            with file.open("rb") as source:
                length = int.from_bytes(source.read(8), "little")
                head = json.loads(source.read(length)) if 8 + length <= size else None
        except OSError as error:
            named = f", which {INDEX} names" if (self.folder / INDEX).is_file() else ""
            raise ModelUnusable(f"{file}{named}: {error.strerror}") from error
        except ValueError as error:
            raise ModelUnusable(f"{file}: this is no safetensors file, or it is damaged: {error}") from error
        if head is None:
            raise ModelUnusable(f"{file}: its head should have {length} bytes, more than the file has")
        for name, entry in head.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            if 8 + length + end > size:
                raise ModelUnusable(
                    f"{file}: it ends within {name}: {size:,} bytes are there, {8 + length + end:,} or more "
                    "were expected; copy the file again"
                )
            if entry["dtype"] in _DTYPES:
                wanted = math.prod(entry["shape"]) * _DTYPES[entry["dtype"]].itemsize
                if end - begin != wanted:
                    raise ModelUnusable(f"{file}: {name} has {end - begin} bytes, {wanted} were expected")
            self._tensors[name] = file, entry, 8 + length

    @property
    def names(self) -> tuple[str, ...]:
        """Of all tensors."""
        return tuple(self._tensors)

    def dims(self, name: str) -> tuple[int, ...]:
        """Of a tensor.

        Raises:
            ModelUnusable: There is none of that name.
        """
        return tuple(self._entry(name)[1]["shape"])

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor, in 32 bits.

        Raises:
            ModelUnusable: There is none of that name, or of another kind of number.
        """
        return self.rows(name, 0, self.dims(name)[0])

    def rows(self, name: str, begin: int, end: int) -> NDArray[np.float32]:
        """Some rows of a tensor, in 32 bits; no more is read.

        Raises:
            ModelUnusable: There is none of that name, or of another kind of number.
        """
        file, entry, head = self._entry(name)
        if entry["dtype"] not in _DTYPES:
            raise ModelUnusable(f"{file}: {name} is {entry['dtype']}; known are {', '.join(_DTYPES)}")
        dtype, rest = _DTYPES[entry["dtype"]], entry["shape"][1:]
        stride = math.prod(rest)
        found = np.fromfile(
            file,
            dtype,
            (end - begin) * stride,
            offset=head + entry["data_offsets"][0] + begin * stride * dtype.itemsize,
        ).reshape(-1, *rest)
        if entry["dtype"] == "BF16":  # the upper half of 32 bits
            found = (found.astype(np.uint32) << 16).view(np.float32)
        whole: NDArray[np.float32] = found.astype(np.float32, copy=False)
        return whole

    def _entry(self, name: str) -> tuple[Path, dict[str, Any], int]:
        if name not in self._tensors:
            raise ModelUnusable(f"{self.folder}: this checkpoint lacks {name}")
        return self._tensors[name]


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelUnusable(f"{file}: a checkpoint has this file: {error.strerror}") from error
    except ValueError as error:
        raise ModelUnusable(f"{file}: this is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ModelUnusable(f"{file}: this is no JSON object")
    return found
