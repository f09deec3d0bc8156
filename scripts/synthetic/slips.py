"""Till slips: narrow, as long as they need to be, without a buyer."""

from datetime import timedelta
from decimal import Decimal

from .desk import Desk, Line
from .fonts import families
from .goods import invent_items
from .invention import FIRST_DAY, LAST_DAY
from .invoice import Invoice
from .money import rounded
from .parties import invent_party
from .party_lines import seller_lines
from .sheet import Sheet
from .shown import Shown
from .slip_lines import BODIES
from .slip_sums import closing, money, ruled
from .style import choose_style
from .wording import Wording

MM = 2.8346
# Points. Rolls are 58, 76 and 80 mm wide; copiers and printers make them wider.
WIDTHS = (58 * MM, 72 * MM, 80 * MM, 80 * MM, 100 * MM, 148 * MM)


def draw_slip(chance, country):
    """(desk, layout) of a finished slip."""
    wording = Wording(chance, country.language, country.tax_name)
    day = FIRST_DAY + timedelta(days=chance.randint(0, (LAST_DAY - FIRST_DAY).days))
    desk = Desk(
        chance,
        country,
        slip_invoice(chance, country, wording, day),
        wording,
        slip_style(chance, country),
        Sheet((chance.pick(WIDTHS), 0)),
        Shown(),
    )
    style = desk.style
    style.left = style.right = desk.sheet.width * chance.uniform(0.04, 0.1)
    style.size = min(style.size, desk.sheet.width / (27 * style.family.width))
    style.leading = style.size * chance.uniform(1.15, 1.5)
    desk.options = slip_options(chance, country)
    y = header(desk, style.size * 2.5)
    y = facts(desk, y)
    body = desk.options["body"]
    y = BODIES[body](desk, ruled(desk, y))
    y = money(desk, ruled(desk, y))
    y = closing(desk, y)
    desk.sheet.height = y + style.size * 3
    for field in ("prepaid", "due", "delivery_date", "due_date"):
        desk.shown.ambiguous(field)
    return desk, f"slip-{body}/{'narrow' if desk.sheet.width < 250 else 'wide'}/{desk.options['header']}"


def slip_invoice(chance, country, wording, day):
    """Prices have the tax in them, but in the United States."""
    gross = country.code != "US"
    items = invent_items(
        chance, country, wording, day, chance.pick([1, 2, 2, 3, 4, 5, 6, 8, 11, 16]), gross, trade="receipt"
    )
    seller = invent_party(chance, country)
    number = chance.pick(
        [
            chance.digits(4),
            chance.digits(6),
            f"{chance.digits(3)}-{chance.digits(5)}",
            f"{chance.letters(2)}{chance.digits(5)}",
            f"{day.year}{chance.digits(6)}",
            chance.digits(9),
            f"{chance.digits(2)}/{chance.digits(4)}",
        ]
    )
    invoice = Invoice(
        "receipt", number, day, country.currency, country.decimals, seller, seller, items, from_gross=gross
    )
    if country.code in ("MY", "CH") and chance.maybe(0.6):
        invoice.rounding = rounded(invoice.due / Decimal("0.05"), 0) * Decimal("0.05") - invoice.due
    return invoice


def slip_style(chance, country):
    style = choose_style(chance, country, compact=True)
    style.family = families()[
        chance.weighted(
            {
                "Courier": 4,
                "DejaVuMono": 3,
                "Helvetica": 3,
                "Roboto": 1,
                "SourceSans": 1.5,
                "DejaVuSans": 1,
                "Lato": 0.6,
            }
        )
    ]
    style.grey, style.color = 0x111111, 0x111111
    style.numbers.minus = "-1"
    style.signs_in_table = chance.maybe(0.25)
    style.signs_in_totals = chance.maybe(0.55)
    if style.date_pattern.find("month") >= 0:
        style.date_pattern = next(iter(country.dates))
    if not all(char.encode("cp1252", "ignore") for char in style.numbers.sign):
        style.numbers.sign = country.currency
    return style


def slip_options(chance, country):
    maybe, pick = chance.maybe, chance.pick
    return {
        "header": chance.weighted({"centred": 6, "left": 1.5}),
        "body": pick(list(BODIES)),
        "head_parts": [],
        "contact_labels": maybe(0.7),
        "rule": pick(["-", "=", "*", "", "line"]),
        "letters": maybe(0.35),
        "time": chance.weighted(
            {
                "hh:mm": 5,
                "hh:mm:ss": 3,
                "hhHmm": 1 if country.language == "fr" else 0,
                "am": 3 if country.code in ("US", "MY", "IN") else 0,
                None: 0.7,
            }
        ),
        "number_label": maybe(0.75),
        "facts_first": maybe(0.7),
        "percent_signs": True,
        "code_in_labels": country.currency if maybe(0.2) else None,
        "total_size": pick([1, 1.2, 1.5, 1.9]),
        "tax_block": chance.weighted({"rows": 4, "table": 3, "one": 2, None: 1.5}),
        "subtotal": maybe(0.35),
        "paid": chance.weighted({"cash": 5, "card": 5, None: 1.5}),
        "titled": maybe(0.3),
        "times": pick(["x", "X", "@", "*"]),
    }


