"""The services as processes of their own, as compose.yaml has them, on the embedded broker of the gateway's."""

import pathlib
import socket
import time

from service import NotReady, answers, last_lines, start, stop

STAGES = ("preprocess", "ocr", "extract")
# Seconds. A stage is up in one or two; a busy small machine needs longer.
READY_TIMEOUT = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Fleet:
    """A context manager; inside, `url` is the gateway's address and `ports` has each service's operations port.

    Where the stages' own programs are not beside `binary`, all four services run in one process, `serve`."""

    def __init__(self, binary, folder, environment):
        self.binary = binary
        self.folder = folder
        self.environment = environment
        self.apart = all((binary.parent / name).is_file() for name in STAGES)
        self.ports = {name: free_port() for name in (("gateway", *STAGES) if self.apart else ("serve",))}
        self.processes = {}
        self.url = None

    def __enter__(self):
        try:
            for name in self.ports:
                self.start(name)
        except BaseException:
            self.__exit__()
            raise
        self.url = (self.data / "gateway.url").read_text().strip()
        return self

    def __exit__(self, *_):
        # The gateway last: the broker is its.
        for name in reversed(self.ports):
            if name in self.processes:
                self.stop(name)

    @property
    def data(self):
        """The folder that commands take as --data."""
        return self.folder / "data"

    def start(self, name, roles="all"):
        """Starts a service and waits until it is ready; `roles` are those of a `serve` that runs all alone."""
        if name in STAGES:
            command = [self.binary.parent / name, "--nats-url", (self.data / "broker.url").read_text().strip()]
        else:
            roles = "gateway" if self.apart else roles
            command = [self.binary, "serve", "--data", self.data, "--stages", roles, "--listen", "127.0.0.1:0"]
        own = {"INVOICE_OCR__SERVICE__OPS_LISTEN": f"127.0.0.1:{self.ports[name]}"}
        log = self.folder / f"{name}.log"
        process = start(command, log, environment=self.environment | own)
        self.processes[name] = process
        deadline = time.monotonic() + READY_TIMEOUT
        while not answers(f"http://127.0.0.1:{self.ports[name]}/ready"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotReady(f"{name} did not get ready\n{last_lines(log)}")
            time.sleep(0.1)

    def stop(self, name):
        stop(self.processes.pop(name), name)

    def workers(self, stage):
        """Process ids of the workers of a stage."""
        owner = self.processes[stage if self.apart else "serve"].pid
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (path / "cmdline").read_bytes().decode(errors="replace").split("\0")
                parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if parent == owner and (self.apart or words[1:3] == ["worker", stage]):
                found.append(int(path.name))
        return found
