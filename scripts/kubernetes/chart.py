"""The broker as the official chart renders it with our values: each value is one that the chart has, each document is
what Kubernetes takes, and the pod is what the NetworkPolicies and the services take it for."""

import subprocess

import pods
import schemas
import yaml
from tools import tool
from world import BROKER_LABELS, BROKER_PORTS, KUBERNETES, World, containers, labels, pod

FILES = {"production": ["nats-values.yaml"], "small": ["nats-values.yaml", "nats-values-small.yaml"]}
# What the chart passes on as it is, so its values have no keys for it.
PASSED_ON = {"merge", "patch", "env", "topologySpreadConstraints"}


def breaches(chart, worlds, environment):
    known = yaml.safe_load((chart / "values.yaml").read_text())
    for overlay, files in FILES.items():
        for file in files:
            written = yaml.safe_load((KUBERNETES / file).read_text())
            yield from (f"{file}: the chart has no value {path}" for path in unknown(written, known, ""))
        documents = rendered(chart, files, environment)
        yield from (f"broker of {overlay}: {breach}" for breach in schemas.breaches(documents))
        yield from (f"broker of {overlay}: {breach}" for breach in of_statefulset(documents, worlds[overlay]))


def rendered(chart, files, environment):
    command = [tool("helm", environment), "template", "nats", chart, "--namespace", "invoice-ocr", "--skip-tests"]
    for file in files:
        command += ["--values", KUBERNETES / file]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    if shown.returncode:
        raise SystemExit(f"helm: {shown.stderr.strip()}")
    return [document for document in yaml.safe_load_all(shown.stdout) if document]


def of_statefulset(documents, world):
    (stateful,) = [document for document in documents if document["kind"] == "StatefulSet"]
    if not BROKER_LABELS.items() <= labels(stateful).items():
        yield f"its labels are {labels(stateful)}"
    for container in containers(stateful):
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        wanted = {"/etc/nats-config", "/etc/nats-users", "/etc/nats-ca-cert"}
        wanted |= {"/data"} if container["name"] == "nats" else set()
        for path in wanted - mounts:
            yield f"container {container['name']}: {path} is not mounted"
    (broker,) = [container for container in containers(stateful) if container["name"] == "nats"]
    ports = {port["name"]: port["containerPort"] for port in broker["ports"]}
    for name, port in ports.items():
        if BROKER_PORTS.get(name) != port:
            yield f"port {name} is {port}"
    # The chart names its own probes, account and volumes; what the pod may do is as for every pod here.
    chart = World("small", [stateful])
    chart.workloads = lambda: [stateful]
    yield from (breach for breach in pods.no_pod_can_do_more_than_its_work(chart) if "shares" not in breach)
    yield from pods.every_container_says_what_it_needs_and_may_use(chart)
    if stateful["spec"]["replicas"] != (3 if world.overlay == "production" else 1):
        yield f"{stateful['spec']['replicas']} brokers"
    if "nats-js" not in {claim["metadata"]["name"] for claim in stateful["spec"]["volumeClaimTemplates"]}:
        yield f"no volume of its own: {pod(stateful)['volumes']}"


def unknown(written, known, path):
    for key, value in written.items():
        if not isinstance(known, dict) or key not in known:
            yield f"{path}{key}"
        elif isinstance(value, dict) and key not in PASSED_ON:
            yield from unknown(value, known[key], f"{path}{key}.")
