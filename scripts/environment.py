"""Python environments of the scripts beside this file, in the user's cache folder."""

import hashlib
import os
import pathlib
import subprocess
import sys


def environment_folder(name, requirements):
    """A virtual environment with the packages of the file `requirements`: made at the first run and
    again when they or Python change."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache / "invoice-ocr" / f"{name}-{digest}"
    done = folder / "complete"
    if not done.is_file():
        print(f"installing the Python packages of {name} into {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", requirements], check=True)
        done.touch()
    return folder


def in_environment(name):
    """Goes on with the Python that has the packages of `name`-requirements.txt beside this file."""
    folder = environment_folder(name, pathlib.Path(__file__).resolve().parent / f"{name}-requirements.txt")
    if pathlib.Path(sys.prefix) != folder:
        python = folder / "bin" / "python"
        os.execv(python, [python, *sys.argv])
