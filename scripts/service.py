"""A running `invoice-ocr serve` with a broker and a data folder of its own, for the scripts beside this file."""

import http.client
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Seconds. The service is up in one or two; a busy small machine needs longer.
READY_TIMEOUT = 60
# Seconds. The service gives running work 30 after SIGTERM.
STOP_TIMEOUT = 45
# Lines of its log that an error message ends with.
LAST_LINES = 10


class NotReady(RuntimeError):
    """A process ended or did not answer in time; the message ends with the last lines of its log."""


def default_binary():
    """Where `cargo build --release` puts the program."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "invoice-ocr"


def data_folder():
    """The repository's data/, where scripts put what services write. Not /tmp, which may be memory:
    there, a sync to disk costs nothing."""
    data = ROOT / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    return data


def answers(url):
    """Whether GET `url` is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return False


def last_lines(log):
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])


def start(command, log_path, cwd=ROOT, environment=None):
    """A process in a session of its own: Ctrl-C reaches the script alone, which then stops it."""
    with open(log_path, "ab") as log:
        return subprocess.Popen(
            command, cwd=cwd, env=os.environ | (environment or {}), stdout=log, stderr=log, start_new_session=True
        )


def stop(process, name):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        print(f"{name} did not stop and was killed", file=sys.stderr)


class Service:
    """A context manager; inside, `url` is the gateway's address and `process` the service.

    `environment` goes on top of this one, as `INVOICE_OCR__SECTION__KEY`; `stages` are the services to run."""

    def __init__(self, binary, folder, environment, stages="all"):
        self.binary = binary
        self.environment = environment
        self.stages = stages
        self.data = folder / "data"
        self.log_path = folder / "serve.log"
        self.url = None

    def __enter__(self):
        command = [self.binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--stages", self.stages]
        self.process = start(command, self.log_path, environment=self.environment)
        try:
            self.await_ready()
        except BaseException:
            stop(self.process, "the service")
            raise
        return self

    def __exit__(self, *_):
        stop(self.process, "the service")

    def await_ready(self):
        deadline = time.monotonic() + READY_TIMEOUT
        noted = self.data / "gateway.url"
        while time.monotonic() < deadline and self.process.poll() is None:
            if noted.is_file() and (url := noted.read_text().strip()) and answers(f"{url}/ready"):
                self.url = url
                return
            time.sleep(0.05)
        raise NotReady(f"the service did not get ready\n{last_lines(self.log_path)}")
