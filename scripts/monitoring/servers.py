"""Prometheus, Alertmanager and the node exporter of Debian, each with a folder and a port of its own."""

import json
import re
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml
from service import ROOT, NotReady, answers, last_lines, start, stop

from .fleet import free_port

DEPLOY = ROOT / "deploy"
RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
READY_TIMEOUT = 30
# Seconds between two scrapes, and between two evaluations: a run of minutes then has as many samples as hours have.
INTERVAL = 1


def program(name):
    """A program of the Debian packages that scripts/check-monitoring names."""
    found = shutil.which(name)
    if not found:
        sys.exit(f"{name} is not here: apt-get install prometheus prometheus-alertmanager prometheus-node-exporter")
    return found


class Server:
    """A context manager around a process that listens on `port`."""

    name = ready = None

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{self.name}.log"

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        self.process = start(self.command(), self.log)
        deadline = time.monotonic() + READY_TIMEOUT
        while not answers(self.url + self.ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise NotReady(f"{self.name} did not get ready\n{last_lines(self.log)}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        stop(self.process, self.name)

    def get(self, path, **parameters):
        """The JSON that GET `path` answers."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{parameters}: {error.read().decode(errors='replace')}") from error


class NodeExporter(Server):
    name, ready = "prometheus-node-exporter", "/metrics"

    def command(self):
        only = ["--collector.disable-defaults", "--collector.filesystem"]
        return [program(self.name), f"--web.listen-address=127.0.0.1:{self.port}", *only]


class Alertmanager(Server):
    """With the repository's routes and inhibitions; who is told is `hook`, an address for each receiver's name."""

    name, ready = "prometheus-alertmanager", "/-/ready"

    def __init__(self, folder, hook, quicker):
        super().__init__(folder)
        text = (DEPLOY / "alertmanager" / "alertmanager.yml").read_text()
        config = yaml.safe_load(shortened(text, quicker))
        for receiver in config["receivers"]:
            receiver["webhook_configs"] = [{"url": f"{hook}/{receiver['name']}", "send_resolved": True}]
        self.config = folder / "alertmanager.yml"
        self.config.write_text(yaml.safe_dump(config))

    def command(self):
        listen = [f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]
        return [program(self.name), f"--config.file={self.config}", f"--storage.path={self.folder / 'alerts'}", *listen]

    def active(self):
        """(name, labels) of what it knows to be firing."""
        return [(alert["labels"]["alertname"], alert["labels"]) for alert in self.get("/api/v2/alerts", active="true")]


class Prometheus(Server):
    """With the repository's rules, `quicker` times as fast, and `ports` of the services to scrape."""

    name, ready = "prometheus", "/-/ready"

    def __init__(self, folder, ports, node=None, alertmanager=None, quicker=1):
        super().__init__(folder)
        rules = folder / "rules"
        rules.mkdir()
        for path in RULES:
            # A group that is slow because it looks at days would not have looked yet.
            text = re.sub(r"^    interval: \w+$", f"    interval: {INTERVAL}s", path.read_text(), flags=re.M)
            (rules / path.name).write_text(shortened(text, quicker))
        jobs = [
            {
                "job_name": "invoice-ocr",
                "static_configs": [
                    {"targets": [f"127.0.0.1:{port}"], "labels": {"service": name}} for name, port in ports.items()
                ],
            }
        ]
        if node:
            jobs.append({"job_name": "node", "static_configs": [{"targets": [f"127.0.0.1:{node.port}"]}]})
        deployed = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
        interval = f"{INTERVAL}s"
        config = deployed | {
            "global": deployed["global"]
            | {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "rule_files": [str(rules / "*.yml")],
            "scrape_configs": jobs,
        }
        managers = [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]}] if alertmanager else []
        config["alerting"]["alertmanagers"] = managers
        self.config = folder / "prometheus.yml"
        self.config.write_text(yaml.safe_dump(config))

    def command(self):
        return [
            program(self.name),
            f"--config.file={self.config}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--storage.tsdb.path={self.folder / 'series'}",
            "--storage.tsdb.retention.time=30d",
            "--log.level=warn",
        ]

    def now(self, expr):
        """The samples that a query has now."""
        return self.get("/api/v1/query", query=expr)["data"]["result"]

    def over(self, expr, begin, end, step):
        """The series that a query has over a time."""
        answer = self.get("/api/v1/query_range", query=expr, start=begin, end=end, step=step)
        return answer["data"]["result"]


def shortened(text, quicker):
    """Rules or routes with their waits divided by `quicker`, at least a second. Windows of queries stay."""
    seconds = {"s": 1, "m": 60, "h": 3600}
    waits = r"(for|group_wait|group_interval|repeat_interval|resolve_timeout): (\d+)([smh])"

    def shorter(found):
        return f"{found[1]}: {max(1, int(found[2]) * seconds[found[3]] // quicker)}s"

    return text if quicker == 1 else re.sub(waits, shorter, text)
