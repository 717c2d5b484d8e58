"""What a Raspberry Pi boots with, each file under the program that reads it."""

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from paige.device.config.load import load

RPI = Path(__file__).parents[2] / "firmware-configs" / "rpi"
UNIT = RPI.parent / "systemd" / "paige.service"
CHANGED = {"CHANGE ME TOO": "a password", "ssh-ed25519 CHANGE": "ssh-ed25519 AAAA", "CHANGE": "given"}


def needs(program: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None,
        reason=f"needs {program} (apt-get install {package})",
    )


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=60, check=False, **options
    )


# --- config.txt: nothing but the firmware parses it, which ignores in silence what it does not know. ------

OVERLAYS = {"wm8960-soundcard": {"alsaname", "compatible"}, "googlevoicehat-soundcard": set[str]()}
"""Those of Raspberry Pi that are used, with their parameters (linux, arch/arm/boot/dts/overlays/README)."""
LONGEST = 98
"""What the firmware reads of a line."""


def problems(text: str) -> list[str]:
    """What the firmware would not do as it is written."""
    ours = {file.stem: set[str]() for file in RPI.glob("*.dts")}
    found = [line for line in text.splitlines() if len(line) > LONGEST]
    written = [line for line in text.splitlines() if line and not line.startswith("#")]
    if written[:1] != ["[all]"]:
        found.append("it must hold for every board, whatever section came before")
    for line in written[1:]:
        name, *parameters = line.removeprefix("dtoverlay=").split(",")
        known = (OVERLAYS | ours).get(name)
        if known is None or not {each.partition("=")[0] for each in parameters} <= known:
            found.append(line)
    return found


@pytest.mark.parametrize("file", sorted((RPI / "boot").glob("*.txt")), ids=lambda file: file.stem)
def test_the_firmware_takes_every_line(file: Path) -> None:
    text = file.read_text()
    assert problems(text) == []
    assert problems(text.replace("dtoverlay=", "dtoverly=")) != []
    overlays = Path("/boot/firmware/overlays")
    if overlays.is_dir():  # a Raspberry Pi
        for name in re.findall(r"^dtoverlay=([\w-]+)", text, re.MULTILINE):
            assert (RPI / f"{name}.dts").exists() or (overlays / f"{name}.dtbo").exists()


BASE = """/dts-v1/; / {{ {labels} }};"""


@needs("fdtoverlay", "device-tree-compiler")
@pytest.mark.parametrize("file", sorted(RPI.glob("*.dts")), ids=lambda file: file.stem)
def test_an_overlay_of_ours_is_laid_over_a_tree(file: Path, tmp_path: Path) -> None:
    compiled = run("dtc", "-@", "-I", "dts", "-O", "dtb", "-o", tmp_path / "overlay.dtbo", file)
    assert (compiled.returncode, compiled.stderr) == (0, "")
    labels = ("i2c1", "i2s_clk_consumer", "i2s_clk_producer", "sound")
    for without in (None, "i2s_clk_consumer"):
        nodes = " ".join(f"{label}: {label} {{ }};" for label in labels if label != without)
        (tmp_path / "base.dts").write_text(BASE.format(labels=nodes))
        run("dtc", "-@", "-q", "-I", "dts", "-O", "dtb", "-o", tmp_path / "base.dtb", tmp_path / "base.dts")
        laid = run(
            "fdtoverlay",
            "-i",
            tmp_path / "base.dtb",
            "-o",
            tmp_path / "laid.dtb",
            tmp_path / "overlay.dtbo",
        )
        assert (laid.returncode == 0) is (without is None), "so the verdict means something"
        if without is None:
            codec = run("fdtget", tmp_path / "laid.dtb", "/i2c1/codec@18", "compatible")
            assert codec.stdout.strip() == "ti,tlv320aic3104"


# --- cloud-init --------------------------------------------------------------------------------------------


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """The three files as an owner changed them."""
    for file in (RPI / "cloud-init").iterdir():
        text = file.read_text()
        for old, new in CHANGED.items():
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text)
    return tmp_path


