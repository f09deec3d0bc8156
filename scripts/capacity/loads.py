"""What is asked of a broker, as the product asks it: jobs, statuses, bytes, and all of one document together."""

import asyncio
import itertools
import json
import os
import time

import nats
from nats.js import JetStreamContext
from nats.js.errors import APIError

from service import ROOT, NotReady

STREAMS = ROOT / "nats" / "streams"
CONSUMERS = ROOT / "nats" / "consumers"
# A job message as it is: the golden one.
JOB = (ROOT / "crates" / "common" / "tests" / "golden" / "job-v1.cbor").read_bytes()
# Bytes of a status record under way, as scripts/scaling finds it.
STATUS_BYTES = 1_100
# As crates/common/src/jetstream/objects.rs cuts objects; each chunk is one message.
CHUNK_BYTES = 512 * 1024
# Seconds that an answer may take: leaders are elected within seven.
PATIENCE = 30
# nats-server's codes for "wrong last sequence".
CONFLICTS = (10071, 10164)
QUEUES = ("PREPROCESS", "OCR", "EXTRACT")


class Client:
    """One connection; requests that are answered with an error end the measurement."""

    def __init__(self, connection):
        self.connection = connection
        self.jetstream = JetStreamContext(connection, timeout=PATIENCE)

    @classmethod
    async def open(cls, urls):
        return cls(await nats.connect(servers=list(urls), max_outstanding_pings=10, allow_reconnect=False))

    async def api(self, subject, body):
        answer = json.loads(
            (await self.connection.request(f"$JS.API.{subject}", json.dumps(body).encode(), PATIENCE)).data
        )
        if "error" in answer:
            raise NotReady(f"{subject}: {answer['error']}")
        return answer

    async def topology(self, copies):
        """The streams and consumers of nats/, with so many copies."""
        for path in sorted(STREAMS.glob("*.json")):
            stream = json.loads(path.read_text())
            await self.api(f"STREAM.CREATE.{stream['name']}", stream | {"num_replicas": copies})
        for path in sorted(CONSUMERS.glob("*.json")):
            stream, consumer = path.stem.split(".")
            body = {"stream_name": stream, "config": json.loads(path.read_text())}
            await self.api(f"CONSUMER.DURABLE.CREATE.{stream}.{consumer}", body)

    async def empty(self):
        for path in STREAMS.glob("*.json"):
            # What may not be purged (the audit trail) is small.
            if not json.loads(path.read_text())["deny_purge"]:
                await self.api(f"STREAM.PURGE.{path.stem}", {})

    async def store(self, subject, body, expected=None):
        """Stores a message and gives its sequence; `expected`: the sequence that its subject has."""
        headers = None if expected is None else {"Nats-Expected-Last-Subject-Sequence": str(expected)}
        try:
            return (await self.jetstream.publish(subject, body, headers=headers)).seq
        except APIError as error:
            if error.err_code not in CONFLICTS:
                raise
            # A cluster that is late with a purge or a vote may say so; the product reads again and tries again.
            return await self.store(subject, body)

    async def job(self, queue, name):
        await self.store(f"invoice.jobs.{queue.lower()}.{name}", JOB)

    async def taker(self, queue):
        return await self.jetstream.pull_subscribe_bind(queue.lower(), f"INVOICE_{queue}")


# Each load is a coroutine of one client that does one thing again and again: it yields after each.

numbers = itertools.count()


async def jobs(client, number):
    while True:
        await client.job("PREPROCESS", next(numbers))
        yield 1


async def jobs_of_three_queues(client, number):
    while True:
        await client.job(QUEUES[number % len(QUEUES)], next(numbers))
        yield 1


async def rounds(client, number):
    subscription = await client.taker("PREPROCESS")
    while True:
        await client.job("PREPROCESS", next(numbers))
        (message,) = await subscription.fetch(1, timeout=PATIENCE)
        # Confirmed, as crates/common/src/jetstream/settle.rs does it.
        await message.ack_sync(timeout=PATIENCE)
        yield 1


async def statuses(client, number):
    body, last = os.urandom(STATUS_BYTES), 0
    key = f"$KV.invoice_status.{next(numbers)}"
    while True:
        last = await client.store(key, body, last)
        yield 1


async def chunks(client, number):
    body = os.urandom(CHUNK_BYTES)
    while True:
        await client.store(f"$O.invoice_work.C.{next(numbers)}", body)
        yield len(body)


def document(profile):
    """The load of such documents (capacity.assumptions.Document): all that the broker is asked for one, in order."""

    first = round(profile.work_bytes * profile.made_by_preprocess)

    async def load(client, number):
        original, record, result = (
            os.urandom(size) for size in (profile.upload_bytes, STATUS_BYTES, profile.result_bytes)
        )
        # What preprocess makes and what ocr makes, and in how many messages: all but claim, job and advance.
        made = os.urandom(first), os.urandom(profile.work_bytes - first)
        parts = profile.messages[1] - 3, profile.messages[2] - 2
        takers = [await client.taker(queue) for queue in QUEUES]
        while True:
            name = next(numbers)
            await stored(client, "invoice_uploads", name, original, 2)
            status = Status(client, name)
            await status.write(record)
            await client.store("invoice.audit.default.upload", record)
            await client.job("PREPROCESS", name)
            # A service's part is a quarter of a document, so that few slow ones are counted fairly.
            yield 0.25
            for stage, taker in enumerate(takers):
                (message,) = await taker.fetch(1, timeout=PATIENCE)
                await status.write(record)
                if stage < 2:
                    await stored(client, "invoice_work", f"{name}-{stage}", made[stage], parts[stage])
                    await client.job(QUEUES[stage + 1], name)
                if stage == 0:
                    await status.write(record)
                if stage == 2:
                    await status.write(result)
                    await client.store(f"invoice.extracted.default.{name}.1", result)
                await message.ack_sync(timeout=PATIENCE)
                yield 0.25

    return load


class Status:
    """The status of one document, written by compare-and-set."""

    def __init__(self, client, name):
        self.client, self.key, self.last = client, f"$KV.invoice_status.{name}", 0

    async def write(self, body):
        self.last = await self.client.store(self.key, body, self.last)


async def stored(client, bucket, name, body, messages):
    """`body` in so many messages: the last is metadata, the others are chunks and go all at once."""
    each = -(-len(body) // (messages - 1))
    cut = [body[start : start + each] for start in range(0, len(body), each)]
    await asyncio.gather(*(client.store(f"$O.{bucket}.C.{name}", chunk) for chunk in cut))
    await client.store(f"$O.{bucket}.M.{name}", JOB)


async def rate(clients, load, seconds):
    """What all `clients` together do in a second; the first fifth of the time is not counted."""
    begun = time.monotonic()
    counted_from, ends = begun + seconds * 0.2, begun + seconds
    total = 0

    async def run(client, number):
        nonlocal total
        async for done in load(client, number):
            now = time.monotonic()
            if now >= ends:
                return
            if now >= counted_from:
                total += done

    await asyncio.gather(*(run(client, number) for number, client in enumerate(clients)))
    return total / (ends - counted_from)
