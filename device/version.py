"""Which Paige this is."""

from importlib.metadata import PackageNotFoundError, version


def paige_version() -> str:
    """The installed version, such as `0.1.0`."""
    try:
        return version("paige")
    except PackageNotFoundError:
        return "(not installed; run from its source)"
