"""A bicycle workshop's small invoice, as the customer photographs it on the table."""

from datetime import date
from decimal import Decimal as D

from reportlab.lib.colors import HexColor

from . import identifiers as ids
from .invoice import Invoice, Line, Party, Payment
from .sheet import A5, Column, Sheet
from .wording import english, english_long

RED = HexColor(0x9C2A22)
GREY = HexColor(0x555555)

INVOICE = Invoice(
    number="GB-20419",
    issue_date=date(2025, 6, 3),
    due_date=date(2025, 6, 17),
    currency="GBP",
    seller=Party(
        name="Gryphon & Daughters Cycles Ltd",
        address=("5 Looking-Glass Lane", "Wonderbury WB9 9ZZ"),
        country="GB",
        vat_id=ids.british_vat("9998804"),
        registration_id="99990421",
        phone="01632 960 114",
    ),
    buyer=Party(name="Mock Turtle Couriers Ltd", address=("Unit 2, Lobster Quay", "Wonderbury WB9 8YY"), country="GB"),
    payment=Payment(
        iban=ids.iban("GB", "GRYF00000000041998"),
        bic="GRYFGB2LXXX",
        terms="Payment within 14 days by bank transfer",
        reference="GB-20419",
    ),
    lines=(
        Line("Brake cable set, fitted", D("4"), D("17.50"), D("20")),
        Line("Rear wheel 26 in, rebuilt", D("2"), D("64.00"), D("20")),
        Line("Chain, 8 speed", D("3"), D("14.95"), D("20")),
        Line("Workshop labour, hours", D("2.5"), D("38.00"), D("20")),
    ),
)

COLUMNS = [
    Column("Description", 58),
    Column("Qty", 14, "right"),
    Column("Unit price", 24, "right"),
    Column("Amount", 24, "right"),
]
LEFT = 14.0
RIGHT = 134.0


def draw() -> bytes:
    sheet = Sheet(A5, "Sans", f"Invoice {INVOICE.number}", INVOICE.seller.name)
    seller, buyer = INVOICE.seller, INVOICE.buyer
    for x in (22, 36):
        sheet.circle(x, 24, 6.2, stroke=RED, line=0.9)
        sheet.circle(x, 24, 0.9, fill=RED)
    for start, end in (((22, 24), (28, 16)), ((28, 16), (31, 24)), ((31, 24), (22, 24)), ((31, 24), (35, 15)), ((36, 24), (34.4, 13.5))):
        sheet.rule(*start, *end, RED, 0.9)
    sheet.text(RIGHT, 19, "INVOICE", "Sans-Bold", 24, RED, "right")
    sheet.text(RIGHT, 26, f"No. {INVOICE.number}", "Sans-Bold", 12.5, align="right")

    sheet.text(LEFT, 40, seller.name, "Sans-Bold", 12.5)
    below = sheet.block(LEFT, 45, [*seller.address, f"Tel. {seller.phone}"], "Sans", 10.5, 4.6)
    vat = seller.vat_id
    sheet.text(LEFT, below, f"VAT No. {vat[:2]} {vat[2:5]} {vat[5:9]} {vat[9:]}", "Sans", 10.5)
    sheet.text(LEFT, below + 4.6, f"Company No. {seller.registration_id}", "Sans", 10.5)

    sheet.text(LEFT, 76, "Bill to", "Sans-Bold", 10, RED)
    sheet.block(LEFT, 81, [buyer.name, *buyer.address], "Sans", 10.5, 4.6)
    sheet.text(88, 76, "Invoice date", "Sans-Bold", 10, RED)
    sheet.text(88, 81, english_long(INVOICE.issue_date), "Sans", 10.5)
    sheet.text(88, 87, "Due date", "Sans-Bold", 10, RED)
    sheet.text(88, 92, english_long(INVOICE.due_date), "Sans", 10.5)

    below = _lines(sheet, 105)
    _totals(sheet, below)
    payment = INVOICE.payment
    footer = [
        f"{payment.terms}.",
        f"IBAN {ids.in_groups(payment.iban)}",
        f"BIC {payment.bic}",
        f"Please quote {payment.reference}.",
    ]
    sheet.rule(LEFT, 174, RIGHT, 174, RED, 0.4)
    sheet.block(LEFT, 180, footer, "Sans", 10.5, 4.8)
    sheet.text(74, 203, "Sample document. All firms and accounts are fictitious.", "Sans", 8, GREY, "center")
    return sheet.finish()


def _lines(sheet: Sheet, y: float) -> float:
    sheet.rule(LEFT, y - 5, RIGHT, y - 5, RED, 0.6)
    sheet.row(LEFT, y, COLUMNS, [column.title for column in COLUMNS], "Sans-Bold", 10, 4.5, pad=0.5)
    sheet.rule(LEFT, y + 2, RIGHT, y + 2, RED, 0.3)
    y += 8
    for line in INVOICE.lines:
        cells = [line.description, str(line.quantity), english(line.unit_price), english(INVOICE.line_net(line))]
        y = sheet.row(LEFT, y, COLUMNS, cells, "Sans", 10.5, 4.5, pad=0.5) + 6.2
    sheet.rule(LEFT, y - 3.6, RIGHT, y - 3.6, RED, 0.3)
    return y


def _totals(sheet: Sheet, y: float) -> None:
    rows = [("Subtotal", INVOICE.net, "Sans", 11), ("VAT 20%", INVOICE.tax, "Sans", 11), ("Total due", INVOICE.gross, "Sans-Bold", 13.5)]
    y += 3
    for label, value, font, size in rows:
        sheet.text(78, y, label, font, size)
        sheet.text(RIGHT - 0.5, y, f"£{english(value)}", font, size, align="right")
        y += 6.8
