"""Rules on ports and on who may speak to whom."""

from world import BROKER_LABELS, BROKER_PORTS, containers, labels, selects

BROKER_CLIENT = {"invoice-ocr/broker-client": "true"}


def ports_agree(world):
    listens = {
        "https": int(world.setting("gateway.listen").rsplit(":", 1)[1]),
        "ops": int(world.setting("service.ops_listen").rsplit(":", 1)[1]),
    }
    for workload in world.of("Deployment"):
        where = workload["metadata"]["name"]
        for name, port in ports_of(workload).items():
            if listens.get(name) != port:
                yield f"{where}: port {name} is {port}, the configuration listens on {listens.get(name)}"
        annotations = workload["spec"]["template"]["metadata"].get("annotations", {})
        if annotations.get("prometheus.io/port") != str(listens["ops"]):
            yield f"{where}: Prometheus is sent to {annotations.get('prometheus.io/port')}, not {listens['ops']}"
    for service in world.of("Service"):
        selected = [w for w in world.workloads() if selects({"matchLabels": service["spec"]["selector"]}, labels(w))]
        for port in service["spec"]["ports"]:
            if not any(port["targetPort"] in ports_of(workload) for workload in selected):
                yield f"Service {service['metadata']['name']}: no pod has a port {port['targetPort']}"
    scheme, rest = world.setting("broker.url").split("://")
    host, port = rest.split(":")
    if scheme != "tls" or not world.setting("broker.tls_required"):
        yield f"broker.url = {world.setting('broker.url')}: services would speak to the broker without TLS"
    if host != "nats" or int(port) != BROKER_PORTS["nats"]:
        yield f"broker.url = {world.setting('broker.url')}: the chart's Service is nats:{BROKER_PORTS['nats']}"


def policies_speak_of_pods_that_are_there(world):
    everybody = [labels(workload) for workload in world.workloads()] + [BROKER_LABELS]
    ports = set(BROKER_PORTS.values()) | {53}
    for workload in world.workloads():
        ports |= set(ports_of(workload)) | set(ports_of(workload).values())
    for policy in world.of("NetworkPolicy"):
        where, spec = f"NetworkPolicy {policy['metadata']['name']}", policy["spec"]
        # Pods of other namespaces cannot be looked up here.
        here = [spec["podSelector"]] + [
            peer["podSelector"] for peer in peers(spec) if "podSelector" in peer and "namespaceSelector" not in peer
        ]
        for selector in here:
            if not any(selects(selector, its_labels) for its_labels in everybody):
                yield f"{where}: nobody has the labels {selector.get('matchLabels')}"
        for rule in rules(spec):
            for port in rule.get("ports", []):
                if port["port"] not in ports:
                    yield f"{where}: nobody listens on {port['port']}"


def what_is_not_allowed_is_refused(world):
    if world.overlay == "green":
        # Lives in production's namespace, under its policies.
        return
    closed = [policy for policy in world.of("NetworkPolicy") if policy["spec"]["podSelector"] == {}]
    if not any(set(p["spec"]["policyTypes"]) == {"Ingress", "Egress"} and not rules(p["spec"]) for p in closed):
        yield "no NetworkPolicy refuses what none allows"
    for direction in ("ingress", "egress"):
        for policy in world.of("NetworkPolicy"):
            for rule in policy["spec"].get(direction, []):
                if not rule.get("from" if direction == "ingress" else "to") or not rule.get("ports"):
                    yield f"NetworkPolicy {policy['metadata']['name']}: it lets everybody in or out"


def the_broker_is_reached_by_its_clients_alone(world):
    if world.overlay == "green":
        return
    for policy in world.of("NetworkPolicy"):
        if not policy["spec"]["podSelector"] or not selects(policy["spec"]["podSelector"], BROKER_LABELS):
            continue
        for rule in policy["spec"].get("ingress", []):
            for port in (entry["port"] for entry in rule["ports"]):
                for peer in rule["from"]:
                    who = peer.get("podSelector", {}).get("matchLabels", {})
                    outside = peer.get("namespaceSelector", {}).get("matchLabels", {})
                    allowed = (
                        (port == BROKER_PORTS["nats"] and who == BROKER_CLIENT and not outside)
                        or (port == BROKER_PORTS["cluster"] and who and who.items() <= BROKER_LABELS.items())
                        or (port == BROKER_PORTS["monitor"] and outside == {"kubernetes.io/metadata.name": "keda"})
                    )
                    if not allowed:
                        yield f"NetworkPolicy {policy['metadata']['name']}: port {port} is open to {peer}"
    for workload in world.workloads():
        where, out = workload["metadata"]["name"], egress(world, labels(workload))
        if BROKER_PORTS["nats"] not in out:
            yield f"{where}: it cannot reach the broker"
        if out - {BROKER_PORTS["nats"], 53}:
            yield f"{where}: it may reach more than the broker and names: {sorted(out)}"


def egress(world, its_labels):
    """Ports that pods with these labels may connect to."""
    ports = set()
    for policy in world.of("NetworkPolicy"):
        if selects(policy["spec"]["podSelector"], its_labels):
            for rule in policy["spec"].get("egress", []):
                ports |= {entry["port"] for entry in rule.get("ports", [{"port": "any"}])}
    return ports


def ports_of(workload):
    return {port["name"]: port["containerPort"] for c in containers(workload) for port in c.get("ports", [])}


def rules(spec):
    return spec.get("ingress", []) + spec.get("egress", [])


def peers(spec):
    return [peer for rule in rules(spec) for peer in rule.get("from", []) + rule.get("to", [])]
