"""What can keep a measurement from being made.

DeviceError
└── BenchFailed     something that is measured did not run, or is not there
"""

from paige.device.errors import DeviceError


class BenchFailed(DeviceError):
    """A measurement could not be made; the text says why and what to do."""
