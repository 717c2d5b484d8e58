"""Nothing leaves the machine, and no runtime leaves an identifier on it."""

import os
import shutil
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

# In a new network namespace the loopback interface is down; this brings it up and becomes the given program.
LOOPBACK_ONLY = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    assert error.errno == 101, error  # ENETUNREACH: there is no way out
else:
    sys.exit("this namespace has a way out")
os.execv(sys.argv[1], sys.argv[1:])
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


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs util-linux's unshare")
def test_the_whole_demo_runs_in_a_network_namespace_without_a_way_out(tmp_path: Path) -> None:
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network namespace")
    paige = Path(sys.executable).with_name("paige")
    result = subprocess.run(
        [*unshare, sys.executable, "-c", LOOPBACK_ONLY, str(paige), "demo"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "Turned on the kitchen lamp" in result.stdout.replace("Kitchen Lamp", "kitchen lamp")
