"""Words of documents, as the product reads them, kept so that a second run need not read again."""

import hashlib
import json
import pathlib
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from service import Service

# Documents in work at once: more than the service has workers on a small machine, so that none waits.
AT_ONCE = 3
# Seconds between two looks at a document's status.
PAUSE = 0.1


def read(drive, binary, folder, names, kept):
    """The words of `names` in `folder`, one file each below `kept`; those that are there stay."""
    kept.mkdir(parents=True, exist_ok=True)
    missing = [name for name in names if not path_of(kept, folder / name).is_file()]
    if missing:
        with tempfile.TemporaryDirectory(prefix="train-", dir=kept) as data:
            with Service(binary, pathlib.Path(data), {}) as service, ThreadPoolExecutor(AT_ONCE) as pool:
                work = [(drive, service.url, folder / name, kept) for name in missing]
                for refused in filter(None, pool.map(lambda a: read_one(*a), work)):
                    print(refused)
    return {name: path for name in names if (path := path_of(kept, folder / name)).is_file()}


def path_of(kept, document):
    return kept / f"{hashlib.sha256(document.read_bytes()).hexdigest()}.json"


def read_one(drive, url, document, kept):
    """What went wrong, if anything did."""
    body, kind = drive.multipart(document.name, document.read_bytes())
    try:
        job = drive.call("POST", f"{url}/api/v1/process-invoice", None, body, kind)
    except OSError as error:
        return f"{document.name}: {error}"
    address = f"{url}/api/v1/invoices/{job['id']}"
    while (status := drive.call("GET", address, None))["state"] not in ("completed", "failed"):
        time.sleep(PAUSE)
    if status["state"] == "failed":
        return f"{document.name}: {status['error']['code']}"
    pages = drive.call("GET", f"{address}/pages", None)
    path_of(kept, document).write_text(json.dumps(pages))
    return None


def decisions(program, paths):
    """What extraction decides on each: yields (name, answer of the example `decisions`)."""
    by_path = {str(path): name for name, path in paths.items()}
    # A command line has room for so many names.
    for at in range(0, len(by_path), 500):
        chosen = list(by_path)[at : at + 500]
        with subprocess.Popen([program, *chosen], stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                answer = json.loads(line)
                yield by_path[answer["file"]], answer
        if process.returncode:
            raise RuntimeError(f"{program} ended with {process.returncode}")
