"""A French plumber's invoice, printed on an office printer, stamped on arrival, folded and scanned."""

from datetime import date
from decimal import Decimal as D

from reportlab.lib.colors import HexColor

from . import identifiers as ids
from .invoice import Invoice, Line, Party, Payment
from .sheet import A4, BLACK, Column, Sheet
from .wording import french, french_long, percent

BLUE = HexColor(0x24406E)
SHADE = HexColor(0xDADFE6)

SELLER_SIREN = ids.siren("99998207")

INVOICE = Invoice(
    number="2025/0187",
    issue_date=date(2025, 4, 9),
    delivery_date=None,
    due_date=date(2025, 5, 9),
    currency="EUR",
    seller=Party(
        name="Plomberie Tarasque & Fils",
        address=("27 chemin du Vieux Dragon", "13999 Tarascandre"),
        country="FR",
        vat_id=ids.french_vat(SELLER_SIREN),
        registration_id=ids.siret(SELLER_SIREN, "0001"),
        email="contact@tarasque-plomberie.example",
        phone="04 65 71 56 78",
    ),
    buyer=Party(
        name="Résidence Les Trois Griffons",
        address=("Syndic Hippocampe Gestion", "8 place de la Sirène", "13998 Port-Mirage"),
        country="FR",
    ),
    payment=Payment(
        iban=ids.french_iban("99998", "00042", "09876543210"),
        bic="TARAFRP1XXX",
        terms="Règlement à 30 jours par virement ou par chèque",
    ),
    prepaid=D("450.00"),
    lines=(
        Line("Remplacement du chauffe-eau du local commun, dépose et évacuation de l’ancien comprises", D("1"), D("1240.00"), D("10"), "forfait"),
        Line("Tube cuivre écroui Ø 22 mm, fourniture et pose", D("14.5"), D("18.60"), D("10"), "m"),
        Line("Vanne d’arrêt 1/4 de tour laiton", D("6"), D("23.45"), D("10"), "u"),
        Line("Circulateur à débit variable", D("1"), D("389.00"), D("20"), "u"),
        Line("Main d’œuvre, deux compagnons", D("11"), D("52.00"), D("10"), "h"),
        Line("Déplacement et mise en service", D("2"), D("45.00"), D("10"), "u"),
    ),
)

COLUMNS = [
    Column("Désignation des travaux", 83),
    Column("Unité", 16, "center"),
    Column("Quantité", 18, "right"),
    Column("Prix unit. HT", 24, "right"),
    Column("TVA", 13, "right"),
    Column("Total HT", 26, "right"),
]
LEFT = 15.0
RIGHT = 195.0


def draw() -> bytes:
    sheet = Sheet(A4, "Serif", f"Facture {INVOICE.number}", INVOICE.seller.name)
    _letterhead(sheet)
    below = _lines(sheet, 112)
    _totals(sheet, below + 7)
    _footer(sheet)
    return sheet.finish()


def draw_stamp() -> bytes:
    """The receipt stamp of the buyer's office, alone on a small page: the wear presses it on the paper."""
    sheet = Sheet((62, 26), "Sans-Bold", "stamp", "")
    ink = HexColor(0x2B3FA0)
    sheet.box(1, 1, 60, 24, stroke=ink, line=0.8, radius=2)
    sheet.text(31, 8, "HIPPOCAMPE GESTION", "Sans-Bold", 10.5, ink, "center")
    sheet.text(31, 15.5, "REÇU LE 14 AVR. 2025", "Sans-Bold", 13, ink, "center")
    sheet.text(31, 21.5, "Service comptable", "Sans", 9, ink, "center")
    return sheet.finish()


