"""A run that leaves a trace in every metric: documents of each kind, and everything that goes wrong, on purpose."""

import itertools
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

from receiver import Receiver
from service import ROOT

SAMPLES = ROOT / "samples"
XML = ROOT / "crates" / "extract" / "tests" / "fixtures" / "einvoice"
BROKEN = ROOT / "crates" / "preprocess" / "tests" / "fixtures"
MEDIA = {".pdf": "application/pdf", ".jpg": "image/jpeg", ".png": "image/png", ".xml": "application/xml"}
# What comes in between; scans take seconds each, the others parts of one.
QUICK = ("facture-electronique.pdf", "facture-tunisie.pdf", "invoice-two-pages.pdf")
SLOW = ("facture-scan.pdf", "invoice-photo.jpg")
# Settings under which a minute shows what else takes a day.
SETTINGS = {
    "INVOICE_OCR__GATEWAY__AUTH__MODE": "required",
    # Few places, so that there are too few.
    "INVOICE_OCR__GATEWAY__CONNECTIONS__MAX_PER_PEER": "16",
    "INVOICE_OCR__GATEWAY__CONNECTIONS__HEAD_TIMEOUT_SECONDS": "2",
    # One failure is the last for preprocess, and the first of three for ocr.
    "INVOICE_OCR__STAGES__PREPROCESS__ATTEMPTS": "1",
    "INVOICE_OCR__STAGES__OCR__RETRY_DELAYS_SECONDS": "[1]",
    "INVOICE_OCR__LOG__LEVEL": "warn",
}
# Rules for a supplier, so that there is a file that can be stale.
HINTS = """[[supplier]]
name = "Plomberie Tarasque"
[supplier.fields]
number = { regex = 'Facture\\s+(\\S+)' }
"""


# Whom webhooks tell: one takes it, one is gone for good.
TAKES, IS_GONE = "/taken", "/gone"


class Told(Receiver):
    def answer(self, path, headers, body):
        return 410 if path == IS_GONE else 204


def settings(folder, receiver):
    hints = folder / "hints.toml"
    hints.write_text(HINTS)
    return SETTINGS | receiver.settings | {"INVOICE_OCR__EXTRACT__HINTS": str(hints)}


class Client:
    """Asks a gateway with a key."""

    def __init__(self, binary, fleet, name):
        create = [binary, "keys", "create", "--name", name, "--data", fleet.data]
        scopes = [f"--scope={scope}" for scope in ("read", "write", "delete", "operations", "webhooks:manage")]
        self.key = subprocess.run([*create, *scopes], capture_output=True, text=True, check=True).stdout.strip()
        self.url = fleet.url

    def ask(self, method, path, body=None, media=None, key=None):
        """(status, parsed body) of a request."""
        headers = {"X-API-Key": key or self.key} | ({"Content-Type": media} if media else {})
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, parsed(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, parsed(error.read())

    def send(self, body, suffix):
        """The id of an upload, None when it was refused."""
        status, answer = self.ask("POST", "/api/v1/process-invoice", body, MEDIA[suffix])
        return answer["id"] if status in (200, 202) else None

    def send_file(self, path):
        return self.send(path.read_bytes(), path.suffix)

    def await_end(self, name, patience=180):
        """The state in which a document ends."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            state = self.ask("GET", f"/api/v1/invoices/{name}")[1].get("state")
            if state in ("completed", "failed"):
                return state
            time.sleep(1)
        raise TimeoutError(f"document {name} did not end within {patience} s")


def parsed(body):
    try:
        return json.loads(body)
    except ValueError:
        return {}


def anew(path):
    """A PDF or JPEG that is another document each time: bytes behind the end change nothing."""
    return path.read_bytes() + b"\n%" + os.urandom(8).hex().encode()


class Traffic(threading.Thread):
    """Sends documents one after the other until `stop`: an hour of a small company in a few minutes."""

    def __init__(self, client, pause):
        super().__init__(daemon=True)
        self.client, self.pause = client, pause
        self.over = threading.Event()
        self.sent = []

    def run(self):
        # One in eight is a scan or a photo, one in eight was here before.
        for turn in itertools.count():
            if self.over.wait(self.pause):
                return
            name = SLOW[turn // 8 % 2] if turn % 8 == 3 else QUICK[turn % 3]
            path = SAMPLES / name
            self.sent.append(
                self.client.send_file(path) if turn % 8 == 5 else self.client.send(anew(path), path.suffix)
            )

    def stop(self):
        self.over.set()
        self.join()
        return [name for name in self.sent if name]


def make_webhooks(client, receiver):
    """One whose receiver takes what it is told, and one that is given up."""
    for path in (TAKES, IS_GONE):
        new = json.dumps({"url": receiver.url(path)}).encode()
        status, answer = client.ask("POST", "/api/v1/webhooks", new, "application/json")
        if status != 201:
            raise RuntimeError(f"a webhook was not made: {status} {answer}")


def misfortunes(client, other, fleet):
    """Everything that goes wrong in ordinary life, once. Gives the ids of the documents of it."""
    made = [client.send_file(path) for path in sorted(XML.glob("*.xml"))]
    # A worker that dies before a stage has begun ends its service, as it should. So a scan goes through first.
    made.append(client.send_file(SAMPLES / SLOW[0]))
    client.await_end(made[-1])
    # Documents at fault: encrypted, cut off, no invoice.
    made.append(client.send_file(BROKEN / "password.pdf"))
    made.append(client.send((SAMPLES / QUICK[0]).read_bytes()[:2000], ".pdf"))
    made.append(client.send(b'<?xml version="1.0"?><note>no invoice</note>', ".xml"))
    # Requests at fault.
    client.ask("POST", "/api/v1/process-invoice", b"hello", "text/plain")
    client.ask("GET", "/api/v1/invoices/" + "0" * 64)
    client.ask("GET", "/no/such/address")
    client.ask("GET", "/api/v1/invoices/" + "0" * 64, key="ioc_" + "0" * 16 + "_" + "0" * 56)
    for _ in range(130):
        other.ask("GET", "/api/v1/invoices/" + "0" * 64)
    crowd(fleet)
    # A worker that dies: a retry for ocr, a dead letter for preprocess, which has one attempt.
    made.append(kill_at_work(client, fleet, "ocr", SAMPLES / SLOW[0]))
    made.append(kill_at_work(client, fleet, "preprocess", SAMPLES / QUICK[0]))
    return [name for name in made if name]


def crowd(fleet):
    """More connections than one address may have; some never say what they want."""
    host, port = fleet.url.removeprefix("http://").split(":")
    held = []
    for _ in range(40):
        try:
            held.append(socket.create_connection((host, int(port)), timeout=5))
            held[-1].sendall(b"GET /health HTTP/1.1\r\n")
        except OSError:
            continue
    time.sleep(4)
    for connection in held:
        connection.close()


def kill_at_work(client, fleet, stage, path):
    """Stops a stage's workers, gives them a document, and kills them when they have it."""
    stopped = fleet.workers(stage)
    for worker in stopped:
        os.kill(worker, signal.SIGSTOP)
    name = client.send(anew(path), path.suffix)
    # Until the job was handed to a worker.
    time.sleep(6)
    for worker in stopped:
        os.kill(worker, signal.SIGKILL)
    return name
