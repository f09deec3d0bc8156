"""The four services, each a process of its own on one broker, and documents for them."""

import concurrent.futures
import contextlib
import json
import mimetypes
import os
import subprocess
import time
import urllib.request

from service import ROOT, NotReady, answers, last_lines, start, stop

STAGES = ("preprocess", "ocr", "extract")
SERVICES = ("gateway", *STAGES)
QUEUES = {stage: f"INVOICE_{stage.upper()}" for stage in STAGES}
# Uploads at once: half of what the gateway holds by default.
CLIENTS = 8
# Seconds for a queue to be filled or emptied: far above what any size of measurement takes.
PATIENCE = 1800
READY_TIMEOUT = 60
# Seconds between two looks at a queue; a look takes the broker some milliseconds.
LOOK_SECONDS = 0.1


class Pipeline:
    """A broker with the topology on it; services are started and stopped one by one."""

    def __init__(self, program, broker, folder):
        self.program, self.broker, self.folder = program, broker, folder
        self.started = 0
        # (name, process, log) of what runs.
        self.running = []
        self.command("topology", "apply", "--nats-url", broker.url)

    def command(self, *words):
        done = subprocess.run([self.program, *words], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReady(f"{' '.join(words[:2])} ended with {done.returncode}\n{done.stderr}")

    @contextlib.contextmanager
    def service(self, name, workers, inside=()):
        """The service `name` as a process with so many workers, started by the words `inside`; gives the process."""
        self.started += 1
        data = self.folder / f"{name}-{self.started}"
        log = self.folder / f"{name}-{self.started}.log"
        command = [*inside, self.program, "serve", "--stages", name, "--data", data, "--nats-url", self.broker.url]
        environment = {f"INVOICE_OCR__STAGES__{stage.upper()}__WORKERS": str(workers) for stage in STAGES}
        if name == "gateway":
            command += ["--listen", "127.0.0.1:0"]
        process = start(command, log, environment=environment)
        entry = (name, process, log)
        self.running.append(entry)
        try:
            if name == "gateway":
                self.url = await_gateway(process, data / "gateway.url", log)
            yield process
        finally:
            self.running.remove(entry)
            if process.poll() is None:
                stop(process, name)

    def upload(self, files, count):
        """`count` documents, each once: the files in turn, each under a new hash."""
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda number: send(self.url, files[number % len(files)]), range(count)))

    def left(self, *stages):
        """Jobs of these stages that are not done."""
        streams = self.broker.streams()
        return sum(streams[QUEUES[stage]]["state"]["messages"] for stage in stages)

    def watch(self, stages, holds, every=LOOK_SECONDS):
        """(jobs that are left to `stages`, when) as soon as that number `holds`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            left = self.left(*stages)
            if holds(left):
                return left, time.monotonic()
            for name, process, log in self.running:
                if process.poll() is not None:
                    raise NotReady(f"{name} ended\n{last_lines(log)}")
            time.sleep(every)
        raise NotReady(f"the queues of {', '.join(stages)}: not as expected within {PATIENCE} s")

    def fill(self, stage, files, count):
        """Takes documents as far as the queue of `stage`, and leaves them there: nobody works when it returns."""
        before = self.left(stage)
        with contextlib.ExitStack() as running:
            for name in SERVICES[: SERVICES.index(stage)]:
                running.enter_context(self.service(name, os.cpu_count()))
            self.upload(files, count)
            self.watch((stage,), lambda left: left >= before + count)

    def drain(self, stage, processes):
        """Jobs a minute while all of `processes`, (workers, words before the command) each, are busy."""
        workers, queued = sum(count for count, _ in processes), self.left(stage)
        # Each worker has loaded what it needs with its second job; the last ones have no company.
        begin, end = queued - 2 * workers, workers
        if begin - end < 4 * workers:
            raise NotReady(f"{queued} jobs are too few for {workers} workers")
        with contextlib.ExitStack() as running:
            for count, inside in processes:
                running.enter_context(self.service(stage, count, inside))
            begun_left, begun = self.watch((stage,), lambda left: left <= begin)
            ended_left, ended = self.watch((stage,), lambda left: left <= end)
            self.watch((stage,), lambda left: left == 0)
        return 60 * (begun_left - ended_left) / (ended - begun)


def await_gateway(process, noted, log):
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        if noted.is_file() and (url := noted.read_text().strip()) and answers(f"{url}/ready"):
            return url
        time.sleep(0.05)
    raise NotReady(f"the gateway did not get ready\n{last_lines(log)}")


def send(url, path):
    # A comment behind its end makes it another document.
    body = path.read_bytes() + f"\n%{os.urandom(16).hex()}\n".encode()
    kind = mimetypes.guess_type(path.name)[0]
    request = urllib.request.Request(f"{url}/api/v1/process-invoice", body, {"Content-Type": kind}, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        if answer.status != 202:
            raise NotReady(f"{path.name} was answered with {answer.status}")
        return json.load(answer)["id"]
