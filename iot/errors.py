"""What can be broken about a home.

IotError
├── HomeInvalid         a home description file cannot be read or contradicts itself
├── LinkDown            the broker cannot be reached, or refuses us
│   └── LinkRefused     it is there, and does not take us as we come
├── DiscoveryInvalid    a device described itself in a way that cannot be used
├── KeepingFailed       timers or lists cannot be read from the disk or written to it
└── ReportInvalid       a device reported its state in a way that cannot be understood
"""


class IotError(Exception):
    """Base of everything that `paige.iot` raises; its text is fit to show a user."""


class HomeInvalid(IotError):
    """A home description cannot be read; the text names file, line, key, what was found, what is allowed."""


class LinkDown(IotError):
    """The broker cannot be reached or refuses us; the text says which, and what to do."""


class LinkRefused(LinkDown):
    """The broker is there and does not take us as we come."""


class DiscoveryInvalid(IotError):
    """A device described itself in a way that cannot be used; the text names topic and cause."""


class ReportInvalid(IotError):
    """A device reported in a way that cannot be understood; the text says what was found and expected."""


class KeepingFailed(IotError):
    """What is kept on the disk cannot be read or written; the text names the file and the cause."""
