"""How old the newest is that is here.

A signature does not expire, so whoever stands between a board and its server can show it an old version for
ever, and all of it is signed. A date that is signed with each version tells.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from paige.device.updates.manifest import Component
from paige.device.updates.slots import Slots

OLD_DAYS: Final = 180
"""From then on it is worth a look whether there is nothing newer."""


@dataclass(frozen=True, slots=True)
class Newest:
    """What is in use and was made last."""

    component: Component
    version: str
    dated: date

    def days(self, today: date) -> int:
        """How old it is; negative where the clock is behind."""
        return (today - self.dated).days


def newest(root: Path) -> Newest | None:
    """The version in use that was made last; None where none says when.

    Args:
        root: The folder of updates.
    """
    found = [one for component in Component if (one := _used(Slots(root, component))) is not None]
    return max(found, key=lambda one: one.dated, default=None)


def _used(slots: Slots) -> Newest | None:
    slot = slots.current
    manifest = None if slot is None else slots.manifest(slot)
    if manifest is None or manifest.dated is None:
        return None
    return Newest(slots.component, str(manifest.version), manifest.dated)