def _letterhead(sheet: Sheet) -> None:
    seller, buyer = INVOICE.seller, INVOICE.buyer
    sheet.text(LEFT, 22, seller.name, "Serif-Bold", 19, BLUE)
    sheet.text(LEFT, 28, "Chauffage – Sanitaire – Dépannage", "Serif-Italic", 11, BLUE)
    sheet.block(LEFT, 35, [*seller.address, f"Tél. : {seller.phone}", seller.email], "Serif", 10, 5)
    siret = seller.registration_id
    siret = f"{ids.in_groups(siret[:9], 3)} {siret[9:]}"
    sheet.block(LEFT, 55.5, [f"SIRET : {siret}", f"N° TVA : {seller.vat_id}"], "Serif", 10, 5)

    sheet.block(113, 52, ["À l’attention de"], "Serif-Italic", 10, 5)
    sheet.text(113, 58, buyer.name, "Serif-Bold", 12)
    sheet.block(113, 64, buyer.address, "Serif", 11, 5.4)

    sheet.text(LEFT, 86, f"FACTURE N° {INVOICE.number}", "Serif-Bold", 15)
    sheet.text(LEFT, 93, f"Date : {french_long(INVOICE.issue_date)}", "Serif", 11)
    sheet.text(RIGHT, 93, "Tarascandre, chantier : chaufferie du bâtiment B", "Serif-Italic", 10, align="right")


def _lines(sheet: Sheet, y: float) -> float:
    top = y - 6
    sheet.box(LEFT, top, RIGHT - LEFT, 9, fill=SHADE)
    sheet.row(LEFT, y, COLUMNS, [column.title for column in COLUMNS], "Serif-Bold", 9.5, 4.5)
    y += 10.5
    for line in INVOICE.lines:
        quantity = str(line.quantity).replace(".", ",")
        cells = [
            line.description,
            line.unit,
            quantity,
            french(line.unit_price),
            f"{percent(line.tax_rate)} %",
            french(INVOICE.line_net(line)),
        ]
        y = sheet.row(LEFT, y, COLUMNS, cells, "Serif", 10, 4.8) + 7.8
    bottom = y - 3
    sheet.box(LEFT, top, RIGHT - LEFT, bottom - top, stroke=BLACK, line=0.3)
    sheet.rule(LEFT, top + 9, RIGHT, top + 9, BLACK, 0.3)
    x = LEFT
    for column in COLUMNS[:-1]:
        x += column.width
        sheet.rule(x, top, x, bottom, BLACK, 0.2)
    return bottom


def _totals(sheet: Sheet, y: float) -> None:
    rows = [("Total HT", INVOICE.net, "Serif")]
    rows += [(f"TVA {percent(rate)} % sur {french(base)}", amount, "Serif") for rate, base, amount in INVOICE.taxes()]
    rows += [
        ("Total TTC", INVOICE.gross, "Serif-Bold"),
        ("Acompte versé le 12 mars 2025", -INVOICE.prepaid, "Serif"),
    ]
    for label, value, font in rows:
        sheet.text(112, y, label, font, 10.5)
        sheet.text(RIGHT - 1.5, y, f"{french(value)} €", font, 10.5, align="right")
        y += 6.2
    sheet.box(110, y - 4.2, RIGHT - 110, 9.5, stroke=BLACK, line=0.5)
    sheet.text(112, y + 2.2, "RESTE À PAYER", "Serif-Bold", 12)
    sheet.text(RIGHT - 1.5, y + 2.2, f"{french(INVOICE.due)} €", "Serif-Bold", 12, align="right")


def _footer(sheet: Sheet) -> None:
    payment = INVOICE.payment
    sheet.text(LEFT, 245, f"{payment.terms}.", "Serif", 10)
    sheet.text(LEFT, 250.5, f"Date limite de paiement : {french_long(INVOICE.due_date)}", "Serif-Bold", 10)
    sheet.text(LEFT, 256, f"IBAN {ids.in_groups(payment.iban)}   BIC {payment.bic}", "Serif", 10)
    sheet.rule(LEFT, 266, RIGHT, 266, BLUE, 0.4)
    lines = [
        "Pénalités de retard : trois fois le taux d’intérêt légal. Indemnité forfaitaire de recouvrement : 40 €.",
        "Assurance décennale : Mutuelle du Basilic, contrat 000-000. Garantie deux ans sur les pièces.",
        "Document d’exemple : les sociétés, adresses et comptes sont fictifs.",
    ]
    sheet.block(105, 271, lines, "Serif", 8.5, 4.3, align="center")
