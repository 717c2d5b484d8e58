"""The intent parser's model of a language, opened when a sentence first needs it."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from paige.models.errors import ModelUnusable
from paige.models.heap import give_back
from paige.models.language_folder import language_folder, primary

if TYPE_CHECKING:  # the runtime takes its time, and most sentences need no model
    from paige.models.nlu.model import JointModel


def model_folder(language: str) -> Path | None:
    """Where the model lies that comes with Paige for a language; None where none does."""
    folder = language_folder(primary(language)) / "model"
    return Path(str(folder)) if folder.is_dir() else None


class LazyModel:
    """A model that is opened once, when it is first asked for.

    Args:
        folder: Where its files are; None for no model.
        threads: Processor threads that one sentence may use.
    """

    def __init__(self, folder: Path | None, threads: int = 1) -> None:
        self.folder = folder
        self._threads = threads
        self._lock = threading.Lock()
        self._model: JointModel | None = None

    @classmethod
    def for_language(cls, language: str) -> "LazyModel":
        """The model that comes with Paige for a language, or none."""
        return cls(model_folder(language))

    def __bool__(self) -> bool:
        return self.folder is not None

    def get(self) -> "JointModel":
        """The model; the first call takes some tenths of a second.

        Raises:
            ModelUnusable: There is none, or its files are damaged.
        """
        with self._lock:
            if self._model is None:
                if self.folder is None:
                    raise ModelUnusable("there is no model of this language")
                from paige.models.nlu.model import JointModel

                self._model = JointModel(self.folder, self._threads)
                give_back()  # the runtime frees about 10 MB of copies, and the allocator keeps them
            return self._model
