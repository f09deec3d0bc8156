"""Items that an invoice lists."""

from datetime import timedelta
from decimal import Decimal

from . import days
from .invoice import Item
from .money import rounded
from .wording import data

# What one euro of the price list is worth, so that prices look right in each currency.
PRICE_LEVEL = {"TND": 3.2, "INR": 80, "MYR": 4.6}


def invent_items(chance, country, wording, issue_date, count, from_gross, trade=None):
    catalogue = data("goods", country.language)
    trades = [
        name
        for name, entry in catalogue.items()
        if isinstance(entry, list) and isinstance(entry[0], list) and name != "receipt"
    ]
    trade = trade or chance.pick(trades)
    entries, items = catalogue[trade], []
    rates = chosen_rates(chance, country)
    with_codes, with_discounts = chance.maybe(0.5), chance.maybe(0.14)
    below = chance.pick([0, 0, 0, 0.25, 0.6, 1]) if trade != "receipt" else 0
    whole = chance.pick([True, False])
    for place in range(count):
        if place % len(entries) == 0:
            chosen = chance.sample(entries, len(entries))
        pattern, unit, least, most = chosen[place % len(entries)]
        description = describe(chance, country, catalogue, pattern, wording, issue_date)
        level = PRICE_LEVEL.get(country.currency, 1)
        price = Decimal(str(chance.uniform(least, most) * level))
        rate = Decimal(chance.pick(rates))
        if from_gross:
            price *= 1 + rate / 100
        price = max(
            rounded(price, 0 if whole and price > 20 else country.decimals if chance.maybe(0.9) else 2), Decimal("0.1")
        )
        quantity = small_quantity(chance, unit) if trade == "receipt" else quantity_of(chance, unit, price)
        item = Item(description, quantity, chance.pick(catalogue["units"][unit]), price, rate)
        if with_codes:
            item.code = code_of(chance)
        if with_discounts and chance.maybe(0.5):
            item.discount = Decimal(chance.pick(["5", "10", "15", "20", "2.5", "30"]))
        if chance.maybe(below):
            item.below = [
                describe(chance, country, catalogue, text, wording, issue_date)
                for text in chance.sample(catalogue["sublines"], chance.pick([1, 1, 2]))
            ]
        items.append(item)
    return items


def chosen_rates(chance, country):
    """Mostly one rate for all."""
    rates = list(dict.fromkeys(country.rates))
    if country.code == "US" or chance.maybe(0.62):
        return [chance.pick(country.rates)]
    return chance.sample(rates, min(len(rates), chance.pick([2, 2, 3])))


def describe(chance, country, catalogue, pattern, wording, issue_date):
    start = issue_date - timedelta(days=chance.randint(5, 60))
    usual = {"US": "mm/dd/yyyy", "NL": "dd-mm-yyyy"}.get(
        country.code, "dd.mm.yyyy" if country.language == "de" else "dd/mm/yyyy"
    )
    return pattern.format(
        n=chance.pick([3, 4, 5, 6, 8, 10, 12, 13, 14, 15, 16, 18, 20, 22, 24, 25, 27, 30, 40, 60, 80]),
        code=chance.digits(4),
        month=f"{wording.data['months'][start.month - 1]} {start.year}",
        colour=chance.pick(catalogue["colours"]),
        size=chance.pick("SML"),
        **{"from": days.printed(start, usual, wording)},
        to=days.printed(start + timedelta(days=chance.pick([27, 29, 30, 89])), usual, wording),
        small=f"{chance.uniform(0.02, 6):.2f}".replace(".", "," if wording.language != "en" else "."),
    )


def quantity_of(chance, unit, price):
    if unit in ("hour", "kilo", "metre", "area", "litre"):
        least, most = (0.3, 6) if unit == "kilo" and price > 4 else (1, 60)
        step = Decimal(chance.pick(["0.25", "0.5", "1", "0.1"]))
        return max(Decimal(int(chance.uniform(least, most) / float(step))) * step, step)
    if unit in ("lump", "month", "day"):
        return Decimal(chance.pick([1, 1, 1, 2, 3]))
    return Decimal(
        chance.pick([1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 20, 50]) if price < 150 else chance.pick([1, 1, 2, 3])
    )


def small_quantity(chance, unit):
    """What is carried home."""
    if unit == "kilo":
        return Decimal(chance.randint(180, 2400)).scaleb(-3)
    return Decimal(chance.pick([1, 1, 1, 1, 1, 2, 2, 3, 4, 6]))


def code_of(chance):
    return chance.pick(
        [
            f"{chance.letters(3)}-{chance.digits(3)}",
            chance.digits(6),
            f"{chance.letters(2)}{chance.digits(4)}",
            f"{chance.digits(2)}.{chance.digits(3)}",
            chance.digits(4),
            f"ART{chance.digits(5)}",
            f"{chance.digits(3)}-{chance.digits(4)}-{chance.letters(1)}",
        ]
    )
