"""Ears and voice: where audio comes from, where speech begins and ends.

Importing any part of Paige passes through this module first (every other folder imports it before
anything of its own), so this is the one place that keeps third-party runtimes quiet.
"""

import os

# ONNX Runtime from 1.29 on, as published, reports usage to its maker unless this is set before its import.
# It is assigned, not defaulted: a value inherited from outside must not turn telemetry back on.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
