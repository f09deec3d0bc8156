"""The pipeline as queues: gateway → preprocess → ocr → extract, with a broker that all of them wait for.

An event simulation. A document comes, takes one of the gateway's slots, and waits in the queue of each stage for a worker.
A worker works, then asks the broker to store what it made, and is free when that is done and the next queue has room.
The broker does one thing after the other. Clients do not come again: a refused upload is counted, and stays with its client.
"""

import dataclasses
import heapq
import math
from array import array
from collections import deque
from typing import Callable

STAGES = ("preprocess", "ocr", "extract")
ARRIVAL, UPLOADED, ACCEPTED, WORKED, DONE, RATE, SCALE, WORKERS = range(8)
# Means above this are drawn from a normal distribution: the difference is below a percent.
POISSON_EXACT = 50


@dataclasses.dataclass
class Job:
    """A document on its way. Seconds of work and of the broker by service, the gateway first."""

    work_s: tuple
    broker_s: tuple
    work_bytes: float = 0
    kind: int = 0
    pages: int = 1
    arrived: float = 0
    queued: float = 0


@dataclasses.dataclass
class Setup:
    """What is simulated. Infinity is no limit."""

    # Makes a document, out of a random.Random.
    draw: Callable
    # (seconds from the start, documents a second from then on), in order.
    rates: list
    # Documents that come from `begin` on and before `end` are counted.
    begin: float
    end: float
    # Of each stage at the start; an autoscaler for each or None.
    workers: tuple
    scalers: tuple = (None, None, None)
    poll_s: float = 15
    upload_slots: float = math.inf
    queue_jobs: float = math.inf
    leased_jobs: float = math.inf
    # Bytes of work in progress from which on preprocess takes nothing.
    work_bytes: float = math.inf


class Result:
    """What came of it, between `begin` and `end`."""

    def __init__(self):
        # Of counted documents: seconds from arrival to end.
        self.seconds = array("d")
        self.offered = self.refused = self.accepted = self.completed = self.pages = 0
        # By stage: working and hired worker seconds, seconds of waiting for a worker and how many waited, longest queue.
        self.working, self.hired = [0.0] * 3, [0.0] * 3
        self.waited, self.starts, self.longest = [0.0] * 3, [0] * 3, [0] * 3
        self.broker_busy = self.broker_waited = 0.0
        self.broker_asked = 0
        # Document seconds in the system, seconds in which preprocess was kept from taking jobs by full work in progress.
        self.inside = self.gated = 0.0
        self.duration = 0.0

    def percentile(self, share):
        """The smallest value that at least `share` % of all are not above, s."""
        ordered = sorted(self.seconds)
        return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)] if ordered else math.nan