@needs("cloud-init", "cloud-init")
def test_cloud_init_takes_the_first_boot(card: Path) -> None:
    user_data = card / "user-data"
    result = run("cloud-init", "schema", "--config-file", user_data)
    assert result.returncode == 0, result.stdout + result.stderr
    user_data.write_text(user_data.read_text().replace("runcmd:", "runcmd: now\nwas:"))
    assert run("cloud-init", "schema", "--config-file", user_data).returncode != 0


@needs("cloud-init", "cloud-init")
def test_cloud_init_finds_all_three_on_the_card(card: Path) -> None:
    code = f"""
from cloudinit import util
meta_data, user_data, *_ = util.read_seeded({str(card)!r} + "/")
print(meta_data["instance-id"], user_data[:13].decode())
"""
    result = run("/usr/bin/python3", "-c", code)
    assert result.stdout.split() == ["paige-1", "#cloud-config"], result.stderr


def test_the_first_boot_has_the_kernel_count_memory_once(card: Path, tmp_path: Path) -> None:
    line = tmp_path / "cmdline.txt"
    line.write_text("console=tty1 root=PARTUUID=0a1b2c3d-02 rootwait\n")
    first = yaml.safe_load((card / "user-data").read_text())["runcmd"][0]
    command = [word.replace("/boot/firmware/cmdline.txt", str(line)) for word in first]
    for _ in range(2):
        assert run(*command).returncode == 0
        assert line.read_text() == (
            "console=tty1 root=PARTUUID=0a1b2c3d-02 rootwait cgroup_enable=memory psi=1\n"
        )


def test_what_the_first_boot_writes_is_a_configuration(card: Path, tmp_path: Path) -> None:
    written = {one["path"]: one for one in yaml.safe_load((card / "user-data").read_text())["write_files"]}
    for path, one in written.items():
        (tmp_path / Path(path).name).write_text(one["content"])
    config = load(tmp_path / "paige.yaml", environ={}).config
    assert config.mqtt.password is not None
    assert config.mqtt.password.reveal() == "given"
    # Where the unit of the service has systemd read it.
    path = re.search(r"LoadCredential=mqtt_password:(\S+)", UNIT.read_text())
    assert path is not None
    assert written[path[1]]["permissions"] == "0600"


@needs("netplan", "netplan.io")
def test_netplan_makes_a_network_of_it(card: Path, tmp_path: Path) -> None:
    file = tmp_path / "root" / "etc" / "netplan" / "50-cloud-init.yaml"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    file.write_text((card / "network-config").read_text())
    assert run("netplan", "generate", "--root-dir", tmp_path / "root").returncode == 0
    supplicant = (tmp_path / "root" / "run" / "netplan" / "wpa-wlan0.conf").read_text()
    assert 'ssid="given"' in supplicant or "ssid=P" in supplicant
    file.write_text(file.read_text().replace("dhcp4: true", "dhcp4: perhaps", 1))
    assert run("netplan", "generate", "--root-dir", tmp_path / "root").returncode != 0


# --- memory, speed, journal -------------------------------------------------------------------------------

GENERATOR = Path("/usr/lib/systemd/system-generators/zram-generator")


@pytest.mark.skipif(not GENERATOR.exists(), reason="needs zram-generator (systemd-zram-generator)")
def test_the_generator_makes_a_swap_of_half_the_memory(tmp_path: Path) -> None:
    for name in ("etc/systemd", "proc", "out", "again"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 512000 kB\n")
    (tmp_path / "proc" / "cmdline").touch()
    file = tmp_path / "etc" / "systemd" / "zram-generator.conf"
    file.write_text((RPI / "zram-generator.conf").read_text())
    environ = {**os.environ, "ZRAM_GENERATOR_ROOT": str(tmp_path)}
    assert run(GENERATOR, tmp_path / "out", env=environ).returncode == 0
    assert (tmp_path / "out" / "dev-zram0.swap").exists()
    file.write_text(file.read_text().replace("ram / 2", "ram / / 2"))
    assert run(GENERATOR, tmp_path / "again", env=environ).returncode != 0


def test_rpi_swap_has_these_settings() -> None:
    """rpi-swap is in Raspberry Pi OS alone; its names are those of swap.conf(5)."""
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign] # it would make all letters small
    parser.read(RPI / "swap.conf")
    found = {section: dict(parser[section]) for section in parser.sections()}
    assert found["Main"].pop("Mechanism") in ("auto", "zram", "zram+file", "swapfile", "none")
    assert 0 < float(found["Zram"].pop("RamMultiplier")) <= 1
    assert found == {"Main": {}, "Zram": {}}


