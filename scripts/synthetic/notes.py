"""What stands around the sums: the table of tax rates, the amount in words, notes on tax and currency."""

from decimal import Decimal

from num2words import num2words

from .desk import Line

# How one of each money is called in words, and its hundredth or thousandth.
UNITS = {
    "EUR": {
        "fr": ("euros", "centimes"),
        "de": ("Euro", "Cent"),
        "en": ("euros", "cents"),
        "nl": ("euro", "cent"),
        "es": ("euros", "céntimos"),
        "it": ("euro", "centesimi"),
        "pt": ("euros", "cêntimos"),
    },
    "TND": {"fr": ("dinars", "millimes")},
    "INR": {"en": ("rupees", "paise")},
    "MYR": {"en": ("ringgit", "sen")},
    "USD": {"en": ("dollars", "cents")},
    "GBP": {"en": ("pounds", "pence")},
    "CHF": {"de": ("Franken", "Rappen")},
}


def tax_table(desk, x, y, width):
    """Rates, bases and taxes in a small table; answers the y below."""
    numbers, style, invoice = desk.style.numbers, desk.style, desk.invoice
    size, cell = 0.9, width / 3
    heads = [desk.wording("totals", key) for key in ("table_rate", "table_base", "table_tax")]
    edges = [x + 4, x + 2 * cell - 4, x + width - 4]
    rows = [
        (numbers.percent(rate), numbers.figure(base), numbers.figure(tax)) for rate, base, tax in invoice.breakdown()
    ]
    while size > 0.5 and any(desk.measure(text, True, size) > cell - 6 for cells in [heads, *rows] for text in cells):
        size -= 0.05
    for number, cells in enumerate([heads, *rows]):
        for place, text in enumerate(cells):
            desk.text(edges[place], y, text, number == 0, size, align="left" if place == 0 else "right")
        if number == 0:
            desk.sheet.rule(x, y + 3, x + width, y + 3, style.grey, 0.5)
        y += style.leading * 1.1
    if desk.options["tax_table_total"]:
        net, tax = numbers.figure(invoice.net), numbers.figure(invoice.tax)
        desk.text(edges[1], y, net, True, size, align="right", facts=(("net", invoice.net, net),))
        desk.text(edges[2], y, tax, True, size, align="right", facts=(("tax", invoice.tax, tax),))
        desk.text(edges[0], y, "Total", True, size)
        y += style.leading * 1.1
    return y


def after(desk, y):
    """The amount in words, in another currency, and a note on the currency or the tax."""
    invoice, wording, chance = desk.invoice, desk.wording, desk.chance
    notes = []
    if desk.options["in_words"]:
        notes.append(Line(wording("totals", "words")))
        notes.append(
            Line(
                in_words(abs(invoice.due), invoice.currency, wording.language, desk.country.code),
                bold=desk.options["bold_values"],
            )
        )
    if desk.options["other_currency"]:
        other, rate = desk.options["other_currency"], Decimal(str(round(chance.uniform(0.3, 3.4), 4)))
        label = wording("totals", "in_currency").format(currency=other)
        notes.append(Line(f"{label}: {desk.style.numbers.figure(invoice.due * rate, 2)}"))
    if invoice.no_tax:
        notes.append(Line(wording("notes", invoice.no_tax)))
    if desk.options["amounts_in"]:
        text = wording("totals", "amounts_in").format(
            currency=invoice.currency, currency_name=desk.country.currency_name
        )
        notes.append(Line(text, (("currency", invoice.currency, text),)))
    if not notes:
        return y
    y = desk.room(y, len(notes) * desk.style.leading * 1.6)
    return desk.block(desk.left, y + desk.style.leading * 0.6, notes, width=desk.width)


def in_words(value, currency, language, country):
    one, part = UNITS[currency].get(language, (currency, ""))
    spoken = "en_IN" if country == "IN" else language
    decimals = 3 if currency == "TND" else 2
    whole, rest = int(value), int((value % 1).scaleb(decimals))
    words = f"{num2words(whole, lang=spoken)} {one}"
    if rest:
        joint = {"fr": "et", "de": "und", "en": "and", "nl": "en", "es": "con", "it": "e", "pt": "e"}[language]
        words += f" {joint} {num2words(rest, lang=spoken)} {part}"
    return words[0].upper() + words[1:] + (" only" if language == "en" else "")
