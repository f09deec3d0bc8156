"""Breaks each rule once or more, to see that it is noticed: a rule that never fails says nothing."""

import broker
import network
import pods
import references
import scaling
from world import containers, labels, pod


def deployment(world, name="ocr"):
    return world.named("Deployment", name)


def main(world, name="ocr"):
    return containers(deployment(world, name))[0]


def policy(world, name):
    return world.named("NetworkPolicy", name)["spec"]


def budget(world):
    return world.named("PodDisruptionBudget", "ocr")["spec"]


def volumes(world, name):
    return pod(deployment(world, name))["volumes"]


def trigger(world):
    return world.named("ScaledObject", "ocr")["spec"]["triggers"][0]["metadata"]


def configured(world, old, new):
    (configuration,) = world.of("ConfigMap")
    text = configuration["data"]["config.toml"]
    assert old in text, old
    configuration["data"]["config.toml"] = text.replace(old, new)


def drop(mapping, *keys):
    for key in keys[:-1]:
        mapping = mapping[key]
    del mapping[keys[-1]]


def put(mapping, *path):
    *keys, value = path
    for key in keys[:-1]:
        mapping = mapping[key]
    mapping[keys[-1]] = value


def remove_from(world, kind, name):
    world.documents.remove(world.named(kind, name))


