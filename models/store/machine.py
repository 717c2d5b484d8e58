"""Which processor this is, as far as kernels for it differ."""

import os
import zlib
from pathlib import Path
from typing import Final

_CPUINFO: Final = Path("/proc/cpuinfo")
_TELLING: Final = frozenset(
    {
        "vendor_id",
        "cpu family",
        "model",
        "flags",
        "CPU implementer",
        "CPU architecture",
        "CPU variant",
        "CPU part",
        "Features",
    }
)


def processor(cpuinfo: Path = _CPUINFO) -> str:
    """The kind of processor, and a checksum of what its cores say of themselves.

    A new kernel may know more features of the same processor: another text does not mean that what was
    arranged is no longer good, but that one has to look.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    told = sorted({line for line in lines if line.partition(":")[0].strip() in _TELLING})
    checksum = zlib.crc32("\n".join(told).encode())
    return f"{os.uname().machine} {checksum:08x}"
