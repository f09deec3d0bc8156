"""CPU time and memory of a tree of processes by kind, from /proc, for the scripts beside this file."""

import os
import pathlib
import threading
from collections import defaultdict

# Seconds between two looks. What a process used after the last look at it is missed, so at most this
# much for each worker that is replaced; a look takes a few milliseconds.
INTERVAL = 0.5
TICK = 1 / os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def product_kind(arguments):
    """Of a process of `invoice-ocr serve`."""
    if pathlib.Path(arguments[0]).name == "nats-server":
        return "nats-server"
    if len(arguments) > 2 and arguments[1] == "worker":
        return f"{arguments[2]} workers"
    return "service"


def baseline_kind(arguments):
    """Of a process of the Python service. Its tesseract and pdftoppm are counted with the celery
    process that waits for them (see `reaped`): a look twice a second would miss most."""
    # redis-server writes its address behind its name, into the same argument.
    names = {pathlib.Path(argument.split(" ")[0]).name for argument in arguments[:3]}
    return next((kind for kind in ("celery", "uvicorn", "redis-server") if kind in names), None)


class Process:
    """What was last seen of a process."""

    def __init__(self, kind, cpu_seconds, rss_mb, peak_mb):
        self.kind = kind
        self.cpu_seconds = cpu_seconds
        self.rss_mb = rss_mb
        self.peak_mb = peak_mb


class Sampler(threading.Thread):
    """Looks at the processes `roots` and all their descendants until `stop`.

    `kind_of` names a process by its arguments, or gives None for one that does not count; `reaped`
    adds the CPU time of children that ended to their parent. `progress` is asked at each look:
    `samples` holds (progress, {kind: [MB of each process]})."""

    def __init__(self, roots, kind_of, reaped=False, progress=lambda: 0):
        super().__init__(daemon=True)
        self.roots = set(roots)
        self.kind_of = kind_of
        self.reaped = reaped
        self.progress = progress
        self.seen = {}
        self.samples = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()

    def run(self):
        while not self.stopping.wait(INTERVAL):
            self.look()

    def look(self):
        with self.lock:
            sizes = defaultdict(list)
            for key, process in self.living().items():
                self.seen[key] = process
                if process.kind:
                    sizes[process.kind].append(process.rss_mb)
            self.samples.append((self.progress(), dict(sizes)))

    def cpu_seconds(self):
        """CPU seconds up to now by kind."""
        self.look()
        used = defaultdict(float)
        for process in self.seen.values():
            if process.kind:
                used[process.kind] += process.cpu_seconds
        return used

    def peaks_mb(self):
        """The largest resident size that one process of each kind ever had, as the kernel noted it."""
        peaks = defaultdict(float)
        for process in self.seen.values():
            if process.kind:
                peaks[process.kind] = max(peaks[process.kind], process.peak_mb)
        return peaks

    def living(self):
        table = {}
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and (stat := read_stat(entry.name)):
                table[int(entry.name)] = stat
        children = defaultdict(list)
        for pid, stat in table.items():
            children[int(stat[1])].append(pid)
        found, waiting = {}, [pid for pid in self.roots if pid in table]
        while waiting:
            pid = waiting.pop()
            waiting += children[pid]
            # The start time too: numbers come back.
            if process := self.measured(pid, table[pid]):
                found[pid, table[pid][19]] = process
        return found

    def measured(self, pid, stat):
        try:
            arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return None
        if arguments == [""]:
            # It ended and is waited for: what was seen before stands.
            return None
        peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), "0")
        ticks = sum(int(ticks) for ticks in stat[11 : 15 if self.reaped else 13])
        return Process(self.kind_of(arguments), ticks * TICK, int(stat[21]) * PAGE_MB, int(peak) * 1024 / 1e6)


def read_stat(pid):
    """Fields of /proc/PID/stat from the state on (proc(5), field 3), or None when it is gone."""
    try:
        # The name in field 2 may hold anything, blanks and brackets too.
        return pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def slope(points):
    """Least squares through (x, y): y for each x, or None where x does not vary."""
    count = len(points)
    if count < 2:
        return None
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else None
