"""A second machine, as a network namespace joined to this one by a virtual cable, and what to say of this one."""

import contextlib
import os
import subprocess

# Of TEST-NET-2 (RFC 5737): nobody's, and never routed.
HERE, THERE, PREFIX = "198.51.100.1", "198.51.100.2", 30
# Above this load others use the cores, and figures say what was left of them.
IDLE_LOAD = 0.5


def describe():
    """Cores and load, and a warning when the load is somebody else's."""
    load = os.getloadavg()
    print(f"{os.cpu_count()} cores, load average {load[0]:.2f} {load[1]:.2f} {load[2]:.2f}")
    if load[0] > IDLE_LOAD:
        print(
            "WARNING: the machine was shared with other work; absolute figures are too low, ratios of one run hold better"
        )


def may_make_namespaces():
    return (
        os.geteuid() == 0 and subprocess.run(["ip", "netns", "list"], capture_output=True, check=False).returncode == 0
    )


@contextlib.contextmanager
def second_machine(delay_ms):
    """A namespace with the address THERE, which reaches this one at HERE; gives the words that start a command in it.

    `delay_ms`: what the cable takes, each way. 0: no more than the kernel does."""
    name = f"iocr{os.getpid()}"
    here, there = f"{name}h"[-15:], f"{name}t"[-15:]
    inside = ["ip", "netns", "exec", name]
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        run("ip", "address", "add", f"{HERE}/{PREFIX}", "dev", here)
        run("ip", "link", "set", here, "up")
        run(*inside, "ip", "address", "add", f"{THERE}/{PREFIX}", "dev", there)
        run(*inside, "ip", "link", "set", there, "up")
        run(*inside, "ip", "link", "set", "lo", "up")
        if delay_ms:
            run("tc", "qdisc", "add", "dev", here, "root", "netem", "delay", f"{delay_ms}ms")
            run(*inside, "tc", "qdisc", "add", "dev", there, "root", "netem", "delay", f"{delay_ms}ms")
        yield inside
    finally:
        # The cable goes with either of its ends.
        run("ip", "netns", "delete", name)


def run(*command):
    subprocess.run(command, check=True)
