"""Who works, at a number of ocr workers: the other stages in proportion, brokers, and what they are given to do."""

import bisect
import dataclasses
import itertools
import math

from capacity import assumptions as given
from capacity.autoscaler import Scaler
from capacity.simulation import STAGES, Job, Setup

PAGES_A_DOCUMENT = sum(pages * share for pages, share in given.PAGES)
VARIANCE = math.log(1 + given.SPREAD**2)
SIGMA = math.sqrt(VARIANCE)


@dataclasses.dataclass(frozen=True)
class Broker:
    """What one broker, or one cluster, does: see given.BROKERS."""

    copies: int
    messages: float
    bytes: float
    acknowledgement: float

    def seconds(self, messages, size, acknowledged):
        """Of the broker, for so many messages with so many bytes in all, and jobs that are acknowledged."""
        return (messages + acknowledged * self.acknowledgement) / self.messages + size / self.bytes


def broker_seconds(broker, kind, pages):
    """By service, the gateway first. Objects grow with pages, other messages do not."""
    work = kind.work_bytes * pages
    sizes = (
        kind.upload_bytes * pages,
        work * kind.made_by_preprocess,
        work * (1 - kind.made_by_preprocess),
        2 * kind.result_bytes,
    )
    return tuple(
        broker.seconds(messages + more * (pages - 1), size, stage > 0)
        for stage, (messages, more, size) in enumerate(zip(kind.messages, kind.more_messages, sizes))
    )


def mean(value):
    """Of value(kind, pages) over all documents."""
    return sum(kind.share * share * value(kind, pages) for kind in given.DOCUMENTS for pages, share in given.PAGES)


def mean_seconds(stage):
    return mean(lambda kind, pages: kind.seconds(stage) * pages)


class Fleet:
    """`ocr` workers, over `cells` installations that share nothing: each has its part of everything."""

    def __init__(self, ocr, broker, cells=1):
        self.ocr, self.broker, self.cells = ocr, broker, cells
        # Documents a second that the ocr workers can do.
        self.capacity = ocr / mean_seconds("ocr")
        in_cell = max(1, round(ocr / cells))
        self.workers = tuple(in_cell if stage == "ocr" else self.others(stage, in_cell) for stage in STAGES)
        self.limits = given.Limits.configured()
        # So many uploads at once that half of the slots are enough, at what the gateway itself takes for each.
        upload_s = mean_seconds("gateway") + mean(lambda kind, pages: broker_seconds(broker, kind, pages)[0])
        self.gateways = max(1, math.ceil(self.capacity / cells * upload_s * 2 / self.limits.upload_slots))
        # Every kind with every number of pages: how many there are up to it, and what each is like.
        cases = [(kind, pages, kind.share * share) for kind in given.DOCUMENTS for pages, share in given.PAGES]
        self.chances = list(itertools.accumulate(chance for _, _, chance in cases))[:-1]
        self.table = [
            (
                [math.log(kind.seconds(stage) * pages) - VARIANCE / 2 for stage in ("gateway", *STAGES)],
                broker_seconds(broker, kind, pages),
                kind.work_bytes * pages,
                given.DOCUMENTS.index(kind),
                pages,
            )
            for kind, pages, _ in cases
        ]
        # Share of a broker's time for a document a second.
        self.broker_s = mean(lambda kind, pages: sum(broker_seconds(broker, kind, pages)))

    @staticmethod
    def others(stage, ocr):
        return max(1, math.ceil(ocr * mean_seconds(stage) / mean_seconds("ocr") / given.OTHERS_BUSY))

    def setup(self, rates, begin, end, scaled):
        limits = self.limits
        a_pod = min(given.WORKERS_A_POD, self.workers[1])
        scalers, workers = (None, None, None), self.workers
        if scaled:
            most = [math.ceil(count / a_pod) for count in self.workers]
            scalers = tuple(
                Scaler(stage, a_pod, min(given.LEAST_PODS, pods), pods) for stage, pods in zip(STAGES, most)
            )
            workers = tuple(scaler.workers for scaler in scalers)
        return Setup(
            self.draw,
            [(time, rate / self.cells) for time, rate in rates],
            begin,
            end,
            workers,
            scalers,
            given.POLL_S,
            limits.upload_slots * self.gateways,
            limits.queue_jobs,
            limits.leased_jobs,
            limits.work_bytes * given.WORK_TAKES_BELOW,
        )

    def draw(self, random):
        """One document, made quickly: there are hundreds of thousands."""
        work, broker_s, work_bytes, kind, pages = self.table[bisect.bisect(self.chances, random.random())]
        gauss, exp = random.gauss, math.exp
        return Job(tuple([exp(gauss(mu, SIGMA)) for mu in work]), broker_s, work_bytes, kind, pages)

    def broker_cpus(self, done_a_second):
        """Of one broker, for so many documents a second in its installation."""
        return max(given.BROKER_CPUS, done_a_second * mean(lambda kind, pages: kind.broker_cpu_s * pages))

    def cpus(self, hired, done_a_second):
        """Virtual CPUs of all installations, with so many workers and documents in each."""
        brokers = self.broker.copies * self.broker_cpus(done_a_second)
        return self.cells * (hired + self.gateways * given.GATEWAY_CPUS + brokers)
