"""Where each thing of an installation belongs. No I/O."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Where things belong, for the whole machine or for one user."""

    root: Path
    """What stands for `/`: another folder where a card or an image is made ready."""
    home: Path
    """The folder that holds the program and nothing else."""
    launcher: Path
    units: Path
    """The folder of systemd's units."""
    configuration: Path
    """The folder of paige.yaml."""
    kept: tuple[Path, ...]
    """What Paige writes while it runs, gone with `--purge` alone."""
    stamps: Path
    """Where systemd notes when timers ran."""
    of_user: bool

    @property
    def program(self) -> Path:
        """The folder of the program."""
        return self.home / "program"

    @property
    def unfinished(self) -> Path:
        """The file that is there while an installation is not finished."""
        return self.home / "unfinished"

    def seen(self, path: Path) -> Path:
        """A path as it is called on the machine itself."""
        return Path("/") / path.relative_to(self.root)


def of_machine(root: Path) -> Places:
    """For a service of the machine, with `root` in place of `/`."""
    state, cache = root / "var/lib", root / "var/cache"
    return Places(
        root=root,
        home=root / "opt/paige",
        launcher=root / "usr/local/bin/paige",
        units=root / "etc/systemd/system",
        configuration=root / "etc/paige",
        # systemd keeps what a user has written that exists only while the service runs in `private`.
        kept=(
            *(state / "paige", state / "private/paige", state / "paige-updates"),
            *(cache / "paige-fetch", cache / "private/paige-fetch"),
        ),
        stamps=state / "systemd/timers",
        of_user=False,
    )


def of_user(home: Path) -> Places:
    """For a service of one user's session, whose home folder this is."""
    return Places(
        root=Path("/"),
        home=home / ".local/share/paige-program",
        launcher=home / ".local/bin/paige",
        units=home / ".config/systemd/user",
        configuration=home / ".config/paige",
        kept=(home / ".local/state/paige",),
        stamps=home / ".local/share/systemd/timers",
        of_user=True,
    )
