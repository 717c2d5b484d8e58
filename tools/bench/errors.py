"""What can keep a measurement from being made.

DeviceError
└── BenchFailed     something that is measured did not run, or is not there
    └── NotGiven    a part needs what only the user can give it
"""

from paige.device.errors import DeviceError


class BenchFailed(DeviceError):
    """A measurement could not be made; the text says why and what to do."""


class NotGiven(BenchFailed):
    """A part needs something that was not given to it; the text says what. Other parts need not mind."""
