"""Devices that are announced twice: in their own dialect, and over Home Assistant's discovery for its sake.

Zigbee2MQTT, Tasmota and others do both by default or by an option. The announcement in the device's own
dialect is kept, as it says more and is answered at once; the other one is hidden, not forgotten: it shows
again when the first is withdrawn.

An announcement over Home Assistant's discovery is hidden when

1. it names the hardware address of a device that another dialect announces too, whatever it is called, or
2. another dialect announces the same domain and name, and not both of them say their hardware, for then
   two different addresses are two things that happen to be called alike.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from paige.iot.found import Address, Found, Title

ANNOUNCER: Final = "homeassistant"
"""The dialect in which devices of other dialects are announced once more."""


class Duplicates:
    """Keeps who announces which hardware and which title, to say who is hidden."""

    def __init__(self) -> None:
        self._native_hardware: defaultdict[str, set[Address]] = defaultdict(set)
        self._native_titles: defaultdict[Title, set[Address]] = defaultdict(set)
        self._native_anonymous: defaultdict[Title, set[Address]] = defaultdict(set)
        """Those of `_native_titles` without hardware."""
        self._announced_hardware: defaultdict[str, set[Address]] = defaultdict(set)
        self._announced_titles: defaultdict[Title, set[Address]] = defaultdict(set)

    def add(self, found: Found) -> frozenset[Address]:
        """Take note of an announcement; gives the addresses of those that it may hide."""
        for index in self._indexes(found):
            index.add(found.address)
        return self._touched(found)

    def remove(self, found: Found) -> frozenset[Address]:
        """Forget an announcement; gives the addresses of those that it may have hidden."""
        for index in self._indexes(found):
            index.discard(found.address)
        return self._touched(found)

    def hidden(self, found: Found) -> bool:
        """Whether another announcement stands for this one."""
        if found.address.dialect != ANNOUNCER:
            return False
        if any(self._native_hardware.get(address) for address in found.hardware):
            return True
        others = self._native_anonymous if found.hardware else self._native_titles
        return bool(others.get(found.title))

    def _indexes(self, found: Found) -> Iterable[set[Address]]:
        if found.address.dialect == ANNOUNCER:
            yield self._announced_titles[found.title]
            yield from (self._announced_hardware[address] for address in found.hardware)
            return
        yield self._native_titles[found.title]
        yield from (self._native_hardware[address] for address in found.hardware)
        if not found.hardware:
            yield self._native_anonymous[found.title]

    def _touched(self, found: Found) -> frozenset[Address]:
        if found.address.dialect == ANNOUNCER:
            return frozenset()
        return frozenset(self._announced_titles.get(found.title, ())).union(
            *(self._announced_hardware.get(address, ()) for address in found.hardware)
        )
