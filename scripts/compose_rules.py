"""What has to hold of compose.yaml, the Dockerfile and what they use. Each rule gives its breaches as sentences."""

import re

import jsonschema

from compose_project import ROOT, copies, mebibytes, schema, seconds

STAGES = ["preprocess", "ocr", "extract"]
SERVICES = ["gateway", *STAGES]
# Stages whose work is done by worker processes, worker.memory_bytes each.
WITH_WORKERS = ["preprocess", "ocr"]
# What a stage's service needs besides its workers, MiB: 50 in an hour of faults (docs/faults.md), and for each of its
# jobs the object that is being written; ten times that is left over.
SERVICE_MIB = 512
# What one connection of a client may cost, KiB: ARCHITECTURE.md, "What is bounded by what".
CONNECTION_KIB = 160
# Services that people of this machine reach.
PUBLISHED = ["gateway", "grafana"]


def the_file_is_a_compose_file(project):
    """Held against the Compose specification's schema."""
    for error in jsonschema.Draft202012Validator(schema()).iter_errors(project.compose):
        yield f"{'.'.join(map(str, error.path))}: {error.message}"


def every_service_has_limits(project):
    for name, service in project.services.items():
        for key in ("mem_limit", "cpus", "pids_limit"):
            if key not in service:
                yield f"{name}: no {key}"


def every_service_is_confined(project):
    for name, service in project.services.items():
        if service.get("read_only") is not True:
            yield f"{name}: read_only is not set"
        if service.get("cap_drop") != ["ALL"]:
            yield f"{name}: cap_drop is not [ALL]"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name}: no-new-privileges is not set"
        if any("unconfined" in option for option in service.get("security_opt", [])):
            yield f"{name}: a profile is switched off"
        for key in ("cap_add", "privileged", "devices", "pid", "ipc", "userns_mode"):
            if key in service:
                yield f"{name}: {key} is set"
        if service.get("network_mode", "none") != "none":
            yield f"{name}: network_mode is {service['network_mode']}"
        if any("docker.sock" in volume for volume in service.get("volumes", [])):
            yield f"{name}: has Docker's socket"


def every_log_is_bounded(project):
    for name, service in project.services.items():
        options = service.get("logging", {}).get("options", {})
        if not {"max-size", "max-file"} <= options.keys():
            yield f"{name}: its log grows for ever"


def every_service_tells_its_health(project):
    """In compose.yaml or in its image; commands that end have none."""
    for name, service in project.services.items():
        if service.get("restart") == "no":
            continue
        image = project.instructions(project.target(service), "HEALTHCHECK")
        own = service.get("healthcheck", {})
        if own.get("disable") or not ("test" in own or (image and " CMD " in image[-1])):
            yield f"{name}: no health check"


def images_are_pinned(project):
    images = {name: service["image"] for name, service in project.services.items()}
    for stage, content in project.stages.items():
        if content["base"] not in project.stages:
            images[f"Dockerfile, stage {stage}"] = content["base"]
    for where, image in images.items():
        tag = image.rpartition("/")[2].partition(":")[2]
        if not tag or tag == "latest":
            yield f"{where}: {image} may be another image tomorrow"


def only_people_are_let_in_and_from_this_machine(project):
    for name, service in project.services.items():
        for port in service.get("ports", []):
            if name not in PUBLISHED:
                yield f"{name}: publishes {port}"
            elif not str(port).startswith("127.0.0.1:"):
                yield f"{name}: {port} is open to the network by default"


def stages_can_be_scaled(project):
    for name, service in project.services.items():
        if "container_name" in service:
            yield f"{name}: container_name allows one container only"


def the_broker_is_private(project):
    internal = {name for name, network in project.compose["networks"].items() if (network or {}).get("internal")}
    for name in ["broker", "topology", *STAGES]:
        for network in project.services[name].get("networks", ["default"]):
            if network not in internal:
                yield f"{name}: network {network} leads out"
    of_broker = set(project.services["broker"]["networks"])
    for name, service in project.services.items():
        shared = of_broker & set(service.get("networks", []))
        if shared and name not in [*SERVICES, "broker", "topology", "tools"]:
            yield f"{name}: reaches the broker by {', '.join(sorted(shared))}"


