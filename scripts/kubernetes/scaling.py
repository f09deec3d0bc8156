"""Rules on numbers of pods: budgets and autoscaling."""

from world import BROKER_PORTS, labels, selects

# The account that `invoice-ocr topology users` puts everybody in.
ACCOUNT = "INVOICE"


def every_service_has_one_budget_and_each_budget_a_service(world):
    budgets = world.of("PodDisruptionBudget")
    for budget in budgets:
        where, spec = f"PodDisruptionBudget {budget['metadata']['name']}", budget["spec"]
        if not any(selects(spec["selector"], labels(workload)) for workload in world.workloads()):
            yield f"{where}: it selects no pod"
        if spec.get("minAvailable") or spec.get("maxUnavailable") in (None, 0):
            yield f"{where}: with one pod it would never let a node be drained"
    for workload in world.of("Deployment"):
        selecting = [budget for budget in budgets if selects(budget["spec"]["selector"], labels(workload))]
        if len(selecting) != 1:
            yield f"{workload['metadata']['name']}: {len(selecting)} budgets; with two, nothing is evicted"


def scaled_objects_watch_consumers_that_there_are(world):
    deployments = {workload["metadata"]["name"]: workload for workload in world.of("Deployment")}
    watched = []
    for scaled in world.of("ScaledObject"):
        where, spec = f"ScaledObject {scaled['metadata']['name']}", scaled["spec"]
        target = deployments.get(spec["scaleTargetRef"]["name"])
        if target is None:
            yield f"{where}: there is no Deployment {spec['scaleTargetRef']['name']}"
            continue
        stage = labels(target)["app.kubernetes.io/name"]
        for trigger in (trigger["metadata"] for trigger in spec["triggers"]):
            stream, consumer = trigger["stream"], trigger["consumer"]
            file = world.consumers.get(f"{stream}.{consumer}")
            watched.append(stage)
            if stream not in world.streams or file is None:
                yield f"{where}: nats/ has no consumer {consumer} of a stream {stream}"
            elif consumer != stage:
                yield f"{where}: it starts {stage} for what waits for {consumer}"
            elif spec["maxReplicaCount"] * world.setting(f"stages.{stage}.workers") > file["max_ack_pending"]:
                yield f"{where}: more workers than {consumer} leases jobs"
            if trigger["account"] != ACCOUNT:
                yield f"{where}: the streams are in the account {ACCOUNT}"
            host, port = trigger["natsServerMonitoringEndpoint"].split(":")
            if int(port) != BROKER_PORTS["monitor"]:
                yield f"{where}: the brokers' monitoring port is {BROKER_PORTS['monitor']}"
            if host != f"nats-headless.{scaled['metadata']['namespace']}.svc.cluster.local":
                yield f"{where}: {host} is not the brokers' headless Service in its namespace"
    if world.overlay == "production":
        for stage in world.defaults["stages"]:
            if stage not in watched:
                yield f"{stage}: nothing scales it"


def autoscalers_alone_say_how_many(world):
    scaled = [(s["spec"]["scaleTargetRef"]["name"], s["spec"]["minReplicaCount"], s["spec"]["maxReplicaCount"])
              for s in world.of("ScaledObject")]
    scaled += [(s["spec"]["scaleTargetRef"]["name"], s["spec"]["minReplicas"], s["spec"]["maxReplicas"])
               for s in world.of("HorizontalPodAutoscaler")]
    for name, least, most in scaled:
        found = [w for w in world.of("Deployment") if w["metadata"]["name"] == name]
        if not found:
            yield f"{name}: it is scaled and not there"
        elif "replicas" in found[0]["spec"]:
            yield f"{name}: applying it again would undo what its autoscaler decided"
        if not 1 <= least <= most:
            yield f"{name}: between {least} and {most} pods"
        if world.overlay == "production" and least < 2:
            yield f"{name}: its only pod may be on the node that goes"
