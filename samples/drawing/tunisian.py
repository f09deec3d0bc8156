"""A Tunisian invoice: dinars with three decimals, tax number, and the stamp duty outside VAT."""

from datetime import date
from decimal import Decimal as D

from reportlab.lib.colors import HexColor, white

from . import identifiers as ids
from .invoice import Invoice, Line, Party, Payment
from .sheet import A4, BLACK, Column, Sheet
from .wording import french, percent, slashed

NIGHT = HexColor(0x1E2F54)
SAND = HexColor(0xF3ECDD)
GOLD = HexColor(0xB98A2E)
GREY = HexColor(0x5A5A5A)

INVOICE = Invoice(
    number="F25-00731",
    issue_date=date(2025, 2, 6),
    due_date=date(2025, 3, 8),
    currency="TND",
    decimals=3,
    purchase_order="BCI-2025/044",
    seller=Party(
        name="Simorgh Informatique SARL",
        address=("14 avenue des Mille Légendes", "1999 Qart-Mirage, Tunisie"),
        country="TN",
        registration_id=ids.tunisian_tax_number("9998104"),
        email="facturation@simorgh.example",
        phone="+216 00 123 456",
    ),
    buyer=Party(
        name="Clinique du Jasmin Bleu SA",
        address=("Rue de l’Oasis, résidence Aladin", "9099 Ksar Chimère, Tunisie"),
        country="TN",
        registration_id=ids.tunisian_tax_number("9997350"),
        customer_number="CL-0226",
    ),
    payment=Payment(
        iban=ids.tunisian_iban("99", "001", "0000004512378"),
        terms="Virement à 30 jours date de facture",
    ),
    charges=(("Timbre fiscal", D("1.000")),),
    lines=(
        Line("Ordinateur portable 14 pouces, 16 Go", D("3"), D("2450.000"), D("19"), code="ORD-14P"),
        Line("Écran 27 pouces avec support", D("5"), D("612.500"), D("19"), code="ECR-27S"),
        Line("Onduleur 1500 VA", D("2"), D("389.750"), D("19"), code="OND-15"),
        Line("Câble réseau catégorie 6, le mètre", D("180"), D("1.265"), D("19"), code="CAB-C6"),
        Line("Formation des utilisateurs, la journée", D("2"), D("480.000"), D("7"), code="FOR-JR"),
    ),
)

AMOUNT_IN_WORDS = (D("14617.643"), "quatorze mille six cent dix-sept dinars et six cent quarante-trois millimes")

COLUMNS = [
    Column("Code", 22),
    Column("Désignation", 68),
    Column("Qté", 14, "right"),
    Column("P.U. HT", 26, "right"),
    Column("TVA", 16, "right"),
    Column("Total HT", 34, "right"),
]
LEFT = 15.0
RIGHT = 195.0


def draw() -> bytes:
    amount, words = AMOUNT_IN_WORDS
    if amount != INVOICE.due:
        raise ValueError(f"the words say {amount}, the figures {INVOICE.due}")
    sheet = Sheet(A4, "Caladea", f"Facture {INVOICE.number}", INVOICE.seller.name)
    _letterhead(sheet)
    below = _lines(sheet, 116)
    _totals(sheet, below + 8)
    sheet.text(LEFT, 224, "Arrêtée la présente facture à la somme de :", "Caladea", 10)
    sheet.text(LEFT, 230, f"{words}.", "Caladea-Bold", 10)
    _payment(sheet)
    return sheet.finish()


