"""Run by the measurement in a process of its own: ONNX Runtime alone, with the whole model as one graph."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from paige.models.lm.rotary import tables
from paige.models.lm.shape import DecoderShape
from paige.models.onnx import open_session
from paige.tools.bench.lm.shapes import WHOLE
from paige.tools.bench.lm.timing import POSITIONS, PROMPT, tell, timed


def main(folder: Path, shape: DecoderShape, seconds: float, most: int) -> None:
    """Measure."""
    begun = time.monotonic()
    session = open_session(str(folder / WHOLE), 1)
    cosines, sines = tables(shape, POSITIONS)
    size = (1, shape.key_value_heads, POSITIONS, shape.head_width)
    given: dict[str, Any] = {"cosines": cosines, "sines": sines}
    for one in session.get_inputs():
        if one.name.endswith(("past_keys", "past_values")):
            given[one.name] = np.zeros(size, np.float32)
        elif one.name.endswith("norm"):
            given[one.name] = np.ones(shape.hidden, np.float32)
    # What a pass gives and the next takes is bound to one place.
    binding = session.io_binding()
    kept = {name: _value(array) for name, array in given.items()}
    for name, value in kept.items():
        binding.bind_ortvalue_input(name, value)
    logits = [one.name for one in session.get_outputs() if one.name.endswith("logits")]
    for one in session.get_outputs():
        if one.name not in logits:
            past = one.name.replace(".keys", ".past_keys").replace(".values", ".past_values")
            binding.bind_ortvalue_output(one.name, kept[past])
    random = np.random.default_rng(1)
    length = 0

    def read(count: int) -> None:
        nonlocal length
        length += count
        hidden = random.random((1, count, shape.hidden), np.float32)
        binding.bind_ortvalue_input("hidden", _value(hidden))
        binding.bind_ortvalue_input("last_position", _value(np.array([length - 1], np.int32)))
        binding.bind_ortvalue_input("known_positions", _value(np.array([length], np.int32)))
        for name in logits:
            binding.bind_output(name, "cpu")
        session.run_with_iobinding(binding)

    read(PROMPT)
    prompt = time.monotonic() - begun
    tell(tokens=timed(lambda token: read(1), seconds, most), prompt=prompt)


def _value(array: np.ndarray) -> Any:  # noqa: ANN401  # the runtime publishes no types
    from paige.models.onnx import onnxruntime

    return onnxruntime.OrtValue.ortvalue_from_numpy(array)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        DecoderShape.from_json(json.loads(sys.argv[2])),
        float(sys.argv[3]),
        int(sys.argv[4]),
    )
