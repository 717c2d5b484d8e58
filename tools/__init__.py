"""At the desk, not on the board: a simulated home, the demo, measurements."""

import paige.audio  # noqa: F401  # telemetry is off before anything here can import a runtime
