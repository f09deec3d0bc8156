"""Everything that the rules look at, read once: manifests as kustomize renders them, and the product's own files."""

import copy
import json
import pathlib
import subprocess
import tomllib

import yaml

from tools import tool

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("small", "production", "green")
# Labels of the chart's pods, release `nats`: what NetworkPolicies call the broker.
BROKER_LABELS = {
    "app.kubernetes.io/name": "nats",
    "app.kubernetes.io/instance": "nats",
    "app.kubernetes.io/component": "nats",
}
BROKER_PORTS = {"nats": 4222, "cluster": 6222, "monitor": 8222}


class World:
    """One overlay and what it stands on."""

    def __init__(self, overlay, documents):
        self.overlay = overlay
        self.documents = documents
        self.streams = named_files("streams")
        self.consumers = named_files("consumers")
        self.defaults = tomllib.loads((ROOT / "config.default.toml").read_text())
        self.values = values(overlay)
        self.server_conf = (ROOT / "nats" / "server.conf").read_text()
        self.vendored = (ROOT / "scripts" / "vendor.txt").read_text()
        self.documentation = (ROOT / "docs" / "kubernetes.md").read_text()

    def copy(self):
        return copy.deepcopy(self)

    def of(self, kind):
        return [document for document in self.documents if document["kind"] == kind]

    def named(self, kind, name):
        (found,) = [document for document in self.of(kind) if document["metadata"]["name"] == name]
        return found

    def workloads(self):
        return self.of("Deployment") + self.of("Job")

    @property
    def own_config(self):
        (configuration,) = self.of("ConfigMap")
        return tomllib.loads(configuration["data"]["config.toml"])

    def setting(self, path):
        """What is in effect for the dotted key `path`."""
        for layer in (self.own_config, self.defaults):
            value = layer
            for key in path.split("."):
                value = value.get(key) if isinstance(value, dict) else None
            if value is not None:
                return value
        raise KeyError(path)


def named_files(kind):
    files = (ROOT / "nats" / kind).glob("*.json")
    return {file.stem: json.loads(file.read_text()) for file in files}


def values(overlay):
    """The chart's values that go with an overlay: one file, or one on top of another."""
    read = yaml.safe_load((KUBERNETES / "nats-values.yaml").read_text())
    if overlay == "small":
        merge(read, yaml.safe_load((KUBERNETES / "nats-values-small.yaml").read_text()))
    return read


def merge(below, above):
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            merge(below[key], value)
        else:
            below[key] = value


def render(environment):
    kubectl = tool("kubectl", environment)
    worlds = {}
    for overlay in OVERLAYS:
        command = [kubectl, "kustomize", KUBERNETES / "overlays" / overlay]
        rendered = subprocess.run(command, capture_output=True, text=True, check=False)
        if rendered.returncode:
            raise SystemExit(f"kustomize {overlay}: {rendered.stderr.strip()}")
        worlds[overlay] = World(overlay, list(yaml.safe_load_all(rendered.stdout)))
    return worlds


def pod(workload):
    return workload["spec"]["template"]["spec"]


def labels(workload):
    return workload["spec"]["template"]["metadata"]["labels"]


def containers(workload):
    return pod(workload)["containers"] + pod(workload).get("initContainers", [])


def selects(selector, its_labels):
    """Whether a label selector of matchLabels alone selects who has `its_labels`; an empty one selects everybody."""
    return all(its_labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
