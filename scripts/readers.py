"""What reads pages in scripts/accuracy. Each is a context manager with `read(page)`, which gives the text
of all pages, words parted by blanks, and `cpu_seconds()`, what it has used so far."""

import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from environment import environment_folder
from processes import Sampler, product_kind
from service import ROOT, Service

# Seconds for one document.
DOCUMENT_TIMEOUT = 300
LOOK_SECONDS = 0.05
# One thread each, as every worker of ours is: with more, two at once slow each other down.
ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}
LANGUAGES = "fra+eng"


class Product:
    """The service with one setting of `ocr.engines`; counts the CPU time of its workers."""

    def __init__(self, drive, binary, folder, engines):
        self.drive = drive
        self.service = Service(binary, folder, {"INVOICE_OCR__OCR__ENGINES": engines})

    def __enter__(self):
        self.service.__enter__()
        self.sampler = Sampler([self.service.process.pid], product_kind)
        self.sampler.__enter__()
        return self

    def __exit__(self, *error):
        self.sampler.__exit__(*error)
        self.service.__exit__(*error)

    def cpu_seconds(self):
        return sum(used for kind, used in self.sampler.cpu_seconds().items() if kind.endswith("workers"))

    def read(self, page):
        call, url = self.drive.call, self.service.url
        body, kind = self.drive.multipart(page.name, page.content)
        deadline = time.monotonic() + DOCUMENT_TIMEOUT
        job = call("POST", f"{url}/api/v1/process-invoice", None, body, kind)
        while time.monotonic() < deadline:
            state = call("GET", f"{url}/api/v1/invoices/{job['id']}", None)["state"]
            if state == "failed":
                return ""
            if state == "completed":
                pages = call("GET", f"{url}/api/v1/invoices/{job['id']}/pages", None)["pages"]
                return " ".join(word["text"] for page in pages for word in page["words"])
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"{page.name} was not read in {DOCUMENT_TIMEOUT} s")


class Remembered:
    """A reader that never changes: what it said of a page is kept in a folder and not asked again."""

    def __init__(self, reader, folder):
        self.reader = reader
        self.folder = folder
        self.used = 0.0
        self.lock = threading.Lock()

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.reader.__enter__()
        return self

    def __exit__(self, *error):
        self.reader.__exit__(*error)

    def cpu_seconds(self):
        return self.used

    def read(self, page):
        kept = self.folder / f"{page.digest}.json"
        if not kept.is_file():
            text, seconds = self.reader.timed(page)
            kept.write_text(json.dumps({"text": text, "cpu_seconds": seconds}))
        said = json.loads(kept.read_text())
        with self.lock:
            self.used += said["cpu_seconds"]
        return said["text"]


class CommandLine:
    """Plain `tesseract` on images; PDFs are drawn first, as its users do."""

    dpi = "300"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def timed(self, page):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"page{Path(page.name).suffix}"
            path.write_bytes(page.content)
            used = 0.0
            images = [path]
            if path.suffix == ".pdf":
                used += run(["pdftoppm", "-r", self.dpi, "-gray", path, path.with_suffix("")])[1]
                images = sorted(path.parent.glob("page-*"))
            texts = []
            for image in images:
                text, seconds = run(["tesseract", image, "-", "-l", LANGUAGES, "--psm", "3"])
                texts.append(text)
                used += seconds
            return " ".join(texts), used


def run(command):
    """What a program prints, and the CPU seconds it took."""
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | ONE_THREAD
    )
    text = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return text, usage.ru_utime + usage.ru_stime


class Former:
    """The preparation and the recogniser of the Python service, without its queue."""

    def __init__(self, source):
        self.source = source

    def __enter__(self):
        self.python = environment_folder("baseline", self.source / "requirements.txt") / "bin" / "python"
        return self

    def __exit__(self, *_):
        pass

    def timed(self, page):
        with tempfile.NamedTemporaryFile(suffix=Path(page.name).suffix) as file:
            file.write(page.content)
            file.flush()
            environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(self.source), "PYTHONDONTWRITEBYTECODE": "1"}
            script = [self.python, ROOT / "scripts" / "former_reader.py", file.name]
            read = subprocess.run(script, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            said = json.loads(read.stdout)
            return said["text"], said["cpu_seconds"]
