"""The Python service that this one replaces, for scripts/bench: Redis, Celery and uvicorn around pytesseract.

Its code is `../shared/bench/baseline`, which is not part of the repository. It needs Debian's
redis-server, poppler-utils and tesseract-ocr with French and English; its Python packages go into
an environment in the user's cache folder, made at the first run and again when its requirements change.
"""

import os
import pathlib
import shutil
import subprocess
import time

from environment import environment_folder
from service import READY_TIMEOUT, NotReady, answers, last_lines, start, stop

# Not Redis' own port: a Redis that runs on this machine is nobody's business here.
REDIS_PORT = 6399
HTTP_PORT = 8900
# Processes that read documents, as it was run: one for each of two cores.
CONCURRENCY = 2
# What it calls, with the packages they are in.
PROGRAMS = {"redis-server": "redis-server", "pdftoppm": "poppler-utils", "tesseract": "tesseract-ocr"}
LANGUAGES = {"fra", "eng"}


def missing_packages():
    """Debian packages that it needs and that are not installed."""
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if shutil.which("tesseract"):
        listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True).stdout
        missing += [f"tesseract-ocr-{code}" for code in sorted(LANGUAGES - set(listed.split()))]
    return missing


class Baseline:
    """A context manager; inside, `url` is its address and `processes` what it consists of."""

    def __init__(self, source, folder):
        self.source = source
        self.folder = folder
        self.url = f"http://127.0.0.1:{HTTP_PORT}"
        self.processes = []

    def __enter__(self):
        tools = environment_folder("baseline", self.source / "requirements.txt") / "bin"
        if answers(f"{self.url}/health"):
            raise NotReady(f"something answers on {self.url} already")
        environment = {
            "BASELINE_REDIS": f"redis://127.0.0.1:{REDIS_PORT}/0",
            "BASELINE_UPLOADS": str(self.folder / "uploads"),
            # Its folder may be read-only.
            "PYTHONPATH": str(self.source),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        redis = ["redis-server", "--port", REDIS_PORT, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        celery = [tools / "celery", "-A", "worker", "worker", "-c", CONCURRENCY]
        uvicorn = [tools / "uvicorn", "app:app", "--port", HTTP_PORT, "--log-level", "warning"]
        try:
            for command in (redis, celery, uvicorn):
                name = pathlib.Path(command[0]).name
                log = self.folder / f"{name}.log"
                command = [str(word) for word in command]
                self.processes.append((name, log, start(command, log, self.folder, environment)))
            self.await_ready(tools, environment)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def await_ready(self, tools, environment):
        ping = [tools / "celery", "-A", "worker", "inspect", "ping", "--timeout", "2"]
        deadline = time.monotonic() + READY_TIMEOUT
        while time.monotonic() < deadline:
            for name, log, process in self.processes:
                if process.poll() is not None:
                    raise NotReady(f"the baseline's {name} ended\n{last_lines(log)}")
            if answers(f"{self.url}/health"):
                asked = subprocess.run(ping, cwd=self.folder, env=os.environ | environment, capture_output=True, check=False)
                if asked.returncode == 0:
                    return
            time.sleep(0.2)
        raise NotReady(f"the baseline did not get ready\n{last_lines(self.folder / 'celery.log')}")

    def stop(self):
        # The broker, which was started first, ends last: the others say good-bye to it.
        for name, _, process in reversed(self.processes):
            stop(process, f"the baseline's {name}")
        self.processes = []
