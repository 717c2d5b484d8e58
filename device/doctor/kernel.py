"""What of the kernel's counting Paige goes by, and does without where it is switched off."""

import platform
from pathlib import Path

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning, wrong
from paige.device.errors import DeviceError
from paige.device.memory.kernel import Kernel

_COMMAND_LINE = "to the kernel's command line (on a Raspberry Pi: /boot/firmware/cmdline.txt)"


def kernel(_: Loaded) -> Finding:
    """Whether it says what memory is used, wanted and granted."""
    return counting()


def counting(root: Path = Path("/")) -> Finding:
    """The same of the kernel whose file systems are mounted at `root`."""
    name, here = f"Linux {platform.release()}", Kernel(root)
    try:
        here.process()
    except DeviceError as error:
        return wrong(str(error), "install a newer kernel")
    missing, remedies = [], []
    if here.stalled() is None:
        missing.append("who waits for memory, so that language models give theirs up later than they could")
        remedies.append("psi=1")
    if not _limits_memory(root):
        missing.append("what a service may have of it, so that the unit's MemoryMax means nothing")
        remedies.append("cgroup_enable=memory")
    if missing:
        return warning(
            f"{name} does not count {'; nor '.join(missing)}", f"add {' '.join(remedies)} {_COMMAND_LINE}"
        )
    return ok(f"{name} counts who waits for memory, and limits it")


def _limits_memory(root: Path) -> bool:
    """Whether there are control groups of memory, of version 2 or 1 (cgroups(7))."""
    groups = root / "sys/fs/cgroup"
    try:
        return "memory" in (groups / "cgroup.controllers").read_text(encoding="ascii").split()
    except OSError:
        return (groups / "memory").is_dir()
