"""Lower halves of till slips: total, what was paid with, tax, and the rules between."""

from decimal import Decimal

from .desk import Line
from .sheet import wrap


def ruled(desk, y):
    """A line of signs, or nothing; answers the next baseline."""
    sign = desk.options["rule"]
    if sign == "line":
        desk.sheet.rule(desk.left, y - desk.style.leading * 0.4, desk.right, y - desk.style.leading * 0.4, width=0.7)
    elif sign:
        desk.text(desk.left, y, sign * int(desk.width / desk.measure(sign)))
        return y + desk.style.leading
    return y + desk.style.leading * 0.4


def edge_row(desk, y, label, text, size=1.0, bold=False, facts=()):
    """A label at the left and an amount at the right, smaller where they would meet."""
    while desk.measure(label + "  " + text, bold, size) > desk.width and size > 0.6:
        size *= 0.94
    y += desk.style.leading * max(size - 1, 0)
    desk.text(desk.left, y, label, bold, size)
    desk.text(desk.right, y, text, bold, size, align="right", facts=facts)
    return y + desk.style.leading


def money(desk, y):
    """Total, tax, and what was paid with."""
    invoice, wording, _chance, options = desk.invoice, desk.wording, desk.chance, desk.options
    if options["subtotal"] or not invoice.from_gross:
        text = desk.money(invoice.lines_total)
        y = edge_row(
            desk,
            y,
            wording("receipt", "subtotal"),
            text,
            facts=() if invoice.from_gross else (("net", invoice.net, text),),
        )
    if not invoice.from_gross:
        text = desk.money(invoice.tax)
        y = edge_row(
            desk,
            y,
            f"{wording('totals', 'tax')} {desk.style.numbers.percent(invoice.items[0].rate)}",
            text,
            facts=(("tax", invoice.tax, text),),
        )
    total = invoice.gross
    if invoice.rounding:
        text = desk.money(total)
        y = edge_row(desk, y, wording("totals", "gross"), text, facts=(("gross", total, text),))
        y = edge_row(desk, y, wording("totals", "rounding"), desk.money(invoice.rounding))
        total += invoice.rounding
    label = wording("receipt", "total")
    if options["code_in_labels"] and options["code_in_labels"] not in label:
        label += f" {options['code_in_labels']}"
        desk.note_currency(options["code_in_labels"])
    text = desk.money(total)
    y = edge_row(desk, y, label, text, options["total_size"], True, (("gross", total, text),))
    y = paid(desk, y, total)
    return tax_block(desk, y) if invoice.from_gross else y


def paid(desk, y, total):
    """Cash and change, or a card."""
    if desk.options["paid"] == "cash":
        step = {"TND": 10, "INR": 100}.get(desk.invoice.currency, 5)
        given = (int(total / step) + 1) * step
        y = edge_row(desk, y, desk.wording("receipt", "cash"), desk.money(Decimal(given)))
        return edge_row(desk, y, desk.wording("receipt", "change"), desk.money(given - total))
    if desk.options["paid"] == "card":
        y = edge_row(desk, y, desk.wording("receipt", "card"), desk.money(total))
        if desk.chance.maybe(0.4):
            y = desk.block(
                desk.left, y, [Line(f"**** **** **** {desk.chance.digits(4)}"), Line(f"AUTH {desk.chance.digits(6)}")]
            )
    return y


def tax_block(desk, y):
    """How much tax is in the total, by rate."""
    invoice, numbers, options = desk.invoice, desk.style.numbers, desk.options
    breakdown, how = invoice.breakdown(), options["tax_block"]
    label = desk.wording("receipt", "included")
    if how == "one":
        text = desk.money(invoice.tax)
        return edge_row(desk, y, label, text, facts=(("tax", invoice.tax, text),))
    if how == "rows":
        for rate, _, tax in breakdown:
            text = desk.money(tax)
            y = edge_row(
                desk,
                y,
                f"{label} {numbers.percent(rate)}",
                text,
                facts=(("tax", tax, text),) if len(breakdown) == 1 else (),
            )
    if how == "table":
        y = tax_columns(desk, y + desk.style.leading * 0.5, breakdown)
    return y


def tax_columns(desk, y, breakdown):
    numbers = desk.style.numbers
    heads = [desk.wording("totals", key) for key in ("table_rate", "table_base", "table_tax")]
    rows = [
        heads,
        *([numbers.percent(rate), numbers.figure(base), numbers.figure(tax)] for rate, base, tax in breakdown),
    ]
    size = 0.9
    while size > 0.55 and any(desk.measure(text, False, size) > desk.width / 3 - 3 for row in rows for text in row):
        size *= 0.94
    for number, row in enumerate(rows):
        single = len(breakdown) == 1 and number == 1
        named = (
            ((), (("net", breakdown[0][1], row[1]),), (("tax", breakdown[0][2], row[2]),)) if single else ((), (), ())
        )
        for place, text in enumerate(row):
            x = desk.left if place == 0 else desk.left + desk.width * (place + 1) / 3
            desk.text(x, y, text, size=size, align="left" if place == 0 else "right", facts=named[place])
        y += desk.style.leading
    return y


def closing(desk, y):
    """Thanks and figures that mean nothing."""
    chance, lines = desk.chance, []
    if chance.maybe(0.3):
        lines.append(Line(f"{len(desk.invoice.items)} {desk.wording('receipt', 'items')}"))
    if chance.maybe(0.8):
        lines += [
            Line(piece)
            for piece in wrap(desk.wording("receipt", "thanks"), desk.style.font, desk.style.size, desk.width)
        ]
    if chance.maybe(0.3):
        lines.append(Line(chance.digits(13)))
    return desk.block((desk.left + desk.right) / 2, y + desk.style.leading * 0.7, lines, "center")
