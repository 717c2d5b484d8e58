"""How a satellite of ours tells its hub that the stop word was said: Wyoming has no event for it."""

from typing import Final

STOP: Final = "paige-stop"
"""The name of a `user-event`, which other hubs pass over."""
