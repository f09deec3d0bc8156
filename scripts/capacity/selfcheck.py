"""The simulation held against queueing theory: each figure, and that a wrong formula would be noticed."""

import math
import random

from capacity import theory
from capacity.autoscaler import Scaler
from capacity.simulation import Job, Result, Setup, Simulation

# Documents that are counted in each comparison.
DOCUMENTS = 100_000
# Shares by which simulation and formula may differ. Means of waiting times scatter widely at high load; a worker more or a
# tenth of the time more changes all of these by more than that, which is checked.
TOLERANCE = 0.05
NO_WORK = (0.0, 0.0, 0.0, 0.0)


def exponential(stage, mean_s):
    return lambda rng: Job(placed(stage, rng.expovariate(1 / mean_s)), NO_WORK)


def constant(stage, seconds):
    return lambda rng: Job(placed(stage, seconds), NO_WORK)


def log_normal(stage, mean_s, spread):
    variance = math.log(1 + spread**2)
    return lambda rng: Job(
        placed(stage, rng.lognormvariate(math.log(mean_s) - variance / 2, math.sqrt(variance))), NO_WORK
    )


def placed(stage, seconds):
    return tuple(seconds if place == stage else 0.0 for place in range(4))


def run(draw, rate, seed=1, documents=DOCUMENTS, **options):
    warm_up = documents / rate / 10
    workers = options.pop("workers", (10**6,) * 3)
    setup = Setup(draw, [(0, rate)], warm_up, warm_up + documents / rate, workers, **options)
    return Simulation(setup, random.Random(seed)).run()


def broker_only(seconds):
    return lambda rng: Job(NO_WORK, (seconds, 0.0, 0.0, 0.0))


def comparisons():
    """(name, simulated, formula, the formula for something else) of each."""
    many = 10**6
    for servers, load in ((1, 0.7), (4, 0.8), (20, 0.8)):
        rate = load * servers
        result = run(exponential(2, 1.0), rate, workers=(many, servers, many))
        wrong = theory.wait_mmc(rate, 1.0, servers + 1)
        yield f"M/M/{servers} at {load:.0%}: wait", mean_wait(result, 1), theory.wait_mmc(rate, 1.0, servers), wrong
        yield (
            f"M/M/{servers} at {load:.0%}: busy",
            result.working[1] / result.hired[1],
            load,
            load * servers / (servers + 1),
        )
    result = run(constant(1, 1.0), 0.8, workers=(1, many, many))
    yield "M/D/1 at 80%: wait", mean_wait(result, 0), theory.wait_md1(0.8, 1.0), theory.wait_mmc(0.8, 1.0, 1)
    result = run(log_normal(1, 1.0, 0.5), 0.8, workers=(1, many, many))
    yield (
        "M/G/1 at 80%, spread 0.5: wait",
        mean_wait(result, 0),
        theory.wait_mg1(0.8, 1.0, 0.5),
        theory.wait_md1(0.8, 1.0),
    )
    result = run(broker_only(1.0), 0.8)
    yield (
        "broker, M/D/1 at 80%: wait",
        result.broker_waited / result.broker_asked,
        theory.wait_md1(0.8, 1.0),
        theory.wait_md1(0.7, 1.0),
    )
    result = run(exponential(0, 1.0), 14.0, upload_slots=16)
    yield (
        "16 upload slots, Erlang B: refused",
        result.refused / result.offered,
        theory.erlang_b(14, 16),
        theory.erlang_b(14, 17),
    )
    result = run(exponential(1, 1.0), 0.9, workers=(1, many, many), queue_jobs=8)
    yield (
        "M/M/1/8: refused",
        result.refused / result.offered,
        theory.refused_mm1k(0.9, 1.0, 8),
        theory.refused_mm1k(0.9, 1.0, 9),
    )
    result = run(exponential(1, 1.0), 20.0, documents=DOCUMENTS, workers=(1, many, many), queue_jobs=8)
    yield (
        "M/M/1/8 at 20 times its load: refused",
        result.refused / result.offered,
        theory.refused_mm1k(20.0, 1.0, 8),
        0.85,
    )

    # Two stages: what leaves M/M/1 is Poisson again (Burke), so the second is M/M/3 by itself.
    def both(rng):
        return Job((0.0, rng.expovariate(1 / 0.3), rng.expovariate(1.0), 0.0), NO_WORK)

    result = run(both, 2.4, workers=(1, 3, many))
    yield (
        "tandem, second stage M/M/3: wait",
        mean_wait(result, 1),
        theory.wait_mmc(2.4, 1.0, 3),
        theory.wait_mmc(2.4, 1.0, 4),
    )
    inside, rate = result.inside / result.duration, result.accepted / result.duration
    time = sum(result.seconds) / len(result.seconds)
    yield "Little's law, two stages: documents inside", inside, rate * time, rate * time * 0.9
    # A small second queue holds the first stage: nothing is lost, and no faster than the second stage.
    result = run(both, 5.0, documents=40_000, workers=(2, 3, many), queue_jobs=20)
    yield "second queue of 20: documents a second", result.completed / result.duration, 3.0, 5.0
    yield "second queue of 20: accepted are completed", len(result.seconds), result.accepted, result.offered


def mean_wait(result, stage):
    return result.waited[stage] / result.starts[stage]


def agree(simulated, formula):
    return abs(simulated - formula) <= TOLERANCE * abs(formula)


def scaler_checks():
    """(what, holds) of the autoscaler."""
    scaler = Scaler("ocr", 2, 2, 8)
    yield "no lag asks for no more than the least", scaler.look(0, 0) == []
    yield "lag of 400 doubles, or four more", scaler.look(15, 400) == [(12, 12)] and scaler.pods == 6
    yield (
        "no more than the most",
        [scaler.look(30, 4000), scaler.look(45, 4000)] == [[(12, 16)], []] and scaler.pods == 8,
    )
    yield "none goes before five quiet minutes", all(not scaler.look(45 + 15 * step, 0) for step in range(1, 20))
    yield "then one goes", scaler.look(345, 0) == [(0, 14)]
    yield "and the next a minute later", scaler.look(360, 0) == [] and scaler.look(405, 0) == [(0, 12)]


def check():
    """Prints all comparisons and gives the number of those that failed."""
    failed = 0
    print(f"{'':<46}{'simulated':>12}{'formula':>12}{'else':>12}")
    for name, simulated, formula, wrong in comparisons():
        good = agree(simulated, formula) and not agree(simulated, wrong)
        failed += not good
        print(f"{name:<46}{simulated:>12.4f}{formula:>12.4f}{wrong:>12.4f}  {'ok' if good else 'FAILED'}", flush=True)
    for what, holds in scaler_checks():
        failed += not holds
        print(f"autoscaler: {what}: {'ok' if holds else 'FAILED'}")
    first, again = (run(exponential(2, 1.0), 3.0, documents=2_000, workers=(1, 4, 1)) for _ in range(2))
    same = first.seconds == again.seconds and isinstance(first, Result)
    failed += not same
    print(f"the same seed gives the same run: {'ok' if same else 'FAILED'}")
    print("all hold" if not failed else f"{failed} FAILED")
    return failed
