"""A French Factur-X invoice: the page says the same as the XML that is attached to it."""

from datetime import date
from decimal import Decimal as D

from reportlab.lib.colors import HexColor, white

from . import identifiers as ids
from .invoice import Invoice, Line, Party, Payment
from .sheet import A4, Column, Sheet
from .wording import french, percent, slashed

TEAL = HexColor(0x0E6E73)
PALE = HexColor(0xE9F3F3)
GREY = HexColor(0x5B6467)
HAIR = HexColor(0xC9D3D4)

SELLER_SIREN = ids.siren("99999001")
BUYER_SIREN = ids.siren("99999864")

INVOICE = Invoice(
    number="FA-2025-0342",
    issue_date=date(2025, 3, 18),
    delivery_date=date(2025, 3, 14),
    due_date=date(2025, 4, 17),
    currency="EUR",
    purchase_order="BC-7719",
    seller=Party(
        name="Papeterie du Dahu SAS",
        address=("12 rue des Chimères", "74999 Saint-Nulle-Part"),
        country="FR",
        vat_id=ids.french_vat(SELLER_SIREN),
        registration_id=SELLER_SIREN,
        email="compta@papeterie-dahu.example",
        phone="+33 4 65 71 12 34",
    ),
    buyer=Party(
        name="Compagnie des Licornes SARL",
        address=("3 quai des Songes", "69999 Montrêveur"),
        country="FR",
        vat_id=ids.french_vat(BUYER_SIREN),
        registration_id=BUYER_SIREN,
        customer_number="C00481",
    ),
    payment=Payment(
        iban=ids.french_iban("99999", "00001", "00412345678"),
        bic="DAHUFRPPXXX",
        terms="Paiement à 30 jours par virement, sans escompte",
        reference="FA-2025-0342",
    ),
    lines=(
        Line("Atlas des vallées imaginaires, relié", D("6"), D("28.50"), D("5.5"), "C62", "LIV-0417"),
        Line("Manuel pratique de cartographie", D("4"), D("34.90"), D("5.5"), "C62", "LIV-0532"),
        Line("Papier A4 80 g/m², carton de 5 ramettes", D("12"), D("24.75"), D("20"), "C62", "PAP-1120"),
        Line("Carnet quadrillé 96 pages, lot de 10", D("48"), D("18.40"), D("20"), "C62", "PAP-2045"),
        Line("Livraison sur site et mise en place", D("1"), D("35.00"), D("20"), "C62", "SRV-0010"),
    ),
)

COLUMNS = [
    Column("Référence", 24),
    Column("Désignation", 70),
    Column("Qté", 14, "right"),
    Column("P.U. HT", 24, "right"),
    Column("TVA", 18, "right"),
    Column("Montant HT", 30, "right"),
]
LEFT = 15.0
RIGHT = 195.0


def draw() -> bytes:
    sheet = Sheet(A4, "Lato", f"Facture {INVOICE.number}", INVOICE.seller.name)
    _letterhead(sheet)
    _parties(sheet)
    _dates(sheet)
    below = _lines(sheet, 119)
    _totals(sheet, below + 9)
    _payment(sheet)
    _legal(sheet)
    return sheet.finish()


def _letterhead(sheet: Sheet) -> None:
    seller = INVOICE.seller
    sheet.box(0, 0, 210, 5, fill=TEAL)
    # A mountain whose two slopes are not equally long, as befits the animal.
    sheet.polygon([(15, 31), (25, 13), (31, 31)], TEAL)
    sheet.polygon([(26, 31), (33, 20), (39, 31)], HexColor(0x5FA8A5))
    sheet.polygon([(22.6, 17.3), (25, 13), (26.4, 17.3), (25.2, 16.6), (24.2, 17.9)], white)
    sheet.text(43, 22, "Papeterie du Dahu", "Lato-Bold", 17, TEAL)
    sheet.text(43, 28, "Fournitures de bureau · Librairie professionnelle", "Lato", 8.5, GREY)
    sheet.text(RIGHT, 22, "FACTURE", "Lato-Light", 24, TEAL, "right")
    sheet.text(RIGHT, 28.5, f"N° {INVOICE.number}", "Lato-Bold", 11, align="right")
    contact = [seller.name, *seller.address, f"Tél. {seller.phone}", seller.email]
    sheet.block(LEFT, 43, contact, "Lato", 9, 4.6, GREY)


def _parties(sheet: Sheet) -> None:
    buyer = INVOICE.buyer
    sheet.box(110, 38, 85, 37, fill=PALE, radius=1.5)
    sheet.text(115, 44.5, "FACTURÉ À", "Lato-Bold", 7.5, TEAL)
    sheet.text(115, 50.5, buyer.name, "Lato-Bold", 11)
    sheet.block(115, 55.7, buyer.address, "Lato", 10, 5)
    identity = [f"SIREN : {ids.in_groups(buyer.registration_id, 3)}", f"TVA intracommunautaire : {buyer.vat_id}"]
    sheet.block(115, 66.5, identity, "Lato", 8.5, 4.4, GREY)


