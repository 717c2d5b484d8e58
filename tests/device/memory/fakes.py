"""Shards of which no byte is real, and what they take."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paige.device.errors import DeviceError
from paige.device.memory.direct import PIECE
from paige.device.memory.supply import Beginning


@dataclass(eq=False)
class Slot:
    """Memory for one shard, of which no byte is real."""

    kind: str
    shard: str = ""
    bytes: int = 0


@dataclass
class Memory:
    """Shards that are read in no time, and what they take."""

    shards: Mapping[str, int]
    budget: int = 0
    slots: list[Slot] = field(default_factory=list)
    most_over: int = 0
    broken: str = ""

    def kind(self, shard: str) -> str:
        return shard.partition("-")[0]

    def check(self) -> None:
        """It has nothing that could be wrong."""

    def open(self, kind: str) -> Slot:
        self.slots.append(Slot(kind))
        return self.slots[-1]

    def fill(self, slot: Slot, shard: str, beginning: Beginning) -> None:
        assert slot.kind == self.kind(shard)
        if shard == self.broken:
            raise DeviceError(f"{shard}: it cannot be read")
        slot.shard, slot.bytes = "", self.shards[shard]
        self.look()
        size = self.shards[shard]
        rest = (min(PIECE, size - at) for at in range(0, size, PIECE))
        pieces = list(
            beginning.before(lambda start: (memoryview(bytes(n)) for n in [*rest][start // PIECE :]))
        )
        assert sum(map(len, pieces)) == size
        slot.shard = shard

    def empty(self, slot: Slot) -> None:
        slot.shard, slot.bytes = "", 0

    def close(self, slot: Slot) -> None:
        self.empty(slot)

    def taken(self, slot: Slot) -> int:
        return slot.bytes

    def look(self) -> None:
        self.most_over = max(self.most_over, sum(slot.bytes for slot in self.slots) - self.budget)
