"""On what a model is computed: the processor, or what else ONNX Runtime offers and is asked for.

Where a provider cannot be had, the runtime itself goes on on the processor and tells its log alone: it lists
one whose libraries are missing, opens a session without it, and computes (github.com/microsoft/onnxruntime,
issues 17801 and 23372; docs/decisions/0038 has what was seen). Here that is an error, and one is not
believed before it has computed something.
"""

import ctypes
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from paige.audio.errors import ExecutionUnusable

_PROCESSOR: Final = "CPUExecutionProvider"
_LONGEST: Final = 240
"""Characters of what the runtime says that are told; its texts hold paths and signatures of its source."""


@dataclass(frozen=True, slots=True)
class _Provider:
    """One of the runtime's execution providers."""

    name: str
    """As the runtime calls it."""
    library: str
    """The file beside the runtime that it is loaded from."""
    needs: str
    """What it is installed with."""
    options: Mapping[str, str]
    kept: tuple[str, str] = ("", "")
    """Options that name the folder in which it may keep something, as far as it has any."""


# The options: onnxruntime.ai/docs/execution-providers, "CUDA" and "TensorRT".
_PROVIDERS: Final = {
    "tensorrt": _Provider(
        "TensorrtExecutionProvider",
        "libonnxruntime_providers_tensorrt.so",
        "TensorRT, CUDA and cuDNN, in the versions that this build of the runtime names",
        # 16-bit numbers (trt_fp16_enable) stay off: nobody has heard what they make of a voice.
        {},
        kept=("trt_engine_cache", "trt_timing_cache"),
    ),
    "cuda": _Provider(
        "CUDAExecutionProvider",
        "libonnxruntime_providers_cuda.so",
        "NVIDIA's driver, CUDA and cuDNN, in the versions that this build of the runtime names",
        # By default each new length of a sentence has all of cuDNN's ways tried out: 30 s for a few words
        # (github.com/rhasspy/piper, pull request 172).
        {"cudnn_conv_algo_search": "HEURISTIC"},
    ),
    "openvino": _Provider(
        "OpenVINOExecutionProvider",
        "libonnxruntime_providers_openvino.so",
        "OpenVINO, which comes with onnxruntime-openvino",
        {},
    ),
}
PROVIDERS: Final = tuple(_PROVIDERS)
"""What can be asked for."""
_NAMES: Final = {one.name: name for name, one in _PROVIDERS.items()} | {_PROCESSOR: "the processor"}


@dataclass(frozen=True, slots=True)
class Execution:
    """On what a model is to be computed."""

    providers: tuple[str, ...]
    """Of `PROVIDERS`, the preferred first; what none of them can compute is left to the processor."""
    kept: Path | None = None
    """A folder for what takes minutes to make (TensorRT's engines); None where nothing is to be kept."""

    def __str__(self) -> str:
        """The names, as they are configured."""
        return ", ".join(self.providers)


@dataclass(frozen=True, slots=True)
class Placed:
    """A model that has been computed where it was asked for."""

    session: Any
    """The runtime's, which stays where it is and fails rather than move."""
    operators: Mapping[str, int]
    """How many of the model's were computed on what; several may have become one."""

    def __str__(self) -> str:
        """In words, such as `12 operators on cuda, 3 on the processor`."""
        first, *others = self.operators.items()
        some = f"{first[1]} operator{'' if first[1] == 1 else 's'} on {first[0]}"
        return ", ".join([some, *(f"{count} on {name}" for name, count in others)])


def offered() -> tuple[str, tuple[str, ...]]:
    """The runtime's version, and what of `PROVIDERS` it says that it has; whether that is so, a run tells."""
    import onnxruntime  # noqa: TID251  # `paige.audio` has switched its telemetry off

    found = onnxruntime.get_available_providers()
    return onnxruntime.__version__, tuple(name for name, one in _PROVIDERS.items() if one.name in found)


