"""nats-server processes as nats/server.conf has them, alone or three of a cluster, for measurements on this machine."""

import json
import pathlib
import secrets
import socket
import time
import urllib.error
import urllib.request

from service import ROOT, NotReady, last_lines, start, stop

SERVER = ROOT / "vendor" / "bin" / "nats-server"
CONFIGURATION = ROOT / "nats" / "server.conf"
# Seconds. A vote on a crowded machine takes ten; three servers vote on each stream.
PATIENCE = 60
LOOPBACK = "127.0.0.1"


class Broker:
    """A context manager: one nats-server on `address`, with a folder of its own. `url` has user and password."""

    def __init__(self, folder, address=LOOPBACK, name="n1", peers=(), changes=()):
        """`changes`: (text of nats/server.conf, what to put in its place) for a comparison."""
        self.folder, self.address, self.name, self.peers = folder / name, address, name, peers
        self.password = secrets.token_urlsafe(16)
        self.port, self.monitor, self.routes = free_port(), free_port(), free_port()
        self.changes = changes
        self.log = self.folder / "server.log"
        self.process = None

    @property
    def url(self):
        return f"nats://bench:{self.password}@{self.address}:{self.port}"

    def __enter__(self):
        self.folder.mkdir()
        configuration = CONFIGURATION.read_text()
        for old, new in self.changes:
            if old not in configuration:
                raise NotReady(f"nats/server.conf has no '{old}'")
            configuration = configuration.replace(old, new)
        (self.folder / "server.conf").write_text(configuration)
        (self.folder / "broker.conf").write_text("\n".join(self.lines()) + "\n")
        # The monitoring port asks nobody who they are, so it stays on loopback whatever `address` is.
        command = [SERVER, "--config", self.folder / "broker.conf", "--store_dir", self.folder / "store"]
        self.process = start(command, self.log)
        return self

    def lines(self):
        yield 'include "server.conf"'
        yield f"server_name: {self.name}"
        yield f'listen: "{self.address}:{self.port}"'
        yield f'http: "{LOOPBACK}:{self.monitor}"'
        yield f'authorization {{ user: "bench", password: "{self.password}" }}'
        if self.peers:
            routes = ", ".join(f'"nats-route://{LOOPBACK}:{peer.routes}"' for peer in self.peers)
            yield f'cluster {{ name: "bench", listen: "{LOOPBACK}:{self.routes}", routes: [{routes}] }}'

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            stop(self.process, self.name)

    def ask(self, path):
        """An answer of the monitoring port; None when there is none."""
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.monitor}/{path}", timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError, json.JSONDecodeError):
            return None

    def await_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise NotReady(f"nats-server ended\n{last_lines(self.log)}")
            return (self.ask("healthz") or {}).get("status") == "ok"

        eventually(f"broker {self.name}", ready)

    def streams(self):
        """What it knows of each stream, by name."""
        answer = self.ask("jsz?streams=true") or {}
        accounts = answer.get("account_details") or [{}]
        return {stream["name"]: stream for stream in accounts[0].get("stream_detail") or []}

    def written_bytes(self):
        """Bytes that it has caused to be written to the disk, as the kernel counts them."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/io").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("write_bytes:")))


def alone(running, folder, **options):
    """One broker, entered into the ExitStack `running`, that answers."""
    broker = running.enter_context(Broker(folder, **options))
    broker.await_ready()
    return broker


def three(running, folder, **options):
    """A cluster of three on loopback, likewise."""
    brokers = [Broker(folder, name=f"n{number}", **options) for number in (1, 2, 3)]
    for broker in brokers:
        # One account, so one password.
        broker.password, broker.peers = brokers[0].password, brokers
    for broker in brokers:
        running.enter_context(broker)
    for broker in brokers:
        broker.await_ready()
    eventually("a leader of the cluster", lambda: (brokers[0].ask("jsz") or {}).get("meta_cluster", {}).get("leader"))
    return brokers


def eventually(what, holds):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.1)
    raise NotReady(f"{what}: not within {PATIENCE} s")


def free_port():
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return one.getsockname()[1]
