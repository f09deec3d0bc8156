"""All rules. Each takes a World, yields what breaks it, and is named as the fact that it makes sure of."""

import broker
import network
import pods
import references
import scaling

RULES = (
    pods.no_pod_can_do_more_than_its_work,
    pods.every_container_says_what_it_needs_and_may_use,
    pods.memory_and_cpu_follow_from_the_configuration,
    pods.every_service_is_asked_for_its_health,
    pods.a_pod_has_time_to_stop,
    pods.an_update_never_leaves_fewer_pods,
    pods.images_are_named_with_their_version,
    network.ports_agree,
    network.policies_speak_of_pods_that_are_there,
    network.what_is_not_allowed_is_refused,
    network.the_broker_is_reached_by_its_clients_alone,
    scaling.every_service_has_one_budget_and_each_budget_a_service,
    scaling.scaled_objects_watch_consumers_that_there_are,
    scaling.autoscalers_alone_say_how_many,
    references.secrets_are_named_and_not_in_here,
    references.nobody_has_the_key_of_another,
    references.what_is_named_is_there,
    references.the_configuration_has_known_keys_and_mounted_files,
    broker.the_brokers_disk_holds_all_streams,
    broker.copies_and_brokers_agree,
    broker.the_broker_is_configured_as_everywhere_else,
    broker.strangers_are_refused_by_the_broker,
    broker.the_brokers_container_is_confined,
)


def beside_each_other(one, other):
    """What two sets of manifests that live in one namespace would take from each other."""
    names = {(document["kind"], document["metadata"]["name"]) for document in one.documents}
    for document in other.documents:
        if (document["kind"], document["metadata"]["name"]) in names:
            yield f"{document['kind']} {document['metadata']['name']} is in {one.overlay} and in {other.overlay}"
    for budget in one.of("PodDisruptionBudget"):
        for workload in other.of("Deployment"):
            if scaling.selects(budget["spec"]["selector"], scaling.labels(workload)):
                yield f"PodDisruptionBudget {budget['metadata']['name']} of {one.overlay} selects pods of {other.overlay}"
    for service in one.of("Deployment"):
        for workload in other.of("Deployment"):
            if scaling.selects(service["spec"]["selector"], scaling.labels(workload)):
                yield f"Deployment {service['metadata']['name']} of {one.overlay} selects pods of {other.overlay}"
