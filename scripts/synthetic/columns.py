"""Which columns a table of items has, what stands in their cells, and how wide they are."""

from dataclasses import dataclass

from .sheet import wrap

# Sets of columns that invoices have, the description's neighbours in their order; "amount" is net or gross.
SETS = (
    ("description", "quantity", "price", "amount"),
    ("quantity", "description", "price", "amount"),
    ("description", "amount"),
    ("position", "description", "quantity", "price", "amount"),
    ("position", "quantity", "unit", "description", "price", "amount"),
    ("code", "description", "quantity", "price", "amount"),
    ("code", "description", "quantity", "unit", "price", "discount", "amount"),
    ("code", "description", "quantity", "price", "rate", "amount"),
    ("description", "quantity", "unit", "price", "rate", "amount"),
    ("description", "rate", "price", "quantity", "amount"),
    ("position", "code", "description", "quantity", "unit", "price", "amount"),
    ("description", "quantity", "price", "net", "rate", "gross"),
    ("description", "quantity", "price", "rate", "tax", "gross"),
    ("code", "description", "unit", "quantity", "price", "net", "tax", "gross"),
    ("description", "price", "quantity", "amount"),
    ("quantity", "code", "description", "price", "amount"),
    ("quantity", "unit", "description", "amount"),
    ("position", "description", "rate", "amount"),
    ("description", "quantity", "amount"),
    ("description", "quantity", "price", "discount", "rate", "amount"),
)
# Left out first where the page is too narrow.
DISPENSABLE = ("unit", "tax", "code", "position", "rate", "gross", "discount")
NUMERIC = ("quantity", "price", "discount", "rate", "tax", "net", "gross")
# Points that a description wants at least.
DESCRIPTION_WIDTH = 120
HEAD_SIZE = 0.92


@dataclass
class Column:
    key: str
    label: str
    align: str
    width: float = 0
    x: float = 0


def choose_columns(desk, width):
    chance, invoice = desk.chance, desk.invoice
    amount = "gross" if invoice.from_gross else "net"
    keys = [amount if key == "amount" else key for key in chance.pick(desk.options.get("column_sets", SETS))]
    if invoice.from_gross:
        keys = [key for key in keys if key not in ("net", "tax")]
        keys += [] if "gross" in keys else ["gross"]
    if not any(item.code for item in invoice.items):
        keys = [key for key in keys if key != "code"]
    if any(item.discount for item in invoice.items) and "discount" not in keys and "price" in keys:
        keys.insert(keys.index("price") + 1, "discount")
    if invoice.no_tax and chance.maybe(0.8):
        keys = [key for key in keys if key not in ("rate", "tax")]
        keys = [key for key in keys if key != "gross" or "net" not in keys]
    side = chance.weighted({"right": 8, "left": 1, "center": 0.7})
    while True:
        columns = [Column(key, label_of(desk, key), align_of(key, side)) for key in keys]
        if fit(desk, columns, width) or not (
            spare := [key for key in DISPENSABLE if key in keys and (key != "gross" or "net" in keys)]
        ):
            return columns
        keys.remove(spare[0])


def align_of(key, side):
    if key in NUMERIC:
        return side
    return "center" if key == "position" and side == "center" else "left"


def label_of(desk, key):
    if key == "price" and desk.invoice.from_gross:
        key = "gross_price"
    label = desk.wording("table", key)
    if desk.options["currency_in_heads"] and key in ("net", "gross", "price"):
        code = desk.options["currency_in_heads"]
        desk.options["currency_head_used"] = code
        label = f"{label} ({code})"
    return label


def fit(desk, columns, width):
    """Sets widths and places; False where the description has too little."""
    style, pad, used = desk.style, desk.options["cell_pad"], 0
    for column in columns:
        if column.key == "description":
            continue
        texts = [cell(desk, column.key, item, place) for place, item in enumerate(desk.invoice.items)]
        longest = max(desk.measure(text) for text in texts)
        words = max(desk.measure(word, True, HEAD_SIZE) for word in column.label.split())
        column.width = max(longest, words) + 2 * pad + 2
        used += column.width
    left = width - used
    narrow = left < DESCRIPTION_WIDTH * style.size / 9
    spread = desk.chance.uniform(0, 0.35) * max(left - DESCRIPTION_WIDTH * 1.6, 0)
    for column in columns:
        column.width += left - spread if column.key == "description" else spread / (len(columns) - 1)
    x = desk.options.get("table_left", desk.left)
    for column in columns:
        column.x, x = x, x + column.width
    return not narrow


def cell(desk, key, item, place):
    """The text of one cell."""
    numbers, invoice = desk.style.numbers, desk.invoice
    signed = desk.style.signs_in_table
    if key == "position":
        return str((place + 1) * desk.options["position_step"])
    if key == "code":
        return item.code
    if key == "quantity":
        text = numbers.quantity(item.quantity * (invoice.sign if desk.options["negative_quantities"] else 1))
        return f"{text} {item.unit}".strip() if desk.options["unit_with_quantity"] else text
    if key == "unit":
        return item.unit
    if key == "price":
        return numbers.amount(item.price, signed and desk.options["signs_on_prices"])
    if key == "discount":
        return numbers.percent(item.discount) if item.discount else desk.options["no_discount"]
    if key == "rate":
        return numbers.percent(item.rate, desk.options["percent_signs"])
    value = {"tax": invoice.line_tax, "net": invoice.line_net, "gross": invoice.line_gross}[key](item)
    return numbers.amount(value, signed)


def head_lines(desk, columns):
    """Each column's label, broken to its width."""
    room = 2 * desk.options["cell_pad"]
    return [
        wrap(column.label, desk.style.bold, desk.style.size * HEAD_SIZE, max(column.width - room, 10))
        for column in columns
    ]
