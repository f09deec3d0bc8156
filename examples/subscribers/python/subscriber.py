"""Reads invoices as they are published, each once, whatever dies meanwhile. ../README.md says how to run it."""

import asyncio
import json
import os
import signal
import sys

import nats
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NothingThere

STREAM = "INVOICE_EVENTS"
# Few enough to be handled well within the consumer's ack wait, and before a stop gets impatient.
BATCH = 20
# Seconds that a pull waits for more, and so how long a stop may take.
WAIT = 1


class Ledger:
    """What was done, one line an event. A program with a database keeps the event's id beside what it writes
    for it, in one transaction; here both are one line."""

    def __init__(self, path):
        self.file = open(path, "a+b")
        self.file.seek(0)
        text = self.file.read()
        # A line without its end was being written when the machine died: it was not done.
        whole = text.rfind(b"\n") + 1
        self.file.truncate(whole)
        self.done = {line.split(b" ")[0].decode() for line in text[:whole].splitlines()}

    def write(self, identity, what):
        self.file.write(f"{identity} {what}\n".encode())
        self.file.flush()
        os.fdatasync(self.file.fileno())
        self.done.add(identity)


def what_to_do(kind, event):
    """What this program makes of an event; None for kinds that it does not know, as may be added."""
    if kind == "invoice.extracted":
        return "look at" if event["review"]["required"] else "book"
    if kind == "invoice.corrected":
        return "book again"
    if kind == "invoice.failed":
        return f"ask for again: {event['error']['code']}"
    return None


def handle(ledger, message):
    # invoice.<kind>.<tenant>.<document>.<number>: one event each, so the subject tells them apart.
    # The header ce-id says the same.
    identity = message.subject
    kind = ".".join(identity.split(".")[:2])
    what = what_to_do(kind, json.loads(message.data))
    # When it is done already, the acknowledgement got lost.
    if what is not None and identity not in ledger.done:
        ledger.write(identity, what)


async def handle_batch(subscription, ledger):
    try:
        messages = await subscription.fetch(BATCH, timeout=WAIT)
    except NothingThere:
        return
    for message in messages:
        handle(ledger, message)
        # With an answer, so that an event is seldom delivered again; when it is, the ledger knows it.
        await message.ack_sync()


async def main():
    name = os.environ.get("SUBSCRIBER", "bookkeeping")
    connection = await nats.connect(
        os.environ.get("NATS_URL", "nats://127.0.0.1:4222"),
        nkeys_seed=os.environ.get("NATS_NKEY"),
        inbox_prefix=f"_INBOX_subscriber_{name}",
        max_reconnect_attempts=-1,
    )
    ledger = Ledger(os.environ.get("LEDGER", "handled.log"))
    subscription = await connection.jetstream().pull_subscribe_bind(consumer=name, stream=STREAM)

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # Between batches only: what was pulled is handled before the end.
    while not stop.is_set():
        try:
            await handle_batch(subscription, ledger)
        except (NatsError, OSError) as error:
            # What was not acknowledged comes again, after the consumer's ack wait.
            print(f"not finished, trying again: {error!r}", file=sys.stderr)
            await asyncio.sleep(WAIT)
    await connection.close()


asyncio.run(main())
