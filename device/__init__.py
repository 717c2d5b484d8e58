"""The box: configuration, the pipeline from sound to reply, the service and its command line."""

import paige.audio  # noqa: F401  # telemetry is off before anything here can import a runtime
