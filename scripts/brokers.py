"""nats-server processes with users, TLS and what deploy/cluster says of three of them, on loopback, for scripts/cluster-drill."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

from service import ROOT, NotReady, last_lines, start

SERVER = ROOT / "vendor" / "bin" / "nats-server"
# Seconds. A vote takes 5 to 7, on a crowded machine more; then copies have to arrive.
PATIENCE = 120
ACCOUNT = "INVOICE"


class Broker:
    """One nats-server; its folder has its configuration, its log, and in `store` its streams."""

    def __init__(self, folder, name, keys, certificates):
        self.folder, self.name, self.keys, self.certificates = folder / name, name, keys, certificates
        self.port, self.routes_port, self.monitor = free_port(), free_port(), free_port()
        self.log = self.folder / "server.log"
        self.process = None
        self.folder.mkdir()
        issue = ROOT / "deploy" / "cluster" / "certificates"
        subprocess.run([issue, certificates, "broker", name, "localhost", "127.0.0.1"], check=True)
        shutil.copy(ROOT / "nats" / "server.conf", self.folder)

    @property
    def url(self):
        return f"tls://localhost:{self.port}"

    @property
    def store(self):
        return self.folder / "store"

    def launch_alone(self):
        """As docs/broker.md has it: nats/server.conf with users and TLS."""
        lines = [
            'include "server.conf"',
            'include "users.conf"',
            f"server_name: {self.name}",
            f'listen: "127.0.0.1:{self.port}"',
            "tls {",
            f'  cert_file: "{self.certificates / self.name}.pem"',
            f'  key_file: "{self.certificates / self.name}-key.pem"',
            f'  ca_file: "{self.certificates / "ca.pem"}"',
            "  verify: true",
            "}",
        ]
        self.launch("\n".join(lines), {})

    def launch_among(self, brokers):
        """As deploy/cluster has it: cluster.conf as it is, and its environment."""
        routes = ",".join(f'"tls://localhost:{broker.routes_port}"' for broker in brokers)
        environment = {
            "BROKER_NAME": self.name,
            "BROKER_LISTEN": f"127.0.0.1:{self.port}",
            "BROKER_CLUSTER_LISTEN": f"127.0.0.1:{self.routes_port}",
            "BROKER_ROUTES": f"[{routes}]",
            "BROKER_CERTIFICATE": f"{self.certificates / self.name}.pem",
            "BROKER_KEY": f"{self.certificates / self.name}-key.pem",
            "BROKER_AUTHORITY": str(self.certificates / "ca.pem"),
        }
        self.launch((ROOT / "deploy" / "cluster" / "cluster.conf").read_text(), environment)

    def launch(self, configuration, environment):
        shutil.copy(self.keys / "users.conf", self.folder)
        (self.folder / "broker.conf").write_text(configuration)
        command = [SERVER, "--config", self.folder / "broker.conf", "--store_dir", self.store]
        # Loopback only, to see what became of the copies, and what an autoscaler sees.
        command += ["--http_port", str(self.monitor), "--addr", "127.0.0.1"]
        self.process = start(command, self.log, environment=environment)
        eventually(f"broker {self.name}", lambda: self.ask("varz"), self.log)

    def ask(self, path):
        """An answer of the monitoring port; None when there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/{path}", timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError, json.JSONDecodeError):
            return None

    def streams(self):
        """What this broker knows of the account's streams, by name."""
        answer = self.ask(f"jsz?acc={ACCOUNT}&streams=true&consumers=true&config=true") or {}
        accounts = answer.get("account_details") or [{}]
        return {stream["name"]: stream for stream in accounts[0].get("stream_detail") or []}

    def kill(self):
        """`kill -9`."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def lose(self):
        """`kill -9`, and its disk is gone."""
        self.kill()
        shutil.rmtree(self.store)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def copies(brokers):
    """For each stream: how many copies are up to date, and who leads. As its leader says."""
    found = {}
    for broker in brokers:
        for name, stream in broker.streams().items():
            cluster = stream.get("cluster") or {}
            if cluster.get("leader") == broker.name:
                current = [peer for peer in cluster.get("replicas") or [] if peer.get("current") and not peer.get("offline")]
                found[name] = (1 + len(current), broker.name)
    return found


def lag(brokers, stream, consumer):
    """What KEDA's scaler reads: the consumer's pending and leased jobs, at the broker that leads it."""
    for broker in brokers:
        for found in broker.streams().get(stream, {}).get("consumer_detail") or []:
            if found["name"] == consumer and (found.get("cluster") or {}).get("leader", broker.name) == broker.name:
                return found["num_pending"] + found["num_ack_pending"]
    return None


def eventually(what, answer, log=None):
    """Waits until `answer` answers something true, and gives it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := answer():
            return found
        time.sleep(0.1)
    raise NotReady(f"{what}: not within {PATIENCE} s\n{last_lines(log) if log else ''}")


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