# (rule, what is done to `production`)
RULES = (
    (pods.no_pod_can_do_more_than_its_work, lambda w: drop(pod(deployment(w)), "securityContext", "runAsNonRoot")),
    (pods.no_pod_can_do_more_than_its_work, lambda w: drop(pod(deployment(w)), "securityContext", "seccompProfile")),
    (pods.no_pod_can_do_more_than_its_work, lambda w: put(pod(deployment(w)), "automountServiceAccountToken", True)),
    (pods.no_pod_can_do_more_than_its_work, lambda w: drop(pod(deployment(w)), "enableServiceLinks")),
    (pods.no_pod_can_do_more_than_its_work, lambda w: put(pod(deployment(w)), "hostNetwork", True)),
    (pods.no_pod_can_do_more_than_its_work,
     lambda w: pod(deployment(w))["volumes"].append({"name": "node", "hostPath": {"path": "/"}})),
    (pods.no_pod_can_do_more_than_its_work, lambda w: drop(main(w), "securityContext", "readOnlyRootFilesystem")),
    (pods.no_pod_can_do_more_than_its_work, lambda w: put(main(w), "securityContext", "allowPrivilegeEscalation", True)),
    (pods.no_pod_can_do_more_than_its_work,
     lambda w: put(containers(w.named("Job", "topology"))[0], "securityContext", "capabilities", {"drop": []})),
    (pods.no_pod_can_do_more_than_its_work, lambda w: put(main(w), "securityContext", "runAsUser", 0)),
    (pods.every_container_says_what_it_needs_and_may_use, lambda w: drop(main(w), "resources", "limits", "memory")),
    (pods.every_container_says_what_it_needs_and_may_use, lambda w: drop(main(w, "gateway"), "resources", "requests", "cpu")),
    (pods.every_container_says_what_it_needs_and_may_use, lambda w: put(main(w), "resources", "requests", "memory", "9Gi")),
    (pods.memory_and_cpu_follow_from_the_configuration, lambda w: put(main(w), "resources", "limits", "memory", "4Gi")),
    (pods.memory_and_cpu_follow_from_the_configuration, lambda w: put(main(w), "resources", "requests", "memory", "1Gi")),
    (pods.memory_and_cpu_follow_from_the_configuration,
     lambda w: put(main(w, "gateway"), "resources", "limits", "memory", "512Mi")),
    (pods.memory_and_cpu_follow_from_the_configuration,
     lambda w: configured(w, "[stages.ocr]\nworkers = 2", "[stages.ocr]\nworkers = 3")),
    (pods.memory_and_cpu_follow_from_the_configuration,
     lambda w: configured(w, "[stages.extract]\nworkers = 2", "[stages.extract]\nworkers = 0")),
    (pods.memory_and_cpu_follow_from_the_configuration, lambda w: put(main(w), "resources", "limits", "cpu", "2")),
    (pods.every_service_is_asked_for_its_health, lambda w: drop(main(w), "livenessProbe")),
    (pods.every_service_is_asked_for_its_health, lambda w: put(main(w), "readinessProbe", "httpGet", "path", "/health")),
    (pods.every_service_is_asked_for_its_health, lambda w: put(main(w, "gateway"), "livenessProbe", "httpGet", "port", 8080)),
    (pods.every_service_is_asked_for_its_health, lambda w: configured(w, ":9464", ":9465")),
    (pods.a_pod_has_time_to_stop, lambda w: put(pod(deployment(w)), "terminationGracePeriodSeconds", 30)),
    (pods.a_pod_has_time_to_stop, lambda w: configured(w, "shutdown_grace_seconds = 30", "shutdown_grace_seconds = 60")),
    (pods.a_pod_has_time_to_stop, lambda w: drop(main(w, "gateway"), "lifecycle")),
    (pods.an_update_never_leaves_fewer_pods,
     lambda w: put(deployment(w, "gateway"), "spec", "strategy", "rollingUpdate", "maxUnavailable", 1)),
    (pods.an_update_never_leaves_fewer_pods, lambda w: drop(pod(deployment(w)), "topologySpreadConstraints")),
    (pods.images_are_named_with_their_version, lambda w: put(main(w), "image", "invoice-ocr-ocr")),
    (pods.images_are_named_with_their_version, lambda w: put(main(w), "image", "registry:5000/invoice-ocr-ocr")),
    (pods.images_are_named_with_their_version, lambda w: put(main(w), "image", "invoice-ocr-ocr:latest")),
    (pods.images_are_named_with_their_version, lambda w: put(main(w), "image", "invoice-ocr-extract:0.1.0")),
    (network.ports_agree, lambda w: put(main(w), "ports", 0, "containerPort", 9465)),
    (network.ports_agree, lambda w: configured(w, "0.0.0.0:8080", "0.0.0.0:8443")),
    (network.ports_agree, lambda w: put(w.named("Service", "gateway"), "spec", "ports", 0, "targetPort", "http")),
    (network.ports_agree,
     lambda w: put(deployment(w), "spec", "template", "metadata", "annotations", "prometheus.io/port", "8080")),
    (network.ports_agree, lambda w: configured(w, "tls://nats:4222", "nats://nats:4222")),
    (network.ports_agree, lambda w: configured(w, "tls://nats:4222", "tls://broker:4222")),
    (network.policies_speak_of_pods_that_are_there,
     lambda w: put(policy(w, "callers"), "podSelector", "matchLabels", {"app.kubernetes.io/name": "gatevvay"})),
    (network.policies_speak_of_pods_that_are_there,
     lambda w: put(policy(w, "broker"), "ingress", 0, "from", 0, "podSelector", "matchLabels", {"invoice-ocr/client": "yes"})),
    (network.policies_speak_of_pods_that_are_there,
     lambda w: put(policy(w, "metrics"), "ingress", 0, "ports", 0, "port", 9465)),
    (network.what_is_not_allowed_is_refused, lambda w: remove_from(w, "NetworkPolicy", "nothing")),
    (network.what_is_not_allowed_is_refused, lambda w: put(policy(w, "nothing"), "policyTypes", ["Ingress"])),
    (network.what_is_not_allowed_is_refused, lambda w: drop(policy(w, "callers"), "ingress", 0, "from")),
    (network.the_broker_is_reached_by_its_clients_alone,
     lambda w: policy(w, "broker")["ingress"][0]["from"].append({"namespaceSelector": {}})),
    (network.the_broker_is_reached_by_its_clients_alone,
     lambda w: put(policy(w, "lag"), "ingress", 0, "from", 0, "namespaceSelector", "matchLabels", {})),
    (network.the_broker_is_reached_by_its_clients_alone, lambda w: remove_from(w, "NetworkPolicy", "to-the-broker")),
    (network.the_broker_is_reached_by_its_clients_alone,
     lambda w: policy(w, "to-the-broker")["egress"][0]["ports"].append({"protocol": "TCP", "port": 443})),
    (scaling.every_service_has_one_budget_and_each_budget_a_service, lambda w: remove_from(w, "PodDisruptionBudget", "ocr")),
    (scaling.every_service_has_one_budget_and_each_budget_a_service,
     lambda w: put(budget(w), "selector", "matchLabels", {"app.kubernetes.io/name": "ocd"})),
    (scaling.every_service_has_one_budget_and_each_budget_a_service,
     lambda w: put(budget(w), "selector", "matchLabels", {"app.kubernetes.io/part-of": "invoice-ocr"})),
    (scaling.every_service_has_one_budget_and_each_budget_a_service,
     lambda w: put(budget(w), "maxUnavailable", 0)),
    (scaling.scaled_objects_watch_consumers_that_there_are, lambda w: put(trigger(w), "stream", "INVOICE_OCRS")),
    (scaling.scaled_objects_watch_consumers_that_there_are, lambda w: put(trigger(w), "consumer", "reader")),
    (scaling.scaled_objects_watch_consumers_that_there_are,
     lambda w: trigger(w).update(stream="INVOICE_EXTRACT", consumer="extract")),
    (scaling.scaled_objects_watch_consumers_that_there_are, lambda w: put(trigger(w), "account", "$G")),
    (scaling.scaled_objects_watch_consumers_that_there_are,
     lambda w: put(trigger(w), "natsServerMonitoringEndpoint", "nats.invoice-ocr.svc.cluster.local:8222")),
    (scaling.scaled_objects_watch_consumers_that_there_are,
     lambda w: put(trigger(w), "natsServerMonitoringEndpoint", "nats-headless.invoice-ocr.svc.cluster.local:4222")),
    (scaling.scaled_objects_watch_consumers_that_there_are,
     lambda w: put(w.named("ScaledObject", "ocr"), "spec", "scaleTargetRef", "name", "reader")),
    (scaling.scaled_objects_watch_consumers_that_there_are,
     lambda w: put(w.named("ScaledObject", "ocr"), "spec", "maxReplicaCount", 1001)),
    (scaling.scaled_objects_watch_consumers_that_there_are, lambda w: remove_from(w, "ScaledObject", "extract")),
    (scaling.autoscalers_alone_say_how_many, lambda w: put(deployment(w, "gateway"), "spec", "replicas", 2)),
    (scaling.autoscalers_alone_say_how_many, lambda w: put(w.named("ScaledObject", "ocr"), "spec", "minReplicaCount", 9)),
    (scaling.autoscalers_alone_say_how_many,
     lambda w: put(w.named("HorizontalPodAutoscaler", "gateway"), "spec", "minReplicas", 1)),
    (references.secrets_are_named_and_not_in_here,
     lambda w: w.documents.append({"kind": "Secret", "metadata": {"name": "s", "namespace": "invoice-ocr"}})),
    (references.secrets_are_named_and_not_in_here,
     lambda w: pod(deployment(w))["volumes"].append({"name": "more", "secret": {"secretName": "never-heard-of"}})),
    (references.nobody_has_the_key_of_another,
     lambda w: put(pod(deployment(w)), "volumes", volumes(w, "ocr")[:1] + volumes(w, "extract")[1:])),
    (references.nobody_has_the_key_of_another,
     lambda w: [v["projected"].update(defaultMode=0o444) for v in volumes(w, "ocr") if "projected" in v]),
    (references.what_is_named_is_there, lambda w: remove_from(w, "ServiceAccount", "ocr")),
    (references.what_is_named_is_there, lambda w: put(w.named("ServiceAccount", "ocr"), "automountServiceAccountToken", True)),
    (references.what_is_named_is_there,
     lambda w: [v["configMap"].update(name="other") for v in volumes(w, "ocr") if "configMap" in v]),
    (references.what_is_named_is_there, lambda w: put(main(w), "volumeMounts", 0, "name", "other")),
    (references.what_is_named_is_there, lambda w: drop(main(w), "volumeMounts", 0, "readOnly")),
    (references.what_is_named_is_there, lambda w: drop(deployment(w), "metadata", "namespace")),
    (references.the_configuration_has_known_keys_and_mounted_files, lambda w: configured(w, "tls_required", "tls_wanted")),
    (references.the_configuration_has_known_keys_and_mounted_files,
     lambda w: configured(w, "/run/secrets/broker/user.nk", "/run/secrets/user.nk")),
    (references.the_configuration_has_known_keys_and_mounted_files,
     lambda w: configured(w, 'mode = "required"', 'mode = "none"')),
    (references.the_configuration_has_known_keys_and_mounted_files,
     lambda w: put(main(w), "volumeMounts", 1, "mountPath", "/etc/invoice")),
    (broker.the_brokers_disk_holds_all_streams, lambda w: put(w.values, "config", "jetstream", "fileStore", "maxSize", "19Gi")),
    (broker.the_brokers_disk_holds_all_streams,
     lambda w: put(w.values, "config", "jetstream", "fileStore", "pvc", "size", "20Gi")),
    (broker.the_brokers_disk_holds_all_streams,
     lambda w: configured(w, "[service]", "[retention]\nuploads_max_bytes = 21474836480\n[service]")),
    (broker.copies_and_brokers_agree, lambda w: put(w.values, "config", "cluster", "enabled", False)),
    (broker.copies_and_brokers_agree,
     lambda w: put(containers(w.named("Job", "topology"))[0], "env", 0, "value", "1")),
    (broker.the_broker_is_configured_as_everywhere_else,
     lambda w: put(w.values, "config", "merge", "max_payload", "<< 1MB >>")),
    (broker.the_broker_is_configured_as_everywhere_else, lambda w: drop(w.values, "config", "merge", "ping_interval")),
    (broker.the_broker_is_configured_as_everywhere_else,
     lambda w: drop(w.values, "config", "jetstream", "merge", "sync_interval")),
    (broker.the_broker_is_configured_as_everywhere_else, lambda w: put(w.values, "container", "image", "tag", "2.12.0-alpine")),
    (broker.the_broker_is_configured_as_everywhere_else,
     lambda w: put(w.values, "config", "jetstream", "memoryStore", "maxSize", "1Gi")),
    (broker.strangers_are_refused_by_the_broker, lambda w: drop(w.values, "config", "merge", "$include")),
    (broker.strangers_are_refused_by_the_broker, lambda w: drop(w.values, "config", "nats", "tls", "merge", "verify")),
    (broker.strangers_are_refused_by_the_broker, lambda w: put(w.values, "config", "cluster", "tls", "enabled", False)),
    (broker.strangers_are_refused_by_the_broker, lambda w: put(w.values, "natsBox", "enabled", True)),
    (broker.the_brokers_container_is_confined, lambda w: drop(w.values, "reloader", "merge", "securityContext")),
    (broker.the_brokers_container_is_confined, lambda w: put(w.values, "container", "merge", "volumeMounts", [])),
    (broker.the_brokers_container_is_confined, lambda w: put(w.values, "container", "env", "GOMEMLIMIT", "4096MiB")),
)

# What a schema has to notice.
SCHEMAS = (
    lambda w: put(deployment(w), "spec", "replica", 2),
    lambda w: put(deployment(w), "spec", "template", "spec", "terminationGracePeriodSeconds", "long"),
    lambda w: put(main(w), "livenessProbe", "httpget", {"path": "/health"}),
    lambda w: put(deployment(w), "apiVersion", "apps/v2"),
    lambda w: drop(deployment(w), "spec", "selector"),
    lambda w: put(policy(w, "callers"), "ingress", 0, "form", []),
    lambda w: put(w.named("ScaledObject", "ocr"), "spec", "minReplicas", 2),
    lambda w: put(trigger(w), "lagThreshold", 40),
    lambda w: drop(trigger(w), "consumer"),
    lambda w: put(w.named("ScaledObject", "ocr"), "spec", "triggers", []),
)

# What two sets of stages in one namespace would take from each other.
BESIDE = (
    lambda w: put(deployment(w, "ocr-green"), "metadata", "name", "ocr"),
    lambda w: labels(deployment(w, "ocr-green")).update({"app.kubernetes.io/instance": "blue"}),
)
