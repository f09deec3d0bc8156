"""An invoice out of nothing: parties, dates, numbers, items and what happens to the sum."""

from datetime import date, timedelta
from decimal import Decimal

from . import identifiers as ids
from .countries import BY_CODE
from .goods import invent_items
from .invoice import Invoice
from .money import rounded
from .parties import invent_party

FIRST_DAY = date(2015, 1, 3)
LAST_DAY = date(2027, 12, 20)
# Countries that VAT is not charged between: reverse charge or intra-community supply.
UNION = ("FR", "BE", "DE", "AT", "IE", "NL", "IT", "ES", "PT")


def invent_invoice(chance, country, wording, item_count=None):
    kind = "credit_note" if chance.maybe(0.08) else "invoice"
    issue_date = FIRST_DAY + timedelta(days=chance.randint(0, (LAST_DAY - FIRST_DAY).days))
    abroad = country.code in UNION and chance.maybe(0.09)
    buyer_country = BY_CODE[chance.pick([code for code in UNION if code != country.code])] if abroad else country
    from_gross = chance.maybe(0.1) and country.code not in ("US", "IN")
    invoice = Invoice(
        kind=kind,
        number=number_of(chance, issue_date, kind),
        issue_date=issue_date,
        currency=country.currency,
        decimals=country.decimals,
        seller=invent_party(chance, country, abroad=abroad),
        buyer=invent_party(chance, buyer_country, is_buyer=True, abroad=abroad),
        items=invent_items(chance, country, wording, issue_date, item_count or count_of_items(chance), from_gross),
        from_gross=from_gross,
    )
    if chance.maybe(0.1 if not abroad else 0.7) and not from_gross:
        invoice.no_tax = "reverse" if abroad and chance.maybe(0.7) else "exempt"
        for item in invoice.items:
            item.rate = Decimal(0)
    dates_and_references(chance, invoice)
    adjust(chance, invoice, country)
    account = ids.any_iban(country.code, chance)
    if account and chance.maybe(0.72):
        invoice.iban = account
        invoice.bic = ids.bic(country.code, chance) if chance.maybe(0.75) else None
    return invoice


def count_of_items(chance):
    return chance.weighted(
        {1: 9, 2: 10, 3: 11, 4: 10, 5: 8, 6: 6, 7: 5, 8: 4, 10: 4, 12: 3, 15: 3, 19: 2, 24: 2, 30: 1.5, 40: 1}
    )


def number_of(chance, day, kind):
    """Numbers as programs make them."""
    letters = {
        "invoice": ["FA", "F", "INV", "RE", "R", "FC", "VF", "FAC", "IN", "RG", "SI", "FV", chance.letters(2)],
        "credit_note": ["AV", "CN", "GS", "AVO", "CR", "NC", "A"],
    }[kind]
    prefix, year, short, count = chance.pick(letters), day.year, f"{day.year % 100:02d}", chance.randint(1, 9999)
    return chance.pick(
        [
            f"{prefix}{year}-{count:04d}",
            f"{prefix}-{count:05d}",
            f"{year}-{count:03d}",
            f"{year}{count:05d}",
            f"{count}",
            f"{prefix}{short}{day.month:02d}-{count:04d}",
            f"{prefix}/{year}/{count:04d}",
            f"{count:04d}/{year}",
            f"{count:06d}",
            f"{prefix}{count:06d}",
            f"{short}-{count:04d}",
            f"{chance.digits(8)}",
            f"{chance.digits(10)}",
            f"{prefix} {year} {count:04d}",
            f"{prefix} {count}",
            f"{year}/{day.month:02d}/{count:03d}",
            f"{short}{day.month:02d}{count:04d}",
            f"{prefix}_{count:05d}",
            f"{chance.letters(4)}-{count:04d}",
            f"{count}/{short}",
            f"{prefix}.{year}.{count:03d}",
            f"{prefix}{year}/{count}",
            f"{chance.letters(1)}{chance.digits(7)}",
        ]
    )


