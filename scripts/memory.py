"""Memory of the service and its workers while documents pass, for scripts/bench --memory."""

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

from processes import Sampler, product_kind, slope

# One document in ten is a scan: all would take hours, and none would leave the ocr workers idle.
SCAN_EVERY = 10
# Samples of the first tenth are left out of the slope: caches fill and engines load then, once.
WARM_UP_SHARE = 0.1
# Seconds for one document.
TIMEOUT = 300


def mixed(scans, digital, count):
    """`count` documents, the scans spread evenly; samples that are smaller are used again."""
    scans, digital = cycle(scans), cycle(digital)
    return list(islice((next(scans if number % SCAN_EVERY == 0 else digital) for number in range(count)), count))


def soak(name, service, files, send, clients):
    """Sends `files` and prints, by kind of process, the largest size that one process had and how
    the mean size grew. Gives the number of documents that were not completed."""
    options = argparse.Namespace(url=service.url, key=None, timeout=TIMEOUT)
    states = []

    def one(path):
        states.append(send(options, path, f"\n%{os.urandom(16).hex()}\n".encode())["state"])

    with Sampler([service.process.pid], product_kind, progress=lambda: len(states)) as sampler:
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(one, files))
        sampler.look()
    failed = sum(state != "completed" for state in states)
    scans = -(-len(files) // SCAN_EVERY)
    print(f"\n{name}: {len(files)} documents, {scans} of them scans, {clients} clients, {failed} not completed")
    print(f"{'resident MB':<24}{'peak':>9}{'mean':>9}{'slope, MB per 1000 documents':>32}")
    for kind, peak in sorted(sampler.peaks_mb().items()):
        points = mean_sizes(sampler.samples, kind, WARM_UP_SHARE * len(files))
        growth = slope(points)
        mean = sum(size for _, size in points) / len(points) if points else 0
        slope_text = "-" if growth is None else f"{1000 * growth:+.1f}"
        print(f"{kind:<24}{peak:>9.0f}{mean:>9.0f}{slope_text:>32}")
    return failed


def mean_sizes(samples, kind, start):
    """(documents ended, mean MB of the processes of `kind`) of each sample after `start` documents."""
    return [(done, sum(sizes[kind]) / len(sizes[kind])) for done, sizes in samples if done >= start and kind in sizes]
