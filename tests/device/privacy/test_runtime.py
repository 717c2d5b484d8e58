"""No runtime leaves an identifier on the machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Opens the smallest of ONNX models: y = Identity(x) on one float, as protobuf written out by hand.
OPEN_A_SESSION = """
def field(number, payload): return bytes([number << 3 | 2, len(payload)]) + payload
def number(number, value): return bytes([number << 3, value])
shape = field(2, field(1, number(1, 1)))
def tensor(name): return field(1, name) + field(2, field(1, number(1, 1) + shape))
node = field(1, b"x") + field(2, b"y") + field(4, b"Identity")
graph = field(1, node) + field(2, b"g") + field(11, tensor(b"x")) + field(12, tensor(b"y"))
model = number(1, 8) + field(7, graph) + field(8, number(2, 13))
import onnxruntime
onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
"""


def files_after(code: str, home: Path, **environment: str) -> list[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(home), **environment}
    if pythonpath := [path for path in sys.path if path.endswith(".src")]:
        env["PYTHONPATH"] = pythonpath[0]
    subprocess.run([sys.executable, "-c", code], env=env, check=True, timeout=120, capture_output=True)
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize("folder", ["audio", "models", "iot", "device", "tools"])
@pytest.mark.parametrize("inherited", ["", "0"], ids=["unset", "inherited-on"])
def test_the_runtime_leaves_no_file_whichever_part_is_imported_first(
    folder: str, inherited: str, tmp_path: Path
) -> None:
    environment = {"ORT_DISABLE_TELEMETRY": inherited} if inherited else {}
    assert files_after(f"import paige.{folder}\n{OPEN_A_SESSION}", tmp_path, **environment) == []


def test_the_same_session_without_paige_does_leave_an_identifier(tmp_path: Path) -> None:
    import onnxruntime  # noqa: TID251  # only to see which version is installed

    version = tuple(int(part) for part in onnxruntime.__version__.split(".")[:2])
    if version < (1, 29):
        pytest.skip("this ONNX Runtime has no telemetry")
    assert any("onnxruntime" in name for name in files_after(OPEN_A_SESSION, tmp_path))
