"""ONNX Runtime for models, after `paige.audio` has switched its telemetry off; voice activity has its own."""

import onnxruntime  # noqa: TID251  # the one place

from paige.models.errors import ModelUnusable

__all__ = ["onnxruntime", "open_session", "shard_options"]

_SLOWER = ["SkipLayerNormFusion"]
"""Fusions that take longer than what they fuse: a sentence 0.93 ms with it, 0.84 without (1.30, x86-64)."""


def open_session(file: str, threads: int) -> onnxruntime.InferenceSession:
    """A model file, ready to run on so many processor threads.

    Raises:
        ModelUnusable: The file is missing, damaged, or not for this version of the runtime.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle threads that wait in a loop would take the board's cores from the recognizer.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
        )
    except Exception as error:  # the runtime raises whatever it likes
        raise ModelUnusable(f"{file}: this model cannot be opened: {error}") from error


def shard_options(threads: int) -> onnxruntime.SessionOptions:
    """For a part of a model, of which many are open at once: no memory is kept, and nothing fused anew."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3  # it warns of every file that is arranged for one machine
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
