"""What can be broken about the box.

DeviceError
├── BudgetTooSmall      memory does not do for a model (`device.memory.plan`)
├── ConfigInvalid       a configuration file or value cannot be used
├── InstallFailed       Paige cannot be put onto this machine, or taken off it (`device.install`)
├── PeerInvalid         a satellite or hub sends what cannot be used
├── PortUnusable        Paige cannot serve on a port of this machine
├── PromptTooLong       a prompt leaves no room for an answer (`device.language_engine`)
├── ProvisionFailed     what the owner says of the house cannot be written down (`device.install`)
├── RepliesInvalid      a text that Paige should say is missing or cannot be said
├── SelfTestFailed      a spoken sentence did not do what it should
├── ServiceUnreachable  the running service cannot be asked
└── UpdateFailed        an update cannot be done; what ran before runs on
    ├── UpdateBusy      another update is under way
    └── BundleInvalid   a bundle is damaged, hostile, or not signed by anybody who is trusted
"""

import errno
import os
from typing import Self


class DeviceError(Exception):
    """Base of everything that `paige.device` raises; its text is fit to show a user."""


class ConfigInvalid(DeviceError):
    """A configuration cannot be used; the text names file, line, key, what was found, what is allowed."""


class InstallFailed(DeviceError):
    """Paige cannot be put onto this machine, or taken off it; the text says why and what to do."""


class PeerInvalid(DeviceError):
    """A satellite or hub sends what cannot be used, or too slowly; the text says what it did."""


class PortUnusable(DeviceError):
    """Paige cannot serve on a port of this machine; the text names it, the cause, and the remedy."""

    @classmethod
    def because(cls, error: OSError, what: str, setting: str) -> Self:
        """Of what `asyncio.start_server` raised: `what` cannot be served, `setting` chooses another port."""
        # From Python 3.13 on, an address that is none of this machine comes without a number, as "could not
        # bind on any address"; nothing else does.
        reason = os.strerror(error.errno or errno.EADDRNOTAVAIL)
        return cls(f"{what}: {reason}; choose another for {setting}")


class ProvisionFailed(DeviceError):
    """What the owner says of the house cannot be written down; the text names the file and the remedy."""


class RepliesInvalid(DeviceError):
    """A text that Paige should say is missing or cannot be said; names file or intent, and the remedy."""


class SelfTestFailed(DeviceError):
    """A spoken sentence did not do what it should; the text says what came of it."""


class ServiceUnreachable(DeviceError):
    """The running service cannot be asked; the text says why and what to do."""


class UpdateFailed(DeviceError):
    """An update cannot be done, and what ran before runs on; the text says why and what to do."""


class BundleInvalid(UpdateFailed):
    """A bundle is damaged, hostile, or not signed by anybody who is trusted; nothing of it was used."""


class UpdateBusy(UpdateFailed):
    """Another update is under way, and sees to itself."""