@needs("systemd-tmpfiles", "systemd")
def test_the_governor_is_set_on_every_processor(tmp_path: Path) -> None:
    files = [tmp_path / f"sys/devices/system/cpu/cpufreq/policy{n}/scaling_governor" for n in (0, 4)]
    for file in files:
        file.parent.mkdir(parents=True)
        file.touch()
    assert run("systemd-tmpfiles", "--create", f"--root={tmp_path}", RPI / "governor.conf").returncode == 0
    assert [file.read_text() for file in files] == ["ondemand"] * 2
    broken = tmp_path / "broken.conf"
    broken.write_text((RPI / "governor.conf").read_text().replace("w- /", "write /"))
    assert run("systemd-tmpfiles", "--create", f"--root={tmp_path}", broken).returncode != 0


JOURNALD = Path("/usr/lib/systemd/systemd-journald")


@pytest.mark.skipif(not JOURNALD.exists(), reason="needs systemd-journald")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a journal of its own is made in a namespace")
def test_journald_knows_every_key(tmp_path: Path) -> None:
    """In a namespace where /run is empty, and as a journal beside the machine's own."""
    conf = tmp_path / "journald@paige.conf"

    def complaints(text: str) -> str:
        conf.write_text(text)
        alone = f"mount -t tmpfs tmpfs /run && mount --bind {tmp_path} /etc/systemd"
        script = f"{alone} && SYSTEMD_LOG_TARGET=console timeout 0.3 {JOURNALD} paige"
        result = run("unshare", "--mount", "sh", "-c", script)
        if result.returncode != 124:
            pytest.skip(f"journald does not start here: {result.stderr.strip()}")
        return result.stderr

    text = (RPI / "journald.conf").read_text()
    assert "journald@paige.conf" not in complaints(text)
    assert "Unknown key" in complaints(text.replace("Storage=", "Storages="))


# --- The image layer ---------------------------------------------------------------------------------------

LAYER = RPI / "image" / "layer" / "paige.yaml"
FIELDS = re.compile(
    r"X-Env-(Layer-(Name|Category|Desc|Version|Requires|RequiresProvider|AfterProvider|Provides|Conflicts)"
    r"|VarPrefix|Var-[a-z_]+(-(Desc|Required|Valid|Set))?)"
)
"""Of the layer metadata of rpi-image-gen, what a layer such as this may have."""


def header(text: str) -> dict[str, str]:
    """The metadata: deb822 within comments."""
    lines = text.split("# METABEGIN\n")[1].split("# METAEND\n")[0].splitlines()
    fields: dict[str, str] = {}
    for line in lines:
        field = re.fullmatch(r"# (X-[\w-]+):\s*(.*)", line)
        if field:
            fields[field[1]] = field[2]
        elif line != "#":
            assert line.startswith("#  "), f"neither a field nor its continuation: {line}"
    return fields


def test_the_layer_describes_itself() -> None:
    fields = header(LAYER.read_text())
    assert [name for name in fields if not FIELDS.fullmatch(name)] == []
    assert fields["X-Env-Layer-Name"] == LAYER.stem
    variables = {name.split("-")[3] for name in fields if name.startswith("X-Env-Var-")}
    for variable in variables:
        assert {f"X-Env-Var-{variable}{rest}" for rest in ("", "-Desc", "-Valid")} <= fields.keys()
    example = yaml.safe_load((RPI / "image" / "config" / "paige-zero2w.yaml").read_text())
    assert example["layer"]["app"] == LAYER.stem
    assert example["paige"].keys() <= variables
    hats = fields["X-Env-Var-hat-Valid"].removeprefix("keywords:").split(",")
    assert sorted(hats) == sorted(["none", *(file.stem for file in (RPI / "boot").glob("*.txt"))])
    assert example["paige"]["hat"] in hats


