"""Rules on pods: what they may do, what they may use, and how they start and stop."""

import math
import re

from quantity import number
from world import containers, pod

MIB = 2**20
# The service around its workers: 98 MB at most were measured (docs/hostile.md), of four services in one process.
SERVICE_MIB = 128
# Bytes of a pixel on its way from a worker to the broker or back.
PIXEL_BYTES = 3
# What a service takes to hand back its jobs, or to tell the audit trail, after its grace period: three answers of the broker.
AFTER_GRACE_SECONDS = 15
# What a gateway's connection costs (config.default.toml), and its readings of pages: two of 35 MB (state.rs).
CONNECTION_BYTES = 100_000
PAGE_READS_MIB = 70
# Stages whose workers are processes.
WITH_PROCESSES = ("preprocess", "ocr")


def no_pod_can_do_more_than_its_work(world):
    for workload in world.workloads():
        name, spec = workload["metadata"]["name"], pod(workload)
        around = spec.get("securityContext", {})
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name}: it would have a token for the API server"
        if spec.get("enableServiceLinks") is not False:
            yield f"{name}: Services would put variables into its environment, which is configuration"
        if not around.get("runAsNonRoot") or not around.get("runAsUser") or not around.get("runAsGroup"):
            yield f"{name}: it may run as root"
        if around.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name}: no seccomp profile"
        if any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")):
            yield f"{name}: it shares something with its node"
        if any("hostPath" in volume for volume in spec.get("volumes", [])):
            yield f"{name}: it mounts a folder of its node"
        for container in containers(workload):
            inside = container.get("securityContext", {})
            if inside.get("allowPrivilegeEscalation") is not False or inside.get("privileged"):
                yield f"{name}: it could get more privileges"
            if inside.get("readOnlyRootFilesystem") is not True:
                yield f"{name}: its root file system is writable"
            if inside.get("capabilities", {}).get("drop") != ["ALL"] or inside["capabilities"].get("add"):
                yield f"{name}: it has capabilities"
            if {"runAsUser", "runAsNonRoot", "seccompProfile"} & set(inside):
                yield f"{name}: a container overrides what its pod says"


def every_container_says_what_it_needs_and_may_use(world):
    for workload in world.workloads():
        for container in containers(workload):
            where, resources = workload["metadata"]["name"], container.get("resources", {})
            for what in ("cpu", "memory"):
                request = resources.get("requests", {}).get(what)
                limit = resources.get("limits", {}).get(what)
                if request is None or limit is None:
                    yield f"{where}: no request or no limit of {what}"
                elif number(request) > number(limit):
                    yield f"{where}: it asks for more {what} than it may use"


def memory_and_cpu_follow_from_the_configuration(world):
    for workload in world.of("Deployment"):
        name = workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        (container,) = containers(workload)
        requests, limits = (container["resources"][key] for key in ("requests", "limits"))
        request, limit = sums(world, name)
        for what, stated, needed in (("request", requests["memory"], request), ("limit", limits["memory"], limit)):
            if number(stated) < needed:
                yield f"{name}: memory {what} {stated}, the configuration needs {math.ceil(needed / MIB)}Mi"
        if name == "gateway":
            continue
        workers = world.setting(f"stages.{name}.workers")
        if workers < 1:
            yield f"{name}: one worker per core of whatever node it lands on; say how many"
        if name in WITH_PROCESSES and number(requests["cpu"]) != workers:
            yield f"{name}: {requests['cpu']} CPU for {workers} workers of one thread each"
        if number(limits["cpu"]) < workers + 1:
            yield f"{name}: the service around its {workers} workers has no core"


def sums(world, name):
    """Bytes that a service needs: what it usually has, and the most that its settings allow."""
    if name == "gateway":
        uploads = world.setting("gateway.max_concurrent_uploads") * world.setting("gateway.max_upload_bytes")
        connections = world.setting("gateway.connections.max") * CONNECTION_BYTES
        return SERVICE_MIB * MIB, (SERVICE_MIB + PAGE_READS_MIB) * MIB + uploads + connections
    if name in WITH_PROCESSES:
        workers = world.setting(f"stages.{name}.workers")
        page = world.setting("limits.max_page_pixels") * PIXEL_BYTES
        usual = world.setting("worker.max_resident_bytes")
        most = world.setting("worker.memory_bytes") + page
        return SERVICE_MIB * MIB + workers * usual, SERVICE_MIB * MIB + workers * most
    return SERVICE_MIB * MIB, SERVICE_MIB * MIB


def every_service_is_asked_for_its_health(world):
    port = int(world.setting("service.ops_listen").rsplit(":", 1)[1])
    paths = {"startupProbe": "/health", "livenessProbe": "/health", "readinessProbe": "/ready"}
    for workload in world.of("Deployment"):
        for container in containers(workload):
            where = workload["metadata"]["name"]
            ports = {entry["name"]: entry["containerPort"] for entry in container.get("ports", [])}
            for probe, path in paths.items():
                get = container.get(probe, {}).get("httpGet", {})
                if get.get("path") != path:
                    yield f"{where}: no {probe} on {path}"
                elif ports.get(get["port"], get["port"]) != port:
                    yield f"{where}: its {probe} asks port {get['port']}, service.ops_listen is {port}"


def a_pod_has_time_to_stop(world):
    grace = world.setting("service.shutdown_grace_seconds")
    for workload in world.of("Deployment"):
        (container,) = containers(workload)
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        needed, given = before + grace + AFTER_GRACE_SECONDS, pod(workload).get("terminationGracePeriodSeconds")
        where = workload["metadata"]["name"]
        if given != needed:
            yield f"{where}: {given} s to stop; preStop {before}, grace {grace} and {AFTER_GRACE_SECONDS} make {needed}"
        if where == "gateway" and not before:
            yield f"{where}: no preStop: connections would be refused until everybody has heard that it goes"


def an_update_never_leaves_fewer_pods(world):
    for workload in world.of("Deployment"):
        rolling = workload["spec"].get("strategy", {}).get("rollingUpdate", {})
        if rolling.get("maxUnavailable") != 0 or not rolling.get("maxSurge"):
            yield f"{workload['metadata']['name']}: an update may stop a pod before there is another"
        constraints = pod(workload).get("topologySpreadConstraints", [])
        keys = {constraint["topologyKey"] for constraint in constraints}
        if "kubernetes.io/hostname" not in keys:
            yield f"{workload['metadata']['name']}: all its pods may be on one node"


def images_are_named_with_their_version(world):
    for workload in world.workloads():
        for container in containers(workload):
            image = container["image"]
            tag = re.search(r":([\w.-]+)$", image)
            if "@sha256:" not in image and (not tag or tag[1] == "latest"):
                yield f"{workload['metadata']['name']}: image {image} has no version"
            name = workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
            wanted = "invoice-ocr-tools" if name == "topology" else f"invoice-ocr-{name}"
            if re.split(r"[:@]", image.rsplit("/", 1)[-1])[0] != wanted:
                yield f"{workload['metadata']['name']}: image {image}, should be {wanted}"
