"""What a run of the simulation says, as rows of Markdown."""

from capacity import assumptions as given
from capacity import fleet
from capacity.simulation import STAGES

HEAD = (
    "ocr workers",
    "load",
    "offered /s",
    "done /s",
    "p50",
    "p95",
    "p99",
    "longest queue",
    "refused",
    "busy: preprocess, ocr, extract",
    "broker",
    "next bottleneck",
    "cost",
)
HOURS_A_MONTH = 730
# Busy beyond this is the bottleneck now; below it, the busiest is the next. Where documents are refused less is enough:
# workers that wait for a broker, and a broker that waits for workers, are never busy all the time.
FULL, NEARLY_FULL = 0.95, 0.8
# Shares of uploads and of the time that count as "refused" and as "kept from taking jobs".
REFUSED, GATED = 0.01, 0.05


def line(name, each, result, prices):
    done = each.cells * result.completed / result.duration
    offered = each.cells * result.offered / result.duration
    busy = [working / hired if hired else 0 for working, hired in zip(result.working, result.hired)]
    broker = result.broker_busy / result.duration
    longest = max(range(3), key=lambda stage: result.longest[stage])
    where = f"{result.longest[longest]:,} ({STAGES[longest]})" if result.longest[longest] else "0"
    installed = f"{each.ocr:,}" if each.cells == 1 else f"{each.ocr:,} in {each.cells}"
    return (
        installed,
        name,
        number(offered),
        number(done),
        *(seconds(result.percentile(share)) for share in (50, 95, 99)),
        where,
        percent(result.refused / result.offered) if result.offered else "-",
        ", ".join(percent(share) for share in busy),
        percent(broker),
        bottleneck(each, result, busy, broker),
        cost(each, result, prices),
    )


def bottleneck(each, result, busy, broker):
    """What is busiest; in bold what keeps documents out or waiting now."""
    loads = dict(zip(STAGES, busy)) | {"broker": broker}
    name = max(loads, key=loads.get)
    said = f"{name}, at {percent(loads[name])}"
    if result.refused <= REFUSED * result.offered:
        return said if loads[name] < FULL else f"**{said}**"
    if loads[name] >= NEARLY_FULL:
        return f"**{said}**"
    if result.gated > GATED * result.duration:
        return "**work in progress**"
    return "**first queue**" if result.longest[0] >= each.limits.queue_jobs * FULL else "**upload slots**"


def cost(each, result, prices):
    """For a million pages: processors while they are hired, and what is stored for its time."""
    if not result.pages:
        return "-"
    vcpu_hour, gb_month = prices
    pages_an_hour = each.cells * result.pages / result.duration * 3600
    hired = sum(result.hired) / result.duration
    processors = each.cpus(hired, result.completed / result.duration) * vcpu_hour / pages_an_hour * 1e6
    kept_days = given.configuration()["retention"]["uploads_hours"] / 24
    kept = fleet.mean(lambda kind, pages: kind.upload_bytes * pages + 2 * kind.result_bytes) / fleet.PAGES_A_DOCUMENT
    storage = each.broker.copies * kept / 1e9 * gb_month * kept_days * 24 / HOURS_A_MONTH * 1e6
    return f"{processors:.0f} + {storage:.0f}"


def number(value):
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def percent(share):
    return f"{100 * share:.0f} %"


def seconds(value):
    if value != value:
        return "-"
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def table(rows):
    print("| " + " | ".join(HEAD) + " |")
    print("|" + "---|" * len(HEAD))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
