// Verifies deliveries with the reference library: one JSON object a line on standard input (secret, headers, body as base64), one
// word a line on standard output: `good`, or `refused` and why.

import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(Buffer.from(body, "base64").toString("utf8"), headers);
    console.log("good");
  } catch (error) {
    console.log(`refused ${error.message}`);
  }
}
