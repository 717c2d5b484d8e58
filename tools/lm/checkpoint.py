"""A checkpoint as Hugging Face's libraries write it, read one tensor at a time."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paige.models.errors import ModelUnusable
from paige.models.lm.shape import DecoderShape

_DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}


class Checkpoint:
    """A folder with `config.json` and `*.safetensors`.

    Args:
        folder: Where they are.

    Raises:
        ModelUnusable: One is missing or damaged, or of a family that is not known.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config: dict[str, Any] = json.loads(self._text("config.json"))
        self.shape = DecoderShape.from_config(self.config)
        self._tensors: dict[str, tuple[Path, dict[str, Any], int]] = {}
        for file in sorted(folder.glob("*.safetensors")):
            self._add(file)
        if not self._tensors:
            raise ModelUnusable(f"{folder}: there is no file that ends in .safetensors")

    def _text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise ModelUnusable(
                f"{self.folder / name}: a checkpoint has this file: {error.strerror}"
            ) from error

    def _add(self, file: Path) -> None:
        """The head of a file: 8 bytes with its length, then JSON (https://github.com/huggingface/safetensors)."""
        with file.open("rb") as source:
            length = int.from_bytes(source.read(8), "little")
            if length > file.stat().st_size:
                raise ModelUnusable(f"{file}: its head should have {length} bytes, more than the file has")
            head = json.loads(source.read(length))
        for name, entry in head.items():
            if name != "__metadata__":
                self._tensors[name] = file, entry, 8 + length

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor, in 32 bits.

        Raises:
            ModelUnusable: There is none of that name, or its file ends before it does.
        """
        if name not in self._tensors:
            raise ModelUnusable(f"{self.folder}: this checkpoint lacks {name}")
        file, entry, head = self._tensors[name]
        if entry["dtype"] not in _DTYPES:
            raise ModelUnusable(f"{file}: {name} is {entry['dtype']}; known are {', '.join(_DTYPES)}")
        dtype, (begin, end) = _DTYPES[entry["dtype"]], entry["data_offsets"]
        with file.open("rb") as source:
            source.seek(head + begin)
            data = source.read(end - begin)
        if len(data) != end - begin:
            raise ModelUnusable(f"{file}: it ends within {name}")
        found = np.frombuffer(data, dtype).reshape(entry["shape"])
        if entry["dtype"] == "BF16":  # the upper half of 32 bits
            found = (found.astype(np.uint32) << 16).view(np.float32)
        whole: NDArray[np.float32] = found.astype(np.float32, copy=False)
        return whole
