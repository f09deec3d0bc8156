"""Quantities as Kubernetes writes them, as numbers."""

UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "m": 0.001, "k": 10**3, "M": 10**6, "G": 10**9}


def number(quantity):
    """`4608Mi`, `250m`, `2` or 2, in bytes or cores."""
    text = str(quantity)
    for unit, factor in UNITS.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)
