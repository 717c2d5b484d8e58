"""Language: recognizers, sentence grammar, intent parser, and what they exchange."""

import paige.audio  # noqa: F401  # telemetry is off before anything here can import a runtime
