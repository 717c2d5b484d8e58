"""Runs a command as root of a namespace of its own in which arm64 programs run, emulated by QEMU.

    python3 tools/emulated/namespace.py COMMAND...

Nothing is registered with the machine: the namespace mounts a binfmt_misc of its own, which Linux allows from
6.7 on. Needs root and QEMU's user-mode emulator (Debian's qemu-user-static). It stands alone.
"""

import ctypes
import os
import shutil
import signal
import sys
from pathlib import Path

# <sched.h> and <sys/prctl.h>
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID = 0x0002_0000, 0x1000_0000, 0x2000_0000
_PR_SET_PDEATHSIG = 1

# The first 20 bytes of an ELF file for aarch64, and which of their bits count: qemu-binfmt-conf.sh.
_MAGIC = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
_MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"

_SET_UP = """set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf '%s' "$1" >/proc/sys/fs/binfmt_misc/register
shift
exec "$@"
"""


def main(command: list[str]) -> int:
    """Run `command` there and give its exit status."""
    qemu = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
    if qemu is None or os.geteuid() != 0 or not command:
        print("emulated: needs root, a command, and qemu-user-static", file=sys.stderr)
        return 2
    # F opens the emulator now, so that it is found from within any root.
    handler = f":qemu-aarch64:M::{_MAGIC}:{_MASK}:{qemu}:OCF"
    unshared, mapped = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        _inside(["sh", "-c", _SET_UP, "sh", handler, *command], told=unshared[1], wait_for=mapped[0])
    os.close(unshared[1])
    if os.read(unshared[0], 1):
        # Every user of the machine is itself inside, so files belong to whom they should.
        for kind in ("uid_map", "gid_map"):
            Path(f"/proc/{child}/{kind}").write_text("0 0 65536\n")
        os.write(mapped[1], b"1")
    return _status(child)


def _inside(command: list[str], *, told: int, wait_for: int) -> None:
    """Enter the namespace, be given its users, run the command as its first process; never returns."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID):
        print(f"emulated: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        os._exit(2)
    os.write(told, b"1")
    os.close(told)
    os.read(wait_for, 1)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    child = os.fork()
    if child == 0:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.execvp(command[0], command)  # noqa: S606 # the command is what the caller wants run
    os._exit(_status(child))


def _status(child: int) -> int:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