def _dates(sheet: Sheet) -> None:
    facts = [
        ("Date de facture", slashed(INVOICE.issue_date)),
        ("Date de livraison", slashed(INVOICE.delivery_date)),
        ("Échéance", slashed(INVOICE.due_date)),
        ("Votre commande", INVOICE.purchase_order),
        ("N° client", INVOICE.buyer.customer_number),
    ]
    sheet.rule(LEFT, 84, RIGHT, 84, HAIR, 0.3)
    for place, (label, value) in enumerate(facts):
        x = LEFT + place * 37
        sheet.text(x, 90, label, "Lato", 8, GREY)
        sheet.text(x, 95.5, value, "Lato-Bold", 10.5)
    sheet.rule(LEFT, 100, RIGHT, 100, HAIR, 0.3)


def _lines(sheet: Sheet, y: float) -> float:
    sheet.box(LEFT, y - 6, RIGHT - LEFT, 8.5, fill=TEAL)
    sheet.row(LEFT, y - 0.4, COLUMNS, [column.title for column in COLUMNS], "Lato-Bold", 9, 4, white)
    y += 9
    for place, line in enumerate(INVOICE.lines):
        if place % 2:
            sheet.box(LEFT, y - 5.6, RIGHT - LEFT, 9, fill=HexColor(0xF5F8F8))
        cells = [
            line.code,
            line.description,
            str(line.quantity),
            french(line.unit_price),
            f"{percent(line.tax_rate)} %",
            french(INVOICE.line_net(line)),
        ]
        y = sheet.row(LEFT, y, COLUMNS, cells, "Lato", 9.5, 4.4) + 9
    sheet.rule(LEFT, y - 5.2, RIGHT, y - 5.2, TEAL, 0.4)
    return y


def _totals(sheet: Sheet, y: float) -> None:
    sheet.text(LEFT, y, "Détail de la TVA", "Lato-Bold", 9, TEAL)
    columns = [Column("Taux", 18), Column("Base HT", 28, "right"), Column("Montant TVA", 28, "right")]
    sheet.row(LEFT, y + 6, columns, [column.title for column in columns], "Lato", 8.5, 4, GREY, pad=0)
    sheet.rule(LEFT, y + 7.6, LEFT + 74, y + 7.6, HAIR)
    for place, (rate, base, amount) in enumerate(INVOICE.taxes()):
        cells = [f"{percent(rate)} %", f"{french(base)} €", f"{french(amount)} €"]
        sheet.row(LEFT, y + 12.5 + 5.5 * place, columns, cells, "Lato", 9, 4, pad=0)

    for place, (label, value) in enumerate([("Total HT", INVOICE.net), ("Total TVA", INVOICE.tax), ("Total TTC", INVOICE.gross)]):
        sheet.text(128, y + 6.5 * place, label, "Lato", 10)
        sheet.text(RIGHT - 2, y + 6.5 * place, f"{french(value)} €", "Lato", 10, align="right")
    sheet.box(124, y + 17, RIGHT - 124, 10.5, fill=TEAL, radius=1)
    sheet.text(128, y + 23.8, "Net à payer", "Lato-Bold", 12, white)
    sheet.text(RIGHT - 2, y + 23.8, f"{french(INVOICE.due)} €", "Lato-Bold", 12, white, "right")


def _payment(sheet: Sheet) -> None:
    payment = INVOICE.payment
    sheet.box(LEFT, 224, RIGHT - LEFT, 27, stroke=HAIR, radius=1.5)
    sheet.text(LEFT + 5, 230.5, "RÈGLEMENT", "Lato-Bold", 7.5, TEAL)
    sheet.text(LEFT + 5, 236, payment.terms, "Lato", 9.5)
    sheet.text(LEFT + 5, 241.5, f"IBAN : {ids.in_groups(payment.iban)}", "Lato-Bold", 9.5)
    sheet.text(LEFT + 5, 247, f"BIC : {payment.bic}", "Lato-Bold", 9.5)
    sheet.text(LEFT + 62, 247, f"Référence à rappeler : {payment.reference}", "Lato", 9.5)


def _legal(sheet: Sheet) -> None:
    seller = INVOICE.seller
    siren = ids.in_groups(seller.registration_id, 3)
    sheet.rule(LEFT, 262, RIGHT, 262, HAIR)
    lines = [
        "En cas de retard de paiement : pénalités au taux de trois fois l’intérêt légal et indemnité forfaitaire"
        " pour frais de recouvrement de 40 € (art. L441-10 C. com.).",
        f"{seller.name} au capital de 10 000 € · SIREN {siren} · RCS Saint-Nulle-Part · TVA {seller.vat_id}",
        "Document d’exemple : les sociétés, adresses et comptes sont fictifs.",
    ]
    sheet.block(105, 267, lines, "Lato", 7.5, 4.2, GREY, "center")
