"""An Irish supplier's invoice whose lines run over to a second page."""

from datetime import date
from decimal import Decimal as D

from reportlab.lib.colors import HexColor

from . import identifiers as ids
from .invoice import Invoice, Line, Party, Payment
from .sheet import A4, Column, Sheet
from .wording import english, english_long, percent

PLUM = HexColor(0x5B2C5F)
MIST = HexColor(0xEFE8F0)
GREY = HexColor(0x666666)
HAIR = HexColor(0xBBBBBB)

STANDARD, REDUCED = D("23"), D("13.5")


def _goods(code: str, description: str, quantity: str, price: str) -> Line:
    return Line(description, D(quantity), D(price), STANDARD, "pc", code)


def _work(code: str, description: str, hours: str, price: str) -> Line:
    return Line(description, D(hours), D(price), REDUCED, "h", code)


INVOICE = Invoice(
    number="INV 10447",
    issue_date=date(2025, 5, 12),
    delivery_date=date(2025, 5, 8),
    due_date=date(2025, 6, 11),
    currency="EUR",
    purchase_order="PO-88123",
    seller=Party(
        name="Cheshire Stage & Props Ltd",
        address=("Unit 7, Grin Industrial Estate", "Tulgey Wood, Co. Nowhere, X99 AB12", "Ireland"),
        country="IE",
        vat_id=ids.irish_vat("9999204"),
        registration_id="999204",
        email="accounts@cheshire-props.example",
        phone="+353 20 915 0147",
    ),
    buyer=Party(
        name="Jabberwock Theatre Company",
        address=("31 Vorpal Street", "Brillig, Co. Nowhere, X99 CD34", "Ireland"),
        country="IE",
        vat_id=ids.irish_vat("9998711"),
        customer_number="JAB-031",
    ),
    payment=Payment(
        iban=ids.iban("IE", "CHSH99000000104470"),
        bic="CHSHIE2DXXX",
        terms="30 days from the date of invoice",
        reference="INV 10447",
    ),
    lines=(
        _goods("FL-110", "Flat, timber frame, 1.2 m x 3.6 m", "12", "84.50"),
        _goods("FL-115", "Flat with door opening, hinged", "2", "146.00"),
        _goods("FL-120", "Flat with window opening, glazed in acrylic", "3", "158.75"),
        _goods("PL-200", "Platform, 2 m x 1 m, plywood top", "8", "132.00"),
        _goods("PL-210", "Platform leg set, adjustable 20 to 60 cm", "8", "41.25"),
        _goods("PL-230", "Step unit, three treads", "2", "97.40"),
        _goods("CL-010", "Backcloth, painted forest, 9 m x 5 m", "1", "1240.00"),
        _goods("CL-020", "Legs, black wool serge, pair", "4", "212.00"),
        _goods("CL-031", "Border, black wool serge", "3", "118.30"),
        _goods("HW-301", "Coffin lock, steel", "36", "6.85"),
        _goods("HW-305", "Stage brace, telescopic", "14", "39.90"),
        _goods("HW-307", "Stage weight, 12 kg", "14", "18.50"),
        _goods("HW-322", "Castor, braked, 100 mm", "24", "11.75"),
        _goods("HW-340", "Scenery screw, box of 50", "6", "14.20"),
        _goods("PR-404", "Looking-glass, gilt frame, shatterproof", "1", "365.00"),
        _goods("PR-411", "Tea service for twelve, papier mâché", "1", "188.00"),
        _goods("PR-415", "Playing card costume board, set of 13", "2", "274.50"),
        _goods("PR-420", "Croquet mallet, flamingo, foam", "6", "58.60"),
        _goods("PR-428", "Pocket watch, oversized, working hands", "1", "92.00"),
        _goods("PR-433", "Mushroom seat, upholstered", "5", "124.00"),
        _goods("PT-510", "Scenic paint, matt black, 5 l", "7", "33.80"),
        _goods("PT-514", "Scenic paint, emerald, 5 l", "4", "36.40"),
        _goods("PT-530", "Flame retardant, 10 l", "3", "71.25"),
        _work("WK-001", "Scene painter", "38.5", "42.00"),
        _work("WK-002", "Carpenter, fit-up on site", "24", "39.50"),
        _work("WK-003", "Driver and loading", "9", "31.00"),
    ),
)
FIRST_PAGE_LINES = 19

COLUMNS = [
    Column("Item", 17),
    Column("Description", 76),
    Column("Qty", 15, "right"),
    Column("Unit", 12, "center"),
    Column("Price", 21, "right"),
    Column("VAT %", 16, "right"),
    Column("Amount", 25, "right"),
]
LEFT = 14.0
RIGHT = 196.0


def draw() -> bytes:
    sheet = Sheet(A4, "Sans", f"Invoice {INVOICE.number}", INVOICE.seller.name)
    first, second = INVOICE.lines[:FIRST_PAGE_LINES], INVOICE.lines[FIRST_PAGE_LINES:]
    carried = sum((INVOICE.line_net(line) for line in first), D(0))
    _first_page_head(sheet)
    y = _lines(sheet, 116, first)
    _carry(sheet, y + 1.5, "Carried forward", carried)
    _foot(sheet, 1)
    sheet.next_page()
    sheet.text(LEFT, 20, INVOICE.seller.name, "Sans-Bold", 11, PLUM)
    sheet.text(RIGHT, 20, f"Invoice {INVOICE.number}, continued", "Sans", 10.5, align="right")
    _carry(sheet, 32, "Brought forward", carried)
    y = _lines(sheet, 42, second)
    _totals(sheet, y + 8)
    _foot(sheet, 2)
    return sheet.finish()


