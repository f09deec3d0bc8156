"""What the configuration bounds besides time, and how far each size is from it: no simulation, a division each."""

import math
import re

from capacity import assumptions as given
from capacity import fleet
from capacity.simulation import STAGES

DAY_S = 86_400


def rows(sizes, broker):
    """(what, its bound, [share of it, or how long it lasts, at each size]) for steady load, as texts."""
    fleets = [fleet.Fleet(size, broker) for size in sizes]
    rates = [given.STEADY * each.capacity for each in fleets]
    limits = given.Limits.configured()
    connections = int(re.search(r"^max_connections: (\d+)", (given.ROOT / "nats" / "server.conf").read_text(), re.M)[1])

    def pods(each, stage):
        return math.ceil(each.workers[STAGES.index(stage)] / given.WORKERS_A_POD)

    def against(bound, used):
        return [f"{100 * value / bound:.0f} %" for value in used]

    yield (
        "connections to a broker",
        f"{connections:,}",
        against(connections, [each.gateways + sum(pods(each, stage) for stage in STAGES) for each in fleets]),
    )
    cores = [rate * fleet.mean(lambda kind, pages: kind.broker_cpu_s * pages) for rate in rates]
    yield "cores that the broker needs", "its machine's", [f"{value:.1f}" for value in cores]
    yield (
        "pulls that wait, of one stage",
        f"{limits.waiting_pulls:,}",
        against(limits.waiting_pulls, [pods(each, "ocr") for each in fleets]),
    )
    yield (
        "jobs leased, of one stage",
        f"{limits.leased_jobs:,}",
        against(limits.leased_jobs, [each.ocr for each in fleets]),
    )
    yield (
        "first queue: load that it holds",
        f"{limits.queue_jobs:,} jobs",
        [duration(limits.queue_jobs / rate) for rate in rates],
    )
    in_progress = limits.work_bytes * given.WORK_TAKES_BELOW / fleet.mean(lambda kind, pages: kind.work_bytes * pages)
    yield (
        "work in progress: load that it holds",
        f"{in_progress:,.0f} documents",
        [duration(in_progress / rate) for rate in rates],
    )
    settings = given.configuration()["retention"]
    stores = (
        (
            "originals",
            settings["uploads_max_bytes"],
            settings["uploads_hours"] / 24,
            lambda kind, pages: kind.upload_bytes * pages,
        ),
        (
            "statuses",
            0.8 * given.stream("KV_invoice_status")["max_bytes"],
            settings["status_hours"] / 24,
            lambda kind, pages: kind.result_bytes,
        ),
        ("events", given.stream("INVOICE_EVENTS")["max_bytes"], 7, lambda kind, pages: kind.result_bytes),
    )
    for name, room, days, size in stores:
        each = fleet.mean(size)
        a_day = room / each / days
        yield (
            f"{name}, {days:.0f} days in {room / given.GIB:.1f} GiB: share of a day",
            f"{a_day:,.0f} documents a day",
            [duration(a_day / rate) for rate in rates],
        )
        yield f"{name}: room wanted for {days:.0f} such days", "", [sized(rate * each * days * DAY_S) for rate in rates]


def duration(seconds):
    for unit, length, most in (("s", 1, 120), ("min", 60, 120), ("h", 3600, 48)):
        if seconds < most * length:
            return f"{seconds / length:.{1 if seconds < 10 * length else 0}f} {unit}"
    return f"{seconds / DAY_S:.0f} days"


def sized(value):
    return f"{value / 1e9:,.0f} GB" if value < 1e12 else f"{value / 1e12:,.1f} TB"
