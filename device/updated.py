"""What updates have brought, for who uses it: models and skills of the slots that are in use now."""

from pathlib import Path

from paige.device.config.schema import Config
from paige.device.updates.journal import Slot
from paige.models.store.speech import SPEECH, named


def updated_skills(updates: Path) -> tuple[Path, ...]:
    """Folders of sentence files; none where there are none.

    Args:
        updates: The folder of updates.
    """
    folder = _current(updates / "skills")
    return () if folder is None else (folder,)


def updated_model(updates: Path, name: str) -> Path | None:
    """The folder of a model by its name; None where there is none of it.

    Args:
        updates: The folder of updates.
        name: As it is configured.
    """
    folder = _current(updates / "models")
    if folder is None or not (folder / name).is_dir():
        return None
    return folder / name


def speech_model(config: Config, models: Path) -> Path | None:
    """The folder of the recognizer's model; None for the recognizer's own.

    Args:
        config: Names it, by its path, or as it was added here or came with an update.
        models: The folder of this machine's models.
    """
    model = named(models / SPEECH, config.speech.model)
    if model is None or model.is_dir():
        return model
    return updated_model(config.updates.folder, model.name) or model


def _current(component: Path) -> Path | None:
    """The slot that is in use, by its own name: what is open of it stays though another comes into use."""
    try:
        slot = Slot(str((component / "current").readlink()))
    except (OSError, ValueError):
        return None
    whole = component / f"{slot}.json"
    return component / str(slot) if whole.is_file() else None