def header(desk, y):
    """Who sold: brand, name, address, numbers."""
    chance, seller, style = desk.chance, desk.invoice.seller, desk.style
    middle = desk.options["header"] == "centred"
    x, align = ((desk.left + desk.right) / 2, "center") if middle else (desk.left, "left")
    branded = seller.brand != seller.name and chance.maybe(0.6)
    if branded or chance.maybe(0.4):
        text = seller.brand if branded else seller.name
        size = 1.7
        while desk.measure(text, True, size) > desk.width and size > 0.8:
            size *= 0.9
        named = (("seller_name", seller.name, seller.name),) if text == seller.name else ()
        y = desk.block(x, y + style.leading * 0.4, [Line(text, named, bold=True, size=size)], align, desk.width)
        desk.options["brand_drawn"] = text
    # The legal name is left out only below a brand.
    legal = seller.name not in desk.shown.values.get("seller_name", []) and (not branded or chance.maybe(0.65))
    parts = [
        *(["name"] if legal else []),
        chance.pick(["address", "address", "address_line"]) if chance.maybe(0.93) else "phone",
    ]
    parts += [
        part
        for part, share in (("phone", 0.5), ("web", 0.2), ("vat", 0.5), ("registration", 0.45))
        if part not in parts and chance.maybe(share)
    ]
    return desk.block(x, y, seller_lines(desk, parts, bold_name=chance.maybe(0.4)), align, desk.width)


def facts(desk, y):
    """Number, date and time, till and cashier, in one of several orders."""
    chance, invoice, wording = desk.chance, desk.invoice, desk.wording
    y = ruled(desk, y)
    if desk.options["titled"]:
        word = wording("title", "receipt")
        y = desk.block(
            (desk.left + desk.right) / 2, y, [Line(word, (("kind", "receipt", word),), bold=True, size=1.2)], "center"
        )
    printed = desk.style.date(invoice.issue_date, wording)
    dated = (("issue_date", invoice.issue_date, printed),)
    label, time = wording("receipt", "date").rstrip(":"), time_of(desk)
    lead = f"{label}: " if label and chance.maybe(0.7) else f"{label} " if label else ""
    gap = chance.pick([" ", "  ", " - ", " a " if wording.language == "fr" else " "])
    rows = [Line(f"{lead}{printed}{gap + time if time else ''}", dated)]
    others = [
        Line(f"{wording('receipt', 'till')} {chance.randint(1, 12):02d}"),
        Line(f"{wording('receipt', 'cashier')}: {invoice.seller.person.split()[0]}"),
    ]
    rows += chance.sample(others, chance.pick([0, 1, 1, 2]))
    if desk.options["number_label"]:
        head = wording("receipt", "number")
        rows.insert(
            chance.randint(0, len(rows)),
            Line(f"{head} {invoice.number}", (("number", invoice.number, invoice.number),)),
        )
    if chance.maybe(0.15):
        rows.append(Line(f"{wording('meta', 'loyalty')}: {chance.digits(10)}"))
    if chance.maybe(0.3) and len(rows) > 1:
        return pairs(desk, y, rows)
    return desk.block(desk.left, y, rows, width=desk.width)


def pairs(desk, y, rows):
    """Two on a row where they fit: one at each edge."""
    while rows:
        first, *rows = rows
        desk.text(desk.left, y, first.text, facts=first.facts)
        if rows and desk.measure(first.text + "  " + rows[0].text) < desk.width:
            second, *rows = rows
            desk.text(desk.right, y, second.text, align="right", facts=second.facts)
        y += desk.style.leading
    return y


def time_of(desk):
    hour, minute, second = desk.chance.randint(7, 22), desk.chance.randint(0, 59), desk.chance.randint(0, 59)
    forms = {
        "hh:mm": f"{hour:02d}:{minute:02d}",
        "hh:mm:ss": f"{hour:02d}:{minute:02d}:{second:02d}",
        "hhHmm": f"{hour:02d}H{minute:02d}",
        "am": f"{hour % 12 or 12}:{minute:02d} {'AM' if hour < 12 else 'PM'}",
    }
    return forms.get(desk.options["time"])
