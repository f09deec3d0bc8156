"""Rules on what manifests name: secrets, configuration, accounts, namespaces."""

import pathlib

from world import containers, pod

# Keys of the configuration that are files, and who reads them.
FILES = {
    "broker.nkey_file": None,
    "broker.tls_ca": None,
    "broker.tls_certificate": None,
    "broker.tls_key": None,
    "gateway.tls.certificate": "gateway",
    "gateway.tls.key": "gateway",
}


def secrets_are_named_and_not_in_here(world):
    if world.of("Secret"):
        yield "a Secret is in the manifests: it would be in the repository"
    for workload in world.workloads():
        for secret in secrets_of(workload):
            if f"`{secret}`" not in world.documentation:
                yield f"{workload['metadata']['name']}: docs/kubernetes.md does not say how to make the Secret {secret}"


def nobody_has_the_key_of_another(world):
    owners = {}
    for workload in world.workloads():
        for secret in secrets_of(workload):
            # The green set are the same services.
            owners.setdefault(secret, set()).add(workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"])
        modes = [volume["projected"].get("defaultMode") for volume in pod(workload)["volumes"] if "projected" in volume]
        modes += [volume["secret"].get("defaultMode") for volume in pod(workload)["volumes"] if "secret" in volume]
        if any(mode != 0o440 for mode in modes):
            yield f"{workload['metadata']['name']}: a secret has a mode other than 0440"
    for secret, names in owners.items():
        if len(names) > 1:
            yield f"Secret {secret}: it is given to {', '.join(sorted(names))}"


def what_is_named_is_there(world):
    accounts = {account["metadata"]["name"]: account for account in world.of("ServiceAccount")}
    maps = {configuration["metadata"]["name"] for configuration in world.of("ConfigMap")}
    for workload in world.workloads():
        where = workload["metadata"]["name"]
        account = accounts.get(pod(workload).get("serviceAccountName"))
        if account is None:
            yield f"{where}: there is no ServiceAccount {pod(workload).get('serviceAccountName')}"
        elif account.get("automountServiceAccountToken") is not False:
            yield f"{where}: its ServiceAccount hands out tokens"
        volumes = {volume["name"]: volume for volume in pod(workload)["volumes"]}
        for volume in volumes.values():
            if "configMap" in volume and volume["configMap"]["name"] not in maps:
                yield f"{where}: there is no ConfigMap {volume['configMap']['name']}"
        for container in containers(workload):
            for mount in container["volumeMounts"]:
                if mount["name"] not in volumes:
                    yield f"{where}: there is no volume {mount['name']}"
                if not mount.get("readOnly"):
                    yield f"{where}: {mount['mountPath']} is writable"
    for document in world.documents:
        if not document["metadata"].get("namespace"):
            yield f"{document['kind']} {document['metadata']['name']}: it would land in whatever namespace is in use"


def the_configuration_has_known_keys_and_mounted_files(world):
    yield from unknown(world.own_config, world.defaults, "")
    for workload in world.workloads():
        name = workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        (container,) = containers(workload)
        mounts = [pathlib.PurePath(mount["mountPath"]) for mount in container["volumeMounts"]]
        told = container["args"][container["args"].index("--config") + 1] if "--config" in container["args"] else "/"
        if not any(pathlib.PurePath(told).parent == mount for mount in mounts):
            yield f"{name}: its configuration {told} is not mounted"
        for key, reader in FILES.items():
            file = world.setting(key)
            if not file:
                yield f"{key} is not set"
            elif reader in (None, name) and pathlib.PurePath(file).parent not in mounts:
                yield f"{name}: {key} = {file} is not mounted"
    if world.setting("gateway.auth.mode") != "required":
        yield "the gateway listens on every address and asks nobody who they are"


def unknown(own, defaults, path):
    for key, value in own.items():
        if key not in defaults:
            yield f"config.toml: there is no key {path}{key}"
        elif isinstance(value, dict):
            yield from unknown(value, defaults[key], f"{path}{key}.")


def secrets_of(workload):
    for volume in pod(workload)["volumes"]:
        if "secret" in volume:
            yield volume["secret"]["secretName"]
        for source in volume.get("projected", {}).get("sources", []):
            if "secret" in source:
                yield source["secret"]["name"]