def each_service_has_its_own_key_alone(project):
    """At the broker each is a user of its own; commands are the operator."""
    for name in [*SERVICES, "topology", "tools"]:
        wanted = name if name in SERVICES else "operator"
        secrets = project.services[name].get("secrets", [])
        if secrets != [{"source": wanted, "target": "broker.nk"}]:
            yield f"{name}: has not the key of {wanted} alone, but {secrets}"
    for name, secret in project.compose["secrets"].items():
        if name in [*SERVICES, "operator"] and not secret["file"].endswith(f"/{name}.nk"):
            yield f"secret {name}: {secret['file']} is somebody else's"


def services_wait_for_what_they_need(project):
    wanted = {name: ("topology", "service_completed_successfully") for name in SERVICES}
    wanted["topology"] = ("broker", "service_healthy")
    wanted["broker"] = ("storage", "service_completed_successfully")
    for name, (first, condition) in wanted.items():
        depends = project.services[name].get("depends_on", {})
        if not isinstance(depends, dict) or depends.get(first, {}).get("condition") != condition:
            yield f"{name}: does not wait for {first} ({condition})"


def what_is_copied_exists(project):
    for stage, content in project.stages.items():
        for origin, sources in copies(content):
            if origin is not None:
                if origin not in project.stages:
                    yield f"Dockerfile, stage {stage}: there is no stage {origin}"
                continue
            for source in sources:
                if not (ROOT / source).exists():
                    yield f"Dockerfile, stage {stage}: {source} does not exist"
                elif project.ignored(source):
                    yield f"Dockerfile, stage {stage}: .dockerignore keeps {source} away"


def what_is_compiled_in_is_copied(project):
    """Files that the product's sources include, from wherever they are."""
    copied = {source for _, sources in copies(project.stages["build"]) for source in sources}
    for path in [*ROOT.glob("src/**/*.rs"), *ROOT.glob("crates/*/src/**/*.rs")]:
        if path.name.endswith("tests.rs"):
            continue
        product = path.read_text().split("#[cfg(test)]\nmod tests {")[0]
        for name in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', product):
            wanted = (path.parent / name).resolve().relative_to(ROOT)
            inside = {str(wanted), *map(str, wanted.parents)}
            if not inside & copied or project.ignored(str(wanted)):
                yield f"{path.relative_to(ROOT)}: the builder does not get {wanted}"


def what_is_mounted_exists(project):
    """What scripts/compose-init makes is not there yet, the rest is."""
    for name, service in project.services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./") and not source.startswith("./secrets") and not (ROOT / source).exists():
                yield f"{name}: {source} does not exist"


def every_key_exists(project):
    """What the environment and the mounted file set is in config.default.toml."""
    dotted = []
    for name, service in project.services.items():
        environment = service.get("environment") or {}
        dotted += [(name, key) for key in environment]
    for stage in project.stages:
        for text in project.instructions(stage, "ENV"):
            dotted += [(f"image {stage}", key) for key in re.findall(r"(INVOICE_OCR__\w+)=", text)]
    keys = [(where, key[13:].lower().split("__")) for where, key in dotted if key.startswith("INVOICE_OCR__")]
    keys += [("deploy/compose/config.toml", path) for path in leaves(project.settings)]
    for where, path in keys:
        layer = project.default
        for part in path:
            layer = layer.get(part) if isinstance(layer, dict) else None
        if layer is None:
            yield f"{where}: there is no key {'.'.join(path)}"


def leaves(table, path=()):
    for key, value in table.items():
        yield from leaves(value, (*path, key)) if isinstance(value, dict) else [[*path, key]]


