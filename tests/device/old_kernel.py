"""Becomes the given program under a kernel of 2016: what came later is answered as unknown.

    python old_kernel.py PROGRAM ARGUMENT …

The filter (seccomp(2)) lasts for all that the program starts.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

_NEWER = 424
"""From this number on, that of pidfd_send_signal of Linux 5.1, all processors number system calls alike."""
_STATX = {"x86_64": 332, "aarch64": 291}
"""Of Linux 4.11; rseq and io_pgetevents, of 4.18, have the two numbers after it."""
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def forget_newer() -> None:
    """Let this process and those it starts live in 2016."""
    statx = _STATX[platform.machine()]
    refuse = (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    steps = [
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 4, 0, _NEWER),
        (_EQUAL, 3, 0, statx),
        (_EQUAL, 2, 0, statx + 1),
        (_EQUAL, 1, 0, statx + 2),
        (_RETURN, 0, 0, _ALLOW),
        refuse,
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*call):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    forget_newer()
    os.execv(sys.argv[1], sys.argv[1:])
