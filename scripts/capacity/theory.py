"""Formulas of queueing theory, that the simulation is held against (scripts/simulate --test)."""

import math


def erlang_b(load, servers):
    """Share of arrivals that find all servers busy and go away. `load`: arrival rate × service time."""
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked


def erlang_c(load, servers):
    """Share of arrivals that have to wait, exponential service."""
    blocked = erlang_b(load, servers)
    return blocked / (1 - load / servers * (1 - blocked))


def wait_mmc(rate, service_s, servers):
    """Mean seconds of waiting, exponential service."""
    load = rate * service_s
    return erlang_c(load, servers) * service_s / (servers - load)


def wait_md1(rate, service_s):
    """Mean seconds of waiting for one server, every service the same (Pollaczek and Khinchine)."""
    load = rate * service_s
    return load * service_s / (2 * (1 - load))


def wait_mg1(rate, service_s, spread):
    """Likewise, service with a standard deviation of `spread` means."""
    load = rate * service_s
    return load * service_s * (1 + spread**2) / (2 * (1 - load))


def refused_mm1k(rate, service_s, places):
    """Share of arrivals that find all `places` taken, one server among them."""
    load = rate * service_s
    if math.isclose(load, 1):
        return 1 / (places + 1)
    return (1 - load) * load**places / (1 - load ** (places + 1))
