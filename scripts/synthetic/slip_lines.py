"""Items on till slips, in the forms that tills print. Each answers the next baseline."""

from .sheet import wrap

RATE_LETTERS = "ABCD"


def amount(desk, item):
    return desk.style.numbers.amount(desk.invoice.line_amount(item), desk.style.signs_in_table)


def price(desk, item):
    return desk.style.numbers.figure(item.price)


def letter(desk, item):
    """The letter of the item's tax rate, behind its amount."""
    rates = sorted({other.rate for other in desk.invoice.items}, reverse=True)
    return f" {RATE_LETTERS[rates.index(item.rate)]}" if desk.options["letters"] else ""


def note(desk, item):
    if desk.style.signs_in_table and desk.style.numbers.sign:
        desk.note_currency()
    desk.shown.line(item.description, desk.invoice.line_amount(item), desk.invoice.from_gross)


def fitted(desk, text, room):
    """The description's lines beside an amount."""
    return wrap(text, desk.style.font, desk.style.size, room)


def one_line(desk, y):
    """`name  amount`, the quantity before the name where it is not 1."""
    for item in desk.invoice.items:
        right = amount(desk, item) + letter(desk, item)
        lead = (
            f"{desk.style.numbers.quantity(item.quantity)} "
            if item.quantity != 1 or desk.options["facts_first"]
            else ""
        )
        pieces = fitted(desk, lead + item.description, desk.width - desk.measure(right) - 6)
        desk.text(desk.right, y, right, align="right")
        for piece in pieces:
            desk.text(desk.left, y, piece)
            y += desk.style.leading
        note(desk, item)
    return y


def quantity_below(desk, y):
    """`name  amount`, with `2 x 1.50` under it where more than one was bought."""
    for item in desk.invoice.items:
        right = amount(desk, item) + letter(desk, item)
        desk.text(desk.right, y, right, align="right")
        for piece in fitted(desk, item.description, desk.width - desk.measure(right) - 6):
            desk.text(desk.left, y, piece)
            y += desk.style.leading
        if item.quantity != 1:
            unit = f" {item.unit}" if item.unit and item.quantity % 1 else ""
            desk.text(
                desk.left + 10,
                y,
                f"{desk.style.numbers.quantity(item.quantity)}{unit} x {price(desk, item)}",
                size=0.95,
            )
            y += desk.style.leading
        note(desk, item)
    return y


def name_above(desk, y):
    """The name on a line of its own, then `quantity x price  amount`."""
    for item in desk.invoice.items:
        for piece in fitted(desk, item.description, desk.width):
            desk.text(desk.left, y, piece)
            y += desk.style.leading
        desk.text(
            desk.left + 6,
            y,
            f"{desk.style.numbers.quantity(item.quantity)} {desk.options['times']} {price(desk, item)}",
        )
        desk.text(desk.right, y, amount(desk, item) + letter(desk, item), align="right")
        y += desk.style.leading
        note(desk, item)
    return y


def columns(desk, y):
    """Heads, and columns of quantity, price and amount."""
    words, numbers = desk.wording, desk.style.numbers
    rows = [(numbers.quantity(item.quantity), price(desk, item), amount(desk, item)) for item in desk.invoice.items]
    heads = (
        words("table", "quantity"),
        words("table", "price").split()[0],
        words("table", "gross" if desk.invoice.from_gross else "net").split()[0],
    )
    widths = [max(desk.measure(row[place]) for row in [*rows, heads]) + 5 for place in range(3)]
    room = desk.width - sum(widths)
    if room < desk.width * 0.3:
        return name_above(desk, y)
    edges = [desk.left + room + sum(widths[: place + 1]) for place in range(3)]
    desk.text(desk.left, y, words("table", "description").split()[0])
    for edge, head in zip(edges, heads):
        desk.text(edge, y, head, align="right")
    y += desk.style.leading * 1.1
    for item, row in zip(desk.invoice.items, rows):
        for edge, text in zip(edges, row):
            desk.text(edge, y, text, align="right")
        for piece in fitted(desk, item.description, room - 3):
            desk.text(desk.left, y, piece)
            y += desk.style.leading
        note(desk, item)
    return y


BODIES = {"one-line": one_line, "quantity-below": quantity_below, "name-above": name_above, "columns": columns}
