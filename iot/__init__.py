"""Hands: the entities of a home, how they are commanded, and whether they did it."""

import paige.audio  # noqa: F401  # telemetry is off before anything here can import a runtime
