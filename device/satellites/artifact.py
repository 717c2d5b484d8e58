"""How anything of Paige's is described in Wyoming's words."""

from typing import Any

from wyoming.info import Attribution

from paige.device.version import paige_version


def artifact(name: str) -> dict[str, Any]:
    """The fields that every description has."""
    return {
        "name": name,
        "description": name,
        "attribution": Attribution(name="The Paige developers", url=""),
        "installed": True,
        "version": paige_version(),
    }
