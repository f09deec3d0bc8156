"""What one document costs: CPU seconds of each service, messages and bytes at the broker."""

import contextlib
import os

from capacity.pipeline import SERVICES, STAGES
from processes import Sampler

# Documents before the count begins: workers start, networks are loaded.
WARM_UP = 4
# Seconds between two looks: asking costs the broker CPU time too, and that is counted here.
LOOK_SECONDS = 1


def everything_by(name):
    """All processes of a tree, workers too, are the service's."""
    return lambda arguments: name


class Cost:
    """For each document of a kind."""

    def __init__(self, cpu_seconds, messages, received_bytes, written_bytes, stored_bytes):
        # By service, and "broker".
        self.cpu_seconds = cpu_seconds
        # Stored, by stream.
        self.messages = messages
        # What the broker received, what it wrote to its disk, and what it keeps, by stream.
        self.received_bytes, self.written_bytes, self.stored_bytes = received_bytes, written_bytes, stored_bytes


def measure(pipeline, files, count):
    """Sends `count` documents through four services, and gives their Cost."""
    broker = pipeline.broker
    with contextlib.ExitStack() as running:
        samplers = {"broker": running.enter_context(Sampler([broker.process.pid], everything_by("broker")))}
        for name in SERVICES:
            process = running.enter_context(pipeline.service(name, os.cpu_count()))
            samplers[name] = running.enter_context(Sampler([process.pid], everything_by(name)))
        through(pipeline, files, WARM_UP)
        before = Counters(broker, samplers)
        through(pipeline, files, count)
        after = Counters(broker, samplers)
    return after.since(before, count)


def through(pipeline, files, count):
    def all_ended(left):
        return left == 0 and stored(pipeline.broker, "INVOICE_EVENTS") >= ended + count

    ended = stored(pipeline.broker, "INVOICE_EVENTS")
    pipeline.upload(files, count)
    pipeline.watch(STAGES, all_ended, LOOK_SECONDS)


def stored(broker, stream):
    return broker.streams()[stream]["state"]["last_seq"]


class Counters:
    """All that grows, at one moment."""

    def __init__(self, broker, samplers):
        self.cpu = {name: sampler.cpu_seconds()[name] for name, sampler in samplers.items()}
        streams = broker.streams()
        self.sequences = {name: stream["state"]["last_seq"] for name, stream in streams.items()}
        self.kept = {name: stream["state"]["bytes"] for name, stream in streams.items()}
        self.received = broker.ask("varz")["in_bytes"]
        self.written = broker.written_bytes()

    def since(self, before, count):
        def each(now, then):
            return {name: (now[name] - then.get(name, 0)) / count for name in now if now[name] != then.get(name, 0)}

        return Cost(
            each(self.cpu, before.cpu),
            each(self.sequences, before.sequences),
            (self.received - before.received) / count,
            (self.written - before.written) / count,
            each(self.kept, before.kept),
        )