def dates_and_references(chance, invoice):
    if chance.maybe(0.62):
        invoice.due_date = invoice.issue_date + timedelta(
            days=chance.pick([0, 7, 8, 10, 14, 14, 15, 21, 30, 30, 30, 45, 60])
        )
    if chance.maybe(0.35):
        invoice.delivery_date = invoice.issue_date - timedelta(days=chance.pick([0, 1, 2, 3, 5, 8, 14]))
    if chance.maybe(0.4):
        invoice.purchase_order = reference(chance, invoice.issue_date)
    if chance.maybe(0.3):
        invoice.order_date = invoice.issue_date - timedelta(days=chance.randint(2, 50))


def reference(chance, day):
    """The number of an order, a delivery or a contract."""
    return chance.pick(
        [
            chance.digits(5),
            chance.digits(7),
            f"PO-{chance.digits(5)}",
            f"{chance.letters(2)}-{chance.digits(4)}",
            f"BC{day.year % 100}-{chance.digits(4)}",
            f"{day.year}/{chance.digits(3)}",
            f"45{chance.digits(8)}",
            f"{chance.letters(3)}{chance.digits(5)}",
            f"{chance.digits(4)}-{chance.letters(2)}",
            f"CMD{chance.digits(6)}",
        ]
    )


# Per cent of the net sum that the buyer keeps for the tax office, and what it is called.
WITHHELD = {"TN": ("1.5", "Retenue à la source"), "IT": ("20", "Ritenuta d'acconto"), "ES": ("15", "Retención IRPF")}
OLD_BALANCES = {
    "fr": ["Solde antérieur", "Report de solde"],
    "de": ["Saldovortrag", "Offener Saldo"],
    "en": ["Previous balance", "Balance brought forward"],
    "nl": ["Vorig saldo"],
    "es": ["Saldo anterior"],
    "it": ["Saldo precedente"],
    "pt": ["Saldo anterior"],
}


def after_the_total(chance, invoice, country):
    if country.code in WITHHELD and chance.maybe(0.08):
        rate, label = WITHHELD[country.code]
        invoice.after_total.append((f"{label} {rate}%", -invoice.money(invoice.net * Decimal(rate) / 100)))
    elif chance.maybe(0.03):
        amount = invoice.money(chance.uniform(10, 400)) * chance.pick([1, 1, -1])
        invoice.after_total.append((chance.pick(OLD_BALANCES[country.language]), amount))


def adjust(chance, invoice, country):
    """Discount, shipping, stamp, what was paid before, rounding, and signs."""
    total = abs(invoice.lines_total)
    if chance.maybe(0.13):
        invoice.discount_percent = Decimal(chance.pick(["2", "3", "5", "10", "15"]))
    if chance.maybe(0.2):
        invoice.shipping = invoice.money(
            chance.pick([4.9, 5.95, 7.5, 9.9, 12, 15, 25, 38.5]) * (3 if country.code == "TN" else 1)
        )
    if country.code == "TN" and chance.maybe(0.75):
        invoice.stamp = Decimal(chance.pick(["1.000", "1.000", "0.600"]))
        invoice.stamp_in_gross = chance.maybe(0.25)
    if invoice.kind == "credit_note":
        invoice.sign = -1 if chance.maybe(0.5) else 1
        invoice.stamp = Decimal(0)
        invoice.due_date = None
        return
    after_the_total(chance, invoice, country)
    if chance.maybe(0.14) and total > 20:
        share = Decimal(chance.pick(["0.2", "0.3", "0.5", "1"]))
        invoice.prepaid = invoice.money(
            rounded(invoice.due * share, country.decimals if share == 1 else chance.pick([0, country.decimals]))
        )
    elif country.code in ("CH", "MY", "IN") and chance.maybe(0.6):
        step = Decimal("1") if country.code == "IN" else Decimal("0.05")
        invoice.rounding = (invoice.due / step).to_integral_value() * step - invoice.due
