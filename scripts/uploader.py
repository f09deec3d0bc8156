"""Uploads documents and waits for their ends, several at a time, for the scripts beside this file."""

import concurrent.futures
import http.client
import json
import threading
import time

# Seconds for one document: far above any that is worth measuring.
TIMEOUT = 120
# Seconds between two looks at a status.
INTERVAL = 0.005


class Uploader:
    """`clients` connections to the gateway at `url`."""

    def __init__(self, url, clients):
        self.host = url.removeprefix("http://")
        self.clients = clients
        self.local = threading.local()

    def complete(self, documents):
        """Returns when all of `documents`, PDFs, have completed; raises RuntimeError when one did not."""
        with concurrent.futures.ThreadPoolExecutor(self.clients) as pool:
            for outcome in pool.map(self.one, documents):
                if outcome != "completed":
                    raise RuntimeError(f"a document did not complete: {outcome}")

    def one(self, document):
        status, answer = self.request("POST", "/api/v1/process-invoice", document)
        if status != 202:
            return f"POST was answered with {status}"
        path, deadline = f"/api/v1/invoices/{answer['id']}", time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            status, answer = self.request("GET", path)
            if answer.get("state") in ("completed", "failed"):
                return answer["state"]
            time.sleep(INTERVAL)
        return "no end in time"

    def request(self, method, path, body=None):
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT)
        connection.request(method, path, body, {"Content-Type": "application/pdf"} if body else {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
