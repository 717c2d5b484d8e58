"""The unit in a container that systemd boots: `python -m paige.tools.unit_proof --help`."""