def _first_page_head(sheet: Sheet) -> None:
    seller, buyer = INVOICE.seller, INVOICE.buyer
    sheet.box(LEFT, 14, 3, 22, fill=PLUM)
    sheet.text(21, 23, seller.name, "Sans-Bold", 18, PLUM)
    sheet.text(21, 30, "Scenery · Soft goods · Properties", "Sans-Light", 11, GREY)
    sheet.block(RIGHT, 19, [*seller.address, seller.phone, seller.email], "Sans", 9.5, 4.6, GREY, "right")

    sheet.text(LEFT, 54, "TAX INVOICE", "Sans-Bold", 17)
    sheet.text(LEFT, 64, "Invoice to", "Sans-Bold", 9, PLUM)
    sheet.text(LEFT, 69.5, buyer.name, "Sans-Bold", 11)
    sheet.block(LEFT, 74.7, [*buyer.address, f"VAT reg. no. {buyer.vat_id}"], "Sans", 10, 4.9)

    facts = [
        ("Invoice number", INVOICE.number),
        ("Invoice date", english_long(INVOICE.issue_date)),
        ("Delivery date", english_long(INVOICE.delivery_date)),
        ("Due date", english_long(INVOICE.due_date)),
        ("Your order", INVOICE.purchase_order),
        ("Account", buyer.customer_number),
    ]
    sheet.box(112, 48, RIGHT - 112, 49, fill=MIST)
    for place, (label, value) in enumerate(facts):
        y = 56 + 7.4 * place
        sheet.text(117, y, label, "Sans", 10, GREY)
        sheet.text(RIGHT - 5, y, value, "Sans-Bold", 10.5, align="right")


def _lines(sheet: Sheet, y: float, lines) -> float:
    sheet.rule(LEFT, y - 5.5, RIGHT, y - 5.5, PLUM, 0.5)
    sheet.row(LEFT, y, COLUMNS, [column.title for column in COLUMNS], "Sans-Bold", 9.5, 4.4)
    sheet.rule(LEFT, y + 2.4, RIGHT, y + 2.4, PLUM, 0.25)
    y += 8
    for line in lines:
        cells = [
            line.code,
            line.description,
            str(line.quantity),
            line.unit,
            english(line.unit_price),
            percent(line.tax_rate, "."),
            english(INVOICE.line_net(line)),
        ]
        y = sheet.row(LEFT, y, COLUMNS, cells, "Sans", 10, 4.4) + 7
    sheet.rule(LEFT, y - 4.6, RIGHT, y - 4.6, PLUM, 0.25)
    return y


def _carry(sheet: Sheet, y: float, label: str, amount: D) -> None:
    sheet.text(RIGHT - 30, y, label, "Sans-Bold", 10, align="right")
    sheet.text(RIGHT - 1.5, y, english(amount), "Sans-Bold", 10, align="right")


def _totals(sheet: Sheet, y: float) -> None:
    sheet.text(LEFT, y, "VAT summary", "Sans-Bold", 10, PLUM)
    columns = [Column("Rate", 18), Column("Net", 28, "right"), Column("VAT", 28, "right")]
    sheet.row(LEFT, y + 6, columns, [column.title for column in columns], "Sans", 9.5, 4.4, GREY, pad=0)
    sheet.rule(LEFT, y + 7.8, LEFT + 74, y + 7.8, HAIR)
    for place, (rate, base, amount) in enumerate(INVOICE.taxes()):
        cells = [f"{percent(rate, '.')}%", english(base), english(amount)]
        sheet.row(LEFT, y + 12.8 + 5.6 * place, columns, cells, "Sans", 10, 4.4, pad=0)

    for place, (label, value) in enumerate([("Total excluding VAT", INVOICE.net), ("VAT", INVOICE.tax)]):
        sheet.text(122, y + 6.4 * place, label, "Sans", 10.5)
        sheet.text(RIGHT - 1.5, y + 6.4 * place, f"€{english(value)}", "Sans", 10.5, align="right")
    sheet.rule(118, y + 10, RIGHT, y + 10, PLUM, 0.5)
    sheet.text(122, y + 17, "Total payable", "Sans-Bold", 13, PLUM)
    sheet.text(RIGHT - 1.5, y + 17, f"€{english(INVOICE.due)}", "Sans-Bold", 13, PLUM, "right")

    payment = INVOICE.payment
    lines = [
        f"Terms: {payment.terms}.",
        f"IBAN: {ids.in_groups(payment.iban)}",
        f"BIC: {payment.bic}",
        f"Please quote {payment.reference} with your payment.",
    ]
    sheet.text(LEFT, y + 44, "How to pay", "Sans-Bold", 10, PLUM)
    sheet.block(LEFT, y + 50, lines, "Sans", 10.5, 5.4)


def _foot(sheet: Sheet, page: int) -> None:
    seller = INVOICE.seller
    sheet.rule(LEFT, 280, RIGHT, 280, HAIR)
    sheet.text(LEFT, 285, f"{seller.name}. Registered in Ireland no. {seller.registration_id}. VAT no. {seller.vat_id}.", "Sans", 8.5, GREY)
    sheet.text(LEFT, 289, "Sample document: all firms, addresses and accounts are fictitious.", "Sans", 8.5, GREY)
    sheet.text(RIGHT, 285, f"Page {page} of 2", "Sans", 8.5, GREY, "right")
