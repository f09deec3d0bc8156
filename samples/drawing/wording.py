"""Amounts and dates as each country prints them."""

from datetime import date
from decimal import Decimal

NBSP = "\u00a0"
FRENCH_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
ENGLISH_MONTHS = "January February March April May June July August September October November December".split()


def grouped(value: Decimal, thousands: str, point: str) -> str:
    return f"{value:,f}".translate(str.maketrans({",": thousands, ".": point}))


def french(value: Decimal) -> str:
    """1 234,56"""
    return grouped(value, NBSP, ",")


def english(value: Decimal) -> str:
    """1,234.56"""
    return grouped(value, ",", ".")


def percent(rate: Decimal, point: str = ",") -> str:
    return str(rate).replace(".", point)


def slashed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def french_long(day: date) -> str:
    return f"{day.day} {FRENCH_MONTHS[day.month - 1]} {day.year}"


def english_long(day: date) -> str:
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}"
