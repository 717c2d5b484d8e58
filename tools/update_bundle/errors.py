"""What can be broken about making a bundle.

DeviceError
└── BundleNotMade  a folder or key cannot be used for a bundle
"""

from paige.device.errors import DeviceError


class BundleNotMade(DeviceError):
    """A folder or key cannot be used for a bundle; the text says what and what to do."""