def _letterhead(sheet: Sheet) -> None:
    seller, buyer = INVOICE.seller, INVOICE.buyer
    sheet.box(0, 0, 210, 34, fill=NIGHT)
    sheet.box(0, 34, 210, 1.4, fill=GOLD)
    for angle, reach in ((0, 9), (5, 12), (10, 9)):
        sheet.polygon([(19 + angle, 26), (24 + angle - 5 + reach / 4, 26 - reach), (24 + angle, 26)], GOLD)
    sheet.text(42, 18, "Simorgh Informatique", "Caladea-Bold", 20, white)
    sheet.text(42, 25, "Matériel, réseaux et formation", "Caladea", 10.5, SAND)
    sheet.text(RIGHT, 21, "FACTURE", "Caladea-Bold", 22, white, "right")

    lines = [*seller.address, f"Tél. : {seller.phone}", seller.email, f"Matricule fiscal : {seller.registration_id}"]
    sheet.text(LEFT, 46, seller.name, "Caladea-Bold", 11)
    sheet.block(LEFT, 51.5, lines, "Caladea", 10, 5)

    sheet.box(108, 41, 87, 38, stroke=GOLD, line=0.4)
    sheet.text(112, 47, "Client", "Caladea", 9, GREY)
    sheet.text(112, 53, buyer.name, "Caladea-Bold", 11)
    lines = [*buyer.address, f"Matricule fiscal : {buyer.registration_id}", f"Code client : {buyer.customer_number}"]
    sheet.block(112, 59, lines, "Caladea", 10, 5)

    facts = [
        ("Facture N°", INVOICE.number),
        ("Date", slashed(INVOICE.issue_date)),
        ("Échéance", slashed(INVOICE.due_date)),
        ("Bon de commande", INVOICE.purchase_order),
    ]
    for place, (label, value) in enumerate(facts):
        x = LEFT + place * 45
        sheet.box(x, 88, 44, 14, fill=SAND)
        sheet.text(x + 3, 93, label, "Caladea", 8.5, GREY)
        sheet.text(x + 3, 99, value, "Caladea-Bold", 11)


def _lines(sheet: Sheet, y: float) -> float:
    top = y - 6
    sheet.box(LEFT, top, RIGHT - LEFT, 9, fill=NIGHT)
    sheet.row(LEFT, y, COLUMNS, [column.title for column in COLUMNS], "Caladea-Bold", 10, 4.5, white)
    y += 10
    for line in INVOICE.lines:
        cells = [
            line.code,
            line.description,
            str(line.quantity),
            french(line.unit_price),
            f"{percent(line.tax_rate)} %",
            french(INVOICE.line_net(line)),
        ]
        y = sheet.row(LEFT, y, COLUMNS, cells, "Caladea", 10.5, 4.8) + 8.4
        sheet.rule(LEFT, y - 5.6, RIGHT, y - 5.6, HexColor(0xCCCCCC))
    return y - 5.6


def _totals(sheet: Sheet, y: float) -> None:
    columns = [Column("Taux TVA", 22), Column("Assiette", 30, "right"), Column("Montant", 28, "right")]
    sheet.row(LEFT, y, columns, [column.title for column in columns], "Caladea-Bold", 10, 4.5, NIGHT)
    sheet.rule(LEFT, y + 2, LEFT + 80, y + 2, NIGHT, 0.3)
    for place, (rate, base, amount) in enumerate(INVOICE.taxes()):
        cells = [f"{percent(rate)} %", french(base), french(amount)]
        sheet.row(LEFT, y + 7.5 + 5.8 * place, columns, cells, "Caladea", 10.5, 4.5)

    rows = [("Total HT", INVOICE.net), ("Total TVA", INVOICE.tax), ("Total TTC", INVOICE.gross), *INVOICE.charges]
    for label, value in rows:
        sheet.text(117, y, label, "Caladea", 11)
        sheet.text(RIGHT - 2, y, french(value), "Caladea", 11, align="right")
        y += 6.6
    sheet.box(113, y - 4, RIGHT - 113, 10.5, fill=NIGHT)
    sheet.text(117, y + 2.8, "NET À PAYER (TND)", "Caladea-Bold", 12, white)
    sheet.text(RIGHT - 2, y + 2.8, french(INVOICE.due), "Caladea-Bold", 12, white, "right")


def _payment(sheet: Sheet) -> None:
    iban = INVOICE.payment.iban
    rib = iban[4:]
    lines = [
        f"Conditions : {INVOICE.payment.terms}",
        f"RIB : {rib[:2]} {rib[2:5]} {rib[5:18]} {rib[18:]}",
        f"IBAN : {ids.in_groups(iban)}",
    ]
    sheet.block(LEFT, 241, lines, "Caladea", 10, 5.4, BLACK)
    sheet.text(160, 241, "Cachet et signature", "Caladea", 9.5, GREY, "center")
    sheet.box(130, 243.5, 65, 24, stroke=HexColor(0xBBBBBB), line=0.2)
    sheet.rule(LEFT, 276, RIGHT, 276, GOLD, 0.4)
    footer = f"{INVOICE.seller.name}, capital 20 000 DT. Document d’exemple : les sociétés et les comptes sont fictifs."
    sheet.text(105, 281, footer, "Caladea", 8.5, GREY, "center")
