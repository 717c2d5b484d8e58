"""Graphs whose matrices are arranged as this machine's kernels want them, and models of such graphs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import Manifest
from paige.models.lm.onnx_file import Place
from paige.models.onnx import onnxruntime

PACKED: Final = "packed.json"
ARRANGEMENT: Final = 2
"""Of what is arranged. Raise it where that is written otherwise: models are arranged again then."""


@dataclass(frozen=True, slots=True)
class PackedGraph:
    """Of one kind of shard."""

    model: bytes
    """ONNX, with notes where what is arranged lies."""
    size: int
    """Bytes of a slot's file; what stands in no region is a hole."""
    blank: bytes
    """What stands in a slot's file when the runtime opens the graph, by which it checks that it would arrange
    matrices so again: the pages that are not all zero (`slot.blank_of`)."""
    regions: tuple[Place, ...]
    """What a shard is made of, in the order of its bytes: what is arranged, and what else a kernel reads."""

    fingerprint: str = ""
    """Of what the kind's first shard makes of some numbers; see `Slot.check`."""

    @property
    def shard_bytes(self) -> int:
        """A shard's size, on flash and in memory."""
        return sum(place.length for place in self.regions)


@dataclass(frozen=True, slots=True)
class PackedModel:
    """A model folder of this machine."""

    folder: Path
    manifest: Manifest
    graphs: Mapping[str, PackedGraph]
    """Of each kind."""
    checksums: Mapping[str, str]
    """Of each shard (CRC-32, 8 hexadecimal digits): finds what flash or a copy has spoiled."""

    def graph(self, shard: str) -> PackedGraph:
        """The one that runs a shard."""
        return self.graphs[self.manifest.shards[shard]]

    def save(self) -> None:
        """Write what is known of the graphs beside the shards."""
        told: dict[str, Any] = {"runtime": onnxruntime.__version__, "graphs": {}, "checksums": self.checksums}
        for kind, graph in self.graphs.items():
            (self.folder / f"{kind}.onnx").write_bytes(graph.model)
            (self.folder / f"{kind}.blank").write_bytes(graph.blank)
            told["graphs"][kind] = {
                "size": graph.size,
                "fingerprint": graph.fingerprint,
                "regions": [[place.offset, place.length] for place in graph.regions],
            }
        (self.folder / PACKED).write_text(json.dumps(told, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "PackedModel":
        """A folder.

        Raises:
            ModelUnusable: It is no model of this machine, or was arranged by another runtime.
        """
        manifest = Manifest.load(folder)
        try:
            told = json.loads((folder / PACKED).read_text(encoding="utf-8"))
            graphs = {kind: _graph(folder, kind, told["graphs"][kind]) for kind in manifest.kinds}
            checksums = {shard: str(told["checksums"][shard]) for shard in manifest.shards}
        except OSError as error:
            raise ModelUnusable(f"{folder}: this model was not added on this machine: {error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelUnusable(f"{folder / PACKED}: this file is damaged: {error!r}") from error
        if told["runtime"] != onnxruntime.__version__:
            raise ModelUnusable(
                f"{folder}: this model was arranged by ONNX Runtime {told['runtime']}; here is "
                f"{onnxruntime.__version__}: add it again with `paige models add`"
            )
        return cls(folder, manifest, graphs, checksums)


def _graph(folder: Path, kind: str, entry: Mapping[str, Any]) -> PackedGraph:
    return PackedGraph(
        (folder / f"{kind}.onnx").read_bytes(),
        int(entry["size"]),
        (folder / f"{kind}.blank").read_bytes(),
        tuple(Place(*place) for place in entry["regions"]),
        str(entry["fingerprint"]),
    )
