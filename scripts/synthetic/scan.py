"""A page as an office scanner or a phone sees it."""

from .chance import Chance


def is_chosen(seed, number, share):
    return Chance(f"scan?/{seed}/{number}").random() < share
