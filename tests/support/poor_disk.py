"""A process whose disk cannot do everything: the kernel itself refuses the calls, for Linux without any rights.

`getuid=EPERM` makes it a process of a user whom nobody knows. Run it with what is refused and how, then the module to
run: `python poor_disk.py chmod=EPERM,flock=ENOLCK kie_mcp …`.
"""

import ctypes
import errno
import platform
import runpy
import struct
import sys

_X86 = {
    "chmod": (90, 91, 268, 452),
    "flock": (73,),
    "utime": (280, 261, 235, 132),
    "fsync": (74, 75),
    "fallocate": (285,),
    "rename": (82, 264, 316),
    "getuid": (102,),
}
_ARM = {
    "chmod": (52, 53, 452),
    "flock": (32,),
    "utime": (88,),
    "fsync": (82, 83),
    "fallocate": (47,),
    "rename": (38, 276),
    "getuid": (174,),
}
_CALLS = _X86 if platform.machine() == "x86_64" else _ARM
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def refuse(**calls: int) -> None:
    """Let the kernel answer these calls of this process, and of its children, with these error numbers."""
    code = [struct.pack("HBBI", _LOAD, 0, 0, 0)]
    for name, number in calls.items():
        for call in _CALLS[name]:
            code += [struct.pack("HBBI", _IF_EQUAL, 0, 1, call), struct.pack("HBBI", _RETURN, 0, 0, _REFUSE | number)]
    code.append(struct.pack("HBBI", _RETURN, 0, 0, _ALLOW))
    program = _Program(len(code), b"".join(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "no calls can be refused here")


if __name__ == "__main__":
    given, module, *rest = sys.argv[1:]
    refuse(**{name: getattr(errno, how) for name, _, how in (one.partition("=") for one in given.split(","))})
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__")
