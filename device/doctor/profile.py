"""Which board's defaults apply, and whether what is configured goes with them."""

from dataclasses import replace
from pathlib import Path

from paige.device.board.facts import look
from paige.device.board.profile import ROWS, BoardProfile, profile
from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning


def board_profile(loaded: Loaded, root: Path = Path("/"), machine: str | None = None) -> Finding:
    """The profile, why it is this one, what it means, and what does not go with it."""
    facts, config = look(root, machine), loaded.config
    board = profile(facts, config.board)
    told = replace(board, memory=config.memory.budget_bytes or board.memory)
    text = f"{board.name}, {board.why}: {told.meaning}"
    if board.precision != ROWS and not facts.dot_products:
        return warning(
            f"{text}; but this processor has no dot products, and multiplies blocks slowly",
            "set board to auto, or to the board that this is",
        )
    if config.speech.recognizer == "vosk" and board.recognizer != "vosk":
        return warning(
            f"{text}; but vosk is configured, whose small models take about 300 MB",
            "set speech.recognizer to pocketsphinx, or speech.server to one on another machine",
        )
    return _model(loaded, board, text)


def _model(loaded: Loaded, board: BoardProfile, text: str) -> Finding:
    """Whether the configured language model is fast here."""
    model = loaded.config.language_model.model
    if model is None:
        return ok(text)
    from paige.device.board.fitness import is_slow, remedy  # it brings the runtime, which takes long
    from paige.models.errors import ModelError
    from paige.models.store.store import Store

    store = Store(loaded.state_dir / "models")
    try:
        # The one that comes with Paige is added when it is first asked, and is in rows.
        if model not in store.names() or not is_slow(store, model, board):
            return ok(text)
    except ModelError as error:
        return warning(f"{text}; the language model {model} cannot be looked at: {error}", "see what it says")
    return warning(
        f"{text}; but the language model {model} is in blocks, which this processor multiplies about ten "
        "times as slowly",
        remedy(model, board),
    )
