"""Dates as they are printed."""

import re

TOKEN = re.compile(r"dth|dd|d|month|mon|mm|m|yyyy|yy")


def printed(day, pattern, wording):
    """`pattern` is made of d, dd, dth, m, mm, mon, month, yy and yyyy; all else is printed as it is."""
    parts = {
        "d": str(day.day),
        "dd": f"{day.day:02d}",
        "dth": f"{day.day}{ordinal(day.day)}",
        "m": str(day.month),
        "mm": f"{day.month:02d}",
        "mon": wording.data["short_months"][day.month - 1],
        "month": wording.data["months"][day.month - 1],
        "yy": f"{day.year % 100:02d}",
        "yyyy": str(day.year),
    }
    text = TOKEN.sub(lambda match: parts[match.group()], pattern)
    # "1er mars" in French, "3 de mayo de 2024" in Spanish and Portuguese.
    if wording.language == "fr" and pattern == "d month yyyy" and day.day == 1:
        return "1er" + text[1:]
    if wording.language in ("es", "pt") and pattern == "d month yyyy":
        return " de ".join(text.split(" "))
    return text


def ordinal(number):
    if 10 < number < 14:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