class Simulation:
    def __init__(self, setup, random):
        self.setup, self.random, self.result = setup, random, Result()
        self.events, self.order, self.now = [], 0, 0.0
        self.rate, self.closed_since, self.coming = 0.0, None, 0
        self.slots_busy, self.broker_free = 0, 0.0
        self.queues = [deque() for _ in STAGES]
        # Waiting or leased: a work queue keeps a job until it is acknowledged.
        self.level, self.busy, self.workers = [0] * 3, [0] * 3, list(setup.workers)
        # Jobs that are done and find no room in the next queue: they keep their worker.
        self.held = [deque() for _ in STAGES]
        self.in_progress, self.inside, self.unfinished = 0.0, 0, 0
        self.seen, self.hired_since = 0.0, [0.0] * 3

    def run(self):
        setup, result = self.setup, self.result
        for time, rate in setup.rates:
            self.at(time, RATE, rate)
        if any(setup.scalers):
            self.at(setup.poll_s, SCALE)
        while self.events and (self.now < setup.end or self.unfinished):
            time, _, what, value, job = heapq.heappop(self.events)
            self.pass_time(time)
            if what == ARRIVAL:
                self.arrival(value)
            elif what == UPLOADED:
                self.at(self.broker(job.broker_s[0]), ACCEPTED, None, job)
            elif what == ACCEPTED:
                self.accept(job)
            elif what == WORKED:
                self.busy_working(value, job)
                self.at(self.broker(job.broker_s[value + 1]), DONE, value, job)
            elif what == DONE:
                self.done(value, job)
            elif what == RATE:
                self.change_rate(value)
            elif what == SCALE:
                self.scale()
            else:
                stage, count = value
                self.hire(stage, count)
                self.dispatch(stage)
        for stage in range(3):
            self.hire(stage, self.workers[stage])
        result.duration = min(self.now, setup.end) - setup.begin
        return result

    def at(self, time, what, value=None, job=None):
        self.order += 1
        heapq.heappush(self.events, (time, self.order, what, value, job))

    def counts(self):
        return self.setup.begin <= self.now < self.setup.end

    def pass_time(self, time):
        """Adds up what lasts, within the window."""
        begin, end = max(self.seen, self.setup.begin), min(time, self.setup.end)
        if end > begin:
            passed, result = end - begin, self.result
            result.inside += self.inside * passed
            if self.queues[0] and self.in_progress >= self.setup.work_bytes:
                result.gated += passed
        self.seen = self.now = time

    def hire(self, stage, count):
        """So many workers from now on; what those until now did not cost yet is added up."""
        begin, end = max(self.hired_since[stage], self.setup.begin), min(self.now, self.setup.end)
        self.result.hired[stage] += self.workers[stage] * max(0.0, end - begin)
        self.workers[stage], self.hired_since[stage] = count, self.now

    # Arrivals. While the door is closed they are not made one by one: how many came is drawn when it opens.

    def change_rate(self, rate):
        self.flush_refused()
        self.rate = rate
        self.next_arrival()

    def next_arrival(self):
        # An arrival that was announced before the rate changed, or the door closed, does not count any more.
        self.coming += 1
        if self.rate and self.closed_since is None:
            self.at(self.now + self.random.expovariate(self.rate), ARRIVAL, self.coming)

    def arrival(self, number):
        if number != self.coming:
            return
        if self.is_full():
            self.refuse(1)
            self.closed_since = self.now
            return
        job = self.setup.draw(self.random)
        job.arrived = self.now
        self.inside += 1
        self.slots_busy += 1
        if self.counts():
            self.result.offered += 1
            self.unfinished += 1
        self.at(self.now + job.work_s[0], UPLOADED, None, job)
        self.next_arrival()

    def is_full(self):
        setup = self.setup
        return self.slots_busy >= setup.upload_slots or self.level[0] + self.slots_busy >= setup.queue_jobs

    def flush_refused(self):
        """Counts who came while the door was closed."""
        if self.closed_since is not None:
            setup = self.setup
            begin, end = max(self.closed_since, setup.begin), min(self.now, setup.end)
            if end > begin:
                count = poisson(self.random, self.rate * (end - begin))
                self.result.offered += count
                self.result.refused += count
            self.closed_since = self.now

    def refuse(self, count):
        if self.counts():
            self.result.offered += count
            self.result.refused += count

    def open_door(self):
        if self.closed_since is not None and not self.is_full():
            self.flush_refused()
            self.closed_since = None
            self.next_arrival()

    # The broker: one thing after the other, in the order of asking.

    def broker(self, seconds):
        """When something that takes it so long is done."""
        begins = max(self.now, self.broker_free)
        self.broker_free = begins + seconds
        if seconds and self.counts():
            result = self.result
            result.broker_waited += begins - self.now
            result.broker_asked += 1
            result.broker_busy += max(0.0, min(self.broker_free, self.setup.end) - begins)
        return self.broker_free

    def accept(self, job):
        self.slots_busy -= 1
        if self.setup.begin <= job.arrived < self.setup.end:
            self.result.accepted += 1
        self.enter(0, job)
        self.open_door()

    # Stages.

    def enter(self, stage, job):
        self.level[stage] += 1
        job.queued = self.now
        self.queues[stage].append(job)
        self.dispatch(stage)
        if self.counts():
            self.result.longest[stage] = max(self.result.longest[stage], len(self.queues[stage]))

    def dispatch(self, stage):
        queue, setup = self.queues[stage], self.setup
        most = min(self.workers[stage], setup.leased_jobs)
        while queue and self.busy[stage] < most:
            if stage == 0 and self.in_progress >= setup.work_bytes:
                return
            job = queue.popleft()
            if self.counts():
                self.result.waited[stage] += self.now - job.queued
                self.result.starts[stage] += 1
            self.busy[stage] += 1
            if stage == 0:
                self.in_progress += job.work_bytes
            self.at(self.now + job.work_s[stage + 1], WORKED, stage, job)

    def busy_working(self, stage, job):
        """Its work, without what it waited for the broker or for room."""
        worked_s = job.work_s[stage + 1]
        begin, end = max(self.now - worked_s, self.setup.begin), min(self.now, self.setup.end)
        self.result.working[stage] += max(0.0, end - begin)

    def done(self, stage, job):
        if stage < 2 and self.level[stage + 1] >= self.setup.queue_jobs:
            self.held[stage].append(job)
        else:
            self.hand_on(stage, job)

    def hand_on(self, stage, job):
        self.level[stage] -= 1
        self.busy[stage] -= 1
        if stage < 2:
            self.enter(stage + 1, job)
        else:
            self.end(job)
        if stage and self.held[stage - 1]:
            self.hand_on(stage - 1, self.held[stage - 1].popleft())
        self.dispatch(stage)
        if stage == 0:
            self.open_door()

    def end(self, job):
        self.inside -= 1
        self.in_progress -= job.work_bytes
        self.dispatch(0)
        if self.setup.begin <= job.arrived < self.setup.end:
            self.unfinished -= 1
            self.result.seconds.append(self.now - job.arrived)
        if self.counts():
            self.result.completed += 1
            self.result.pages += job.pages

    def scale(self):
        for stage, scaler in enumerate(self.setup.scalers):
            if scaler:
                for delay, count in scaler.look(self.now, self.level[stage]):
                    self.at(self.now + delay, WORKERS, (stage, count))
        self.at(self.now + self.setup.poll_s, SCALE)


def poisson(random, mean):
    if mean > POISSON_EXACT:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    count, product, floor = 0, random.random(), math.exp(-mean)
    while product > floor:
        count += 1
        product *= random.random()
    return count