def place(
    model: Path,
    options: Any,  # noqa: ANN401  # the runtime publishes no types
    execution: Execution,
    trials: Sequence[Mapping[str, Any]],
) -> Placed:
    """Open a model elsewhere than on the processor, and see whether it is computed there.

    Args:
        model: An ONNX file.
        options: The runtime's, of no other session.
        execution: At least one provider.
        trials: Inputs by name. It takes as long as they do, and as all that is made of the model before:
            TensorRT builds an engine for lengths between the shortest and the longest that it has met.

    Raises:
        ExecutionUnusable: What was asked for is not there, does not work, or computes none of it; the text is
            one line.
    """
    with tempfile.TemporaryDirectory(prefix="paige-") as folder, _quiet():
        options.enable_profiling = True
        options.profile_file_prefix = f"{folder}/run"
        session = _open(model, options, execution)
        try:
            found = [np.asarray(one) for trial in trials for one in session.run(None, dict(trial))]
        except Exception as error:  # the runtime raises whatever it likes
            raise _unusable(
                execution,
                f"{model.name} was opened there and failed when it was first computed: {_told(error)}",
                "use a build of ONNX Runtime for this device: one for another compute capability fails so",
            ) from error
        operators = _computed(Path(session.end_profiling()))
    if not all(np.isfinite(one).all() for one in found):
        raise _unusable(
            execution, f"what it makes of {model.name} is no number", "use another build or version"
        )
    if not any(name in operators for name in execution.providers):
        raise _unusable(execution, f"it computes none of {model.name}", "it gains nothing from it")
    return Placed(session, operators)


def _open(model: Path, options: Any, execution: Execution) -> Any:  # noqa: ANN401
    import onnxruntime  # noqa: TID251  # `paige.audio` has switched its telemetry off

    version, known = offered()
    has = ", ".join(known) or "nothing but the processor"
    for name in execution.providers:
        if name not in known:
            raise _unusable(
                execution,
                f"ONNX Runtime {version} here has {has}, and no {name}",
                "install a build that has it in place of this one",
            )
    wanted = [
        (_PROVIDERS[name].name, _options(_PROVIDERS[name], execution.kept)) for name in execution.providers
    ]
    try:
        # Without `enable_fallback=0` it would print that it failed, and open the model on something else.
        session = onnxruntime.InferenceSession(
            str(model), options, providers=[*wanted, _PROCESSOR], enable_fallback=0
        )
    except Exception as error:  # the runtime raises whatever it likes
        raise _not_loaded(execution, version, _told(error)) from error
    used = session.get_providers()
    if any(_PROVIDERS[name].name not in used for name in execution.providers):
        raise _not_loaded(execution, version, "it does not say why")
    session.disable_fallback()  # nor may it move when a run fails
    return session


def _options(provider: _Provider, folder: Path | None) -> dict[str, str]:
    options = dict(provider.options)
    if folder is not None:
        for one in filter(None, provider.kept):
            options |= {f"{one}_enable": "True", f"{one}_path": str(folder)}
    return options


def _not_loaded(execution: Execution, version: str, told: str) -> ExecutionUnusable:
    for name in execution.providers:
        if missing := _missing_library(_PROVIDERS[name]):
            return _unusable(
                execution,
                f"ONNX Runtime {version} lists {name} and cannot load it: {missing}",
                f"install {_PROVIDERS[name].needs}",
            )
    needs = " and ".join(_PROVIDERS[name].needs for name in execution.providers)
    return _unusable(
        execution, f"ONNX Runtime {version} did not open it there: {told}", f"see whether there is {needs}"
    )


def _missing_library(provider: _Provider) -> str:
    """What the system's loader misses of a provider; the runtime tells only its log."""
    import onnxruntime  # noqa: TID251  # `paige.audio` has switched its telemetry off

    file = Path(onnxruntime.__file__).parent / "capi" / provider.library
    try:
        ctypes.CDLL(str(file))
    except OSError as error:
        return str(error) if "cannot open shared object file" in str(error) else ""
    return ""


def _unusable(execution: Execution, found: str, remedy: str) -> ExecutionUnusable:
    return ExecutionUnusable(f"{execution}: {found}", f"{remedy}, or take it out of `execution`")


def _told(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST else "… " + text[-_LONGEST:]


def _computed(profile: Path) -> dict[str, int]:
    """How many operators ran on what, by the runtime's own record, each counted once."""
    events = json.loads(profile.read_text(encoding="utf-8"))
    where = {
        event["name"]: event["args"]["provider"]
        for event in events
        if event.get("cat") == "Node" and "provider" in event.get("args", {})
    }
    return {_NAMES.get(one, one): count for one, count in Counter(where.values()).most_common()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the runtime writes to standard error of a provider: it is told in one line."""
    import onnxruntime  # noqa: TID251  # `paige.audio` has switched its telemetry off

    onnxruntime.set_default_logger_severity(4)
    try:
        yield
    finally:
        onnxruntime.set_default_logger_severity(2)