def limits_follow_from_the_configuration(project):
    worker = project.setting("worker.memory_bytes") / 2**20
    for name in STAGES:
        workers = project.setting(f"stages.{name}.workers")
        if workers < 1:
            yield f"{name}: one worker a core of whatever machine it is: say how many in deploy/compose/config.toml"
        needed = SERVICE_MIB + (workers * worker if name in WITH_WORKERS else 0)
        if mebibytes(project.services[name]["mem_limit"]) < needed:
            yield f"{name}: mem_limit is below {needed:.0f}m, {workers} workers and the service"
        if name in WITH_WORKERS and float(project.services[name]["cpus"]) < workers:
            yield f"{name}: {workers} workers on fewer cores"
    uploads = 2 * project.setting("gateway.max_concurrent_uploads") * project.setting("gateway.max_upload_bytes") / 2**20
    connections = project.setting("gateway.connections.max")
    needed = uploads + connections * CONNECTION_KIB / 1024
    if mebibytes(project.services["gateway"]["mem_limit"]) < needed:
        yield f"gateway: mem_limit is below {needed:.0f}m, uploads and connections"
    if project.services["gateway"]["ulimits"]["nofile"] < connections + 512:
        yield f"gateway: fewer files than its {connections} connections and 512"


def services_have_time_to_stop(project):
    grace = project.setting("service.shutdown_grace_seconds")
    for name in SERVICES:
        if seconds(project.services[name].get("stop_grace_period", "10s")) <= grace:
            yield f"{name}: killed before service.shutdown_grace_seconds ({grace}) are over"


def images_stop_in_order_and_are_nobody(project):
    for name, service in project.services.items():
        target = project.target(service)
        if target is None:
            continue
        if target not in project.stages:
            yield f"{name}: the Dockerfile has no target {target}"
            continue
        user = project.instructions(target, "USER")
        if not user or user[-1].split(":")[0] in ("0", "root"):
            yield f"image {target}: runs as root"
        if not project.instructions(target, "ENTRYPOINT")[-1].startswith('["/usr/bin/tini", "--", '):
            yield f"image {target}: tini is not its first process"
        if project.instructions(target, "STOPSIGNAL") != ["SIGTERM"]:
            yield f"image {target}: not stopped by SIGTERM"
        labels = " ".join(project.instructions(target, "LABEL"))
        for label in ("title", "description", "version", "revision", "licenses"):
            if f"org.opencontainers.image.{label}=" not in labels:
                yield f"image {target}: no label {label}"


def the_same_is_said_everywhere(project):
    """Versions and numbers that several files have to have."""
    release = re.search(r"^RUST_RELEASE=(\S+)$", project.texts["scripts/setup"], re.M)[1]
    if f"ARG RUST_IMAGE=rust:{release}-" not in project.texts["Dockerfile"]:
        yield f"Dockerfile: RUST_IMAGE is not the release {release} of scripts/setup"
    for version in re.findall(r"^ARG VERSION=(\S+)$", project.texts["Dockerfile"], re.M):
        if version != project.version:
            yield f"Dockerfile: VERSION is {version}, the product's is {project.version}"
    for name, service in project.services.items():
        if project.target(service) and not service["image"].endswith(f":{project.version}"):
            yield f"{name}: {service['image']} is not version {project.version}"
    if f"variable TOOLS_IMAGE {project.services['tools']['image']}\n" not in project.texts["scripts/compose.sh"]:
        yield "scripts/compose.sh: another TOOLS_IMAGE than compose.yaml has"
    user = re.search(r"^IMAGE_USER=(\d+)$", project.texts["scripts/compose.sh"], re.M)[1]
    if project.stages["runtime"]["instructions"].count(("USER", f"{user}:{user}")) != 1:
        yield f"Dockerfile: its user is not {user} of scripts/compose.sh"
    if project.services["broker"].get("user") != f"{user}:{user}":
        yield f"broker: its user is not {user} of scripts/compose.sh"


RULES = [
    the_file_is_a_compose_file,
    every_service_has_limits,
    every_service_is_confined,
    every_log_is_bounded,
    every_service_tells_its_health,
    images_are_pinned,
    only_people_are_let_in_and_from_this_machine,
    stages_can_be_scaled,
    the_broker_is_private,
    each_service_has_its_own_key_alone,
    services_wait_for_what_they_need,
    what_is_copied_exists,
    what_is_compiled_in_is_copied,
    what_is_mounted_exists,
    every_key_exists,
    limits_follow_from_the_configuration,
    services_have_time_to_stop,
    images_stop_in_order_and_are_nobody,
    the_same_is_said_everywhere,
]
