"""Everything that scripts/simulate takes for given: measured here, read from the configuration, or assumed.

"Measured" figures are of two AMD EPYC cores of a virtual machine. Replace them by yours: `scripts/scaling` and
`scripts/broker-limits` print them. What is read from nats/ and config.default.toml is read when the simulation runs, so it
cannot differ from what is deployed.
"""

import dataclasses
import json
import pathlib
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KB, MB, GIB = 1e3, 1e6, 2**30


@dataclasses.dataclass(frozen=True)
class Document:
    """A kind of document; times in seconds of one core, and sizes, for one page."""

    name: str
    # Of all documents. Assumed: ask your own archive.
    share: float
    # Measured by `scripts/scaling --only cost`, by service, and so are messages and bytes.
    gateway_s: float
    preprocess_s: float
    ocr_s: float
    extract_s: float
    # Of nats-server, for all that it is asked.
    broker_cpu_s: float
    upload_bytes: int
    work_bytes: int
    # How much of that preprocess writes; the rest is written by ocr.
    made_by_preprocess: float
    # Of its status record with the result, and of its event.
    result_bytes: int
    # Messages that the broker stores for it in each service; each is on disk before it is acknowledged.
    messages: tuple
    # And how many more for each further page: objects, a chunk and metadata at least. By their sizes, not measured.
    more_messages: tuple

    def seconds(self, stage):
        return getattr(self, f"{stage}_s")


# 100 and 20 documents of samples/: 17.9 and 22.4 messages stored. By service: gateway chunk, metadata, status, audit record,
# job; preprocess claim, objects, job, advance; ocr the same, where the next stage is mostly faster with its claim than this
# one with its advance, which is then not written; extract claim, result, event. A scan's raster is four chunks.
DIGITAL = Document(
    name="digital PDF",
    share=0.6,
    gateway_s=0.0015,
    preprocess_s=0.0119,
    ocr_s=0.0023,
    extract_s=0.0055,
    broker_cpu_s=0.0138,
    upload_bytes=46_000,
    work_bytes=37_100,
    made_by_preprocess=0.5,
    result_bytes=10_300,
    messages=(5, 6, 4, 3),
    more_messages=(0, 2, 2, 0),
)
SCAN = Document(
    name="scanned page",
    share=0.4,
    gateway_s=0.0030,
    preprocess_s=0.0640,
    ocr_s=0.7145,
    extract_s=0.0050,
    broker_cpu_s=0.0360,
    upload_bytes=278_900,
    work_bytes=1_663_500,
    made_by_preprocess=0.98,
    result_bytes=11_000,
    messages=(5, 10, 4, 3),
    more_messages=(0, 5, 2, 0),
)
DOCUMENTS = (DIGITAL, SCAN)

# CPU times were taken beside compilers. In an earlier run `scripts/bench` read 120.7 scans a minute on two cores, 0.994 s of a
# core each with the load driver and all, and 1550 digital documents, 0.077 s; the sums above are 0.823 s and 0.035 s of
# documents that are smaller than its sample's. So what is simulated is rather fast: take a fifth off for scans like those.

# Pages of a document, and how many documents have so many. Assumed: an invoice has one or two.
PAGES = ((1, 0.7), (2, 0.2), (4, 0.1))
# Standard deviation of one page's time in a stage, in means. Assumed, nothing here has measured it; log-normal, so that
# a few pages take long.
SPREAD = 0.5

# What one broker takes with `sync_interval: always`, from `scripts/broker-limits` (docs/scaling.md has its table): bytes of
# chunks a second with eight writers; and messages a second, of all streams together, such that digital documents come out
# as many as it took (88.6 a second; 21.1 by three). Scans then do for one broker (35.7 for 36.9 measured), for three on one
# disk they are too many (8.5 for 3.3, on a machine that was busier by then). Taking and acknowledging a job counts as
# a message: it is removed from its stream's file.
BROKERS = {
    1: {"messages": 2_000.0, "bytes": 127 * MB, "acknowledgement": 1.0},
    3: {"messages": 480.0, "bytes": 30 * MB, "acknowledgement": 1.0},
}
# CPUs of a broker, at least: assumed for costs, so that one that does little answers at once.
BROKER_CPUS = 2
# A broker that is busier than this is the next bottleneck: waiting times double at half.
BROKER_BUSY = 0.7

# Fixed fleet: workers of the other stages for each of ocr, so that these are 70 % busy when ocr is full.
OTHERS_BUSY = 0.7
# Steady load, in shares of what the workers of ocr can do.
STEADY = 0.7
# Month-end: so many times the ordinary rate.
BURST = 20

# Autoscaling as deploy/kubernetes has it (KEDA with a HorizontalPodAutoscaler): jobs that wait or are worked on for each
# pod, by stage, asked every 15 s; a pod more is of use so many seconds later, when its node is there already; up by the
# larger of double and four more a period (Kubernetes' default); down by one a minute after five minutes without need.
WORKERS_A_POD = 2
LAG_A_POD = {"preprocess": 600, "ocr": 40, "extract": 780}
POLL_S, POD_START_S = 15, 12
MOST_UP_FACTOR, MOST_UP_PODS = 2, 4
DOWN_AFTER_S, DOWN_EVERY_S = 300, 60
LEAST_PODS = 2

# Costs, assumed and no offer of anybody: a virtual CPU with 4 GB of memory for an hour, on demand; a GB of block
# storage for a month.
VCPU_HOUR, GB_MONTH, CURRENCY = 0.05, 0.10, "EUR"
GATEWAY_CPUS = 0.5


def stream(name):
    return json.loads((ROOT / "nats" / "streams" / f"{name}.json").read_text())


def consumer(stage):
    return json.loads((ROOT / "nats" / "consumers" / f"INVOICE_{stage.upper()}.{stage}.json").read_text())


def configuration():
    return tomllib.loads((ROOT / "config.default.toml").read_text())


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the configuration bounds."""

    queue_jobs: int
    leased_jobs: int
    waiting_pulls: int
    work_bytes: int
    upload_slots: int

    @classmethod
    def configured(cls):
        settings = configuration()
        return cls(
            stream("INVOICE_PREPROCESS")["max_msgs"],
            consumer("ocr")["max_ack_pending"],
            consumer("ocr")["max_waiting"],
            settings["retention"]["work_max_bytes"],
            settings["gateway"]["max_concurrent_uploads"],
        )


# Shares of the store of work in progress: preprocess takes nothing from here on (crates/common/src/jetstream/room.rs).
WORK_TAKES_BELOW = 0.8
