"""Whether what is to be added is a whole model, judged before anything of it is kept."""

import json
from collections.abc import Mapping, Set
from typing import Any, Final

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import EMBEDDING, MANIFEST, NORMS, Manifest
from paige.models.store.listing import FileEntry, parsed
from paige.models.store.sources import Source

MOST: Final = 1 << 22
"""Bytes of a manifest: one of 10,000 files has a quarter of it."""


def read_manifest(source: Source) -> bytes:
    """The manifest of a model.

    Raises:
        ModelUnusable: It is missing, or larger than a manifest is.
    """
    found = b""
    for piece in source.pieces(MANIFEST):
        found += piece
        if len(found) > MOST:
            raise ModelUnusable(f"{source.place(MANIFEST)}: it has more than {MOST:,} bytes: no manifest")
    return found


def check(text: bytes, place: str) -> tuple[Manifest, Mapping[str, FileEntry]]:
    """What a model says of itself, and the files that it must have.

    Args:
        text: Its manifest.
        place: Where that is from.

    Raises:
        ModelUnusable: It is no manifest, lists no files, or not those that such a model has.
    """
    try:
        data: dict[str, Any] = json.loads(text)
        if "files" not in data:
            raise ModelUnusable(
                f"{place}: it does not list its files; make the folder again with this version of Paige"
            )
        files = parsed(data["files"])
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelUnusable(f"{place}: this is no manifest of a model: {error}") from error
    manifest = Manifest.read(text, place)
    for file, size in _needed(manifest).items():
        if file not in files:
            raise ModelUnusable(f"{place}: it does not list {file}, which such a model has")
        if size is not None and files[file].size != size:
            raise ModelUnusable(
                f"{place}: {file} has {files[file].size:,} bytes there; in such a model it has {size:,}"
            )
    if MANIFEST in files:
        raise ModelUnusable(f"{place}: it lists itself")
    return manifest, files


def check_names(found: Set[str], listed: Set[str], origin: str) -> None:
    """See whether a folder has what its manifest lists, and nothing else.

    Raises:
        ModelUnusable: It has not, or more.
    """
    if missing := sorted(listed - found):
        raise ModelUnusable(f"{origin}: it lacks {_some(missing)}; its manifest lists it")
    if more := sorted(found - listed - {MANIFEST}):
        raise ModelUnusable(f"{origin}: its manifest does not list {_some(more)}; take it out")


def _needed(manifest: Manifest) -> dict[str, int | None]:
    """Files of a decoder, with their sizes where these are known."""
    shape = manifest.shape
    needed: dict[str, int | None] = dict.fromkeys((*(f"{kind}.onnx" for kind in manifest.kinds), NORMS))
    needed[EMBEDDING] = shape.vocabulary * shape.hidden * manifest.embedding_bits // 8
    return needed | {shard: manifest.kinds[kind].bytes for shard, kind in manifest.shards.items()}


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