@needs("shellcheck", "shellcheck")
def test_the_shell_finds_no_fault_with_the_layers_hooks() -> None:
    hooks = [each for each in hooks_of_the_layer() if "\n" in each]
    known = "".join(f"export IGconf_paige_{name}=.\n" for name in ("files", "hat", "deb"))
    for hook in (*hooks, "cat $1"):
        result = run("shellcheck", "--shell=sh", "-", input=f"#!/bin/sh\n{known}{hook}")
        assert (result.returncode == 0) is (hook in hooks), result.stdout


@pytest.mark.parametrize("hat", ["none", "respeaker-2mic-v1", "google-voicehat"])
def test_the_hooks_put_the_files_where_they_belong(hat: str, tmp_path: Path) -> None:
    boot = tmp_path / "boot" / "firmware"
    boot.mkdir(parents=True)
    (boot / "config.txt").write_text("dtparam=audio=on\n")
    (boot / "cmdline.txt").write_text("console=tty1 root=ROOTDEV rootwait\n")
    for hook in hooks_of_the_layer()[:3]:
        result = run_hook(hook, hat, tmp_path)
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "etc" / "tmpfiles.d" / "paige-governor.conf").exists()
    config = (boot / "config.txt").read_text()
    assert config.startswith("dtparam=audio=on\n")
    assert ("dtoverlay=" in config) is (hat != "none")
    line = "console=tty1 root=ROOTDEV rootwait cgroup_enable=memory psi=1\n"
    assert (boot / "cmdline.txt").read_text() == line


@needs("dtc", "device-tree-compiler")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the image's own compiler runs in its root")
def test_an_overlay_of_our_own_is_compiled_in_the_image(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    shared = [folder for folder in ("usr", "bin", "lib", "lib64") if Path("/", folder).exists()]
    mounts = "".join(f"mkdir {root}/{each} && mount --rbind /{each} {root}/{each} && " for each in shared)
    hook = tmp_path / "hook"
    hook.write_text(hooks_of_the_layer()[2])
    environ = {**os.environ, "IGconf_paige_files": str(RPI), "IGconf_paige_hat": "respeaker-2mic-v2"}
    result = run("unshare", "--mount", "sh", "-c", f"{mounts}sh {hook} {root}", env=environ)
    if "unshare" in result.stderr or "mount" in result.stderr:
        pytest.skip(f"no folders can be mounted here: {result.stderr.strip()}")
    assert result.returncode == 0, result.stderr
    made = root / "boot" / "firmware" / "overlays" / "respeaker-2mic-v2.dtbo"
    assert made.read_bytes()[:4] == b"\xd0\x0d\xfe\xed"


def test_the_kernel_counts_memory_where_command_lines_are_made_of_fragments(tmp_path: Path) -> None:
    """As rpi-image-gen runs hooks of a layer's own folder from linux-base 2.0 on."""
    hook = LAYER.with_suffix(".d") / "hooks" / "customize50-cmdline"
    assert os.access(hook, os.X_OK)
    assert run(hook, tmp_path, env={"PATH": os.environ["PATH"]}).returncode == 0
    assert list(tmp_path.iterdir()) == []
    work = {"PATH": os.environ["PATH"], "LAYER_WORKDIR": str(tmp_path)}
    assert run(hook, tmp_path, env=work).returncode == 0
    fragment = tmp_path / "for" / "linux-base" / "cmdline.d" / "50-paige"
    assert fragment.read_text() == "cgroup_enable=memory psi=1\n"


def run_hook(hook: str, hat: str, root: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "IGconf_paige_files": str(RPI), "IGconf_paige_hat": hat}
    return run("sh", "-c", hook, "hook", root, env=environ)


def hooks_of_the_layer() -> list[str]:
    hooks: list[str] = yaml.safe_load(LAYER.read_text())["mmdebstrap"]["customize-hooks"]
    return hooks


@pytest.mark.skipif(
    shutil.which("rpi-image-gen") is None, reason="needs rpi-image-gen (github.com/raspberrypi)"
)
def test_its_own_linter_takes_the_layer(tmp_path: Path) -> None:
    result = run("rpi-image-gen", "metadata", "--lint", LAYER)
    assert result.returncode == 0, result.stdout + result.stderr
    wrong = tmp_path / "paige.yaml"
    wrong.write_text(LAYER.read_text().replace("hat-Desc:", "hat-Description:"))
    assert run("rpi-image-gen", "metadata", "--lint", wrong).returncode != 0
