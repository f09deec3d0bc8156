"""Verifies deliveries with the reference library: one JSON object a line on standard input (secret, headers, body as base64), one
word a line on standard output: `good`, or `refused` and why."""

import base64
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    asked = json.loads(line)
    try:
        Webhook(asked["secret"]).verify(base64.b64decode(asked["body"]), asked["headers"])
        print("good", flush=True)
    except WebhookVerificationError as error:
        print(f"refused {error}", flush=True)
