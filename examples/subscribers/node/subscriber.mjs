// Reads invoices as they are published, each once, whatever dies meanwhile. ../README.md says how to run it.

import { closeSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { jetstream } from "@nats-io/jetstream";
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";

const STREAM = "INVOICE_EVENTS";
// Few enough to be handled well within the consumer's ack wait, and before a stop gets impatient.
const BATCH = 20;
// Milliseconds that a pull waits for more, and so how long a stop may take.
const WAIT = 1000;

/** What was done, one line an event. A program with a database keeps the event's id beside what it writes for
 * it, in one transaction; here both are one line. */
class Ledger {
  constructor(path) {
    this.file = openSync(path, "a+");
    const text = readFileSync(this.file);
    // A line without its end was being written when the machine died: it was not done.
    const whole = text.lastIndexOf("\n") + 1;
    ftruncateSync(this.file, whole);
    const lines = text.subarray(0, whole).toString().split("\n").slice(0, -1);
    this.done = new Set(lines.map((line) => line.split(" ")[0]));
  }

  write(id, what) {
    writeSync(this.file, `${id} ${what}\n`);
    fdatasyncSync(this.file);
    this.done.add(id);
  }

  close() {
    closeSync(this.file);
  }
}

/** What this program makes of an event; null for kinds that it does not know, as may be added. */
function whatToDo(kind, event) {
  switch (kind) {
    case "invoice.extracted":
      return event.review.required ? "look at" : "book";
    case "invoice.corrected":
      return "book again";
    case "invoice.failed":
      return `ask for again: ${event.error.code}`;
    default:
      return null;
  }
}

function handle(ledger, message) {
  // invoice.<kind>.<tenant>.<document>.<number>: one event each, so the subject tells them apart.
  // The header ce-id says the same.
  const id = message.subject;
  const kind = id.split(".").slice(0, 2).join(".");
  const what = whatToDo(kind, message.json());
  // When it is done already, the acknowledgement got lost.
  if (what !== null && !ledger.done.has(id)) ledger.write(id, what);
}

async function handleBatch(consumer, ledger) {
  const messages = await consumer.fetch({ max_messages: BATCH, expires: WAIT });
  for await (const message of messages) {
    handle(ledger, message);
    // With an answer, so that an event is seldom delivered again; when it is, the ledger knows it.
    if (!(await message.ackAck())) throw new Error("an acknowledgement was not confirmed");
  }
}

const name = process.env.SUBSCRIBER ?? "bookkeeping";
const seed = process.env.NATS_NKEY;
const connection = await connect({
  servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222",
  authenticator: seed ? nkeyAuthenticator(Buffer.from(readFileSync(seed, "utf8").trim())) : undefined,
  inboxPrefix: `_INBOX_subscriber_${name}`,
  maxReconnectAttempts: -1,
});
const consumer = await jetstream(connection).consumers.get(STREAM, name);
const ledger = new Ledger(process.env.LEDGER ?? "handled.log");

let stopped = false;
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => (stopped = true));
// Between batches only: what was pulled is handled before the end.
while (!stopped) {
  try {
    await handleBatch(consumer, ledger);
  } catch (error) {
    // What was not acknowledged comes again, after the consumer's ack wait.
    console.error(`not finished, trying again: ${error}`);
    await sleep(WAIT);
  }
}
await connection.close();
ledger.close();
