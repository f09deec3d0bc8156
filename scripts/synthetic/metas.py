"""What stands at the head of an invoice: number, dates, references, and numbers that are none of these."""

from dataclasses import dataclass
from datetime import timedelta

from .invention import reference

BOTH = {
    "fr": ["Facture N° / Date", "N° et date de facture"],
    "de": ["Rechnungs-Nr. / Datum", "Rechnung Nr./Datum"],
    "en": ["Invoice No. / Date", "Invoice No. & Date"],
    "nl": ["Factuurnr. / datum"],
    "es": ["Factura Nº / Fecha"],
    "it": ["Fattura n. / data"],
    "pt": ["Fatura n.º / Data"],
}


@dataclass
class Meta:
    label: str
    value: str
    facts: tuple = ()


def metas(desk):
    """What is printed of number, dates and references, in order."""
    chance, invoice, wording = desk.chance, desk.invoice, desk.wording
    day = lambda value: desk.style.date(value, wording)  # noqa: E731
    credit = "credit_" if invoice.kind == "credit_note" else ""
    first, rest = [], []

    def add(place, key, value, *facts):
        place.append(Meta(wording("meta", key), value, facts))

    if not (desk.options["has_number"] or desk.options["has_date"]) and not credit and chance.maybe(0.04):
        # Both behind one label.
        label, date = chance.pick(BOTH[wording.language]), day(invoice.issue_date)
        told = ("number", invoice.number, invoice.number), ("issue_date", invoice.issue_date, date)
        first.append(Meta(label, f"{invoice.number} / {date}", told))
        desk.options["has_number"] = desk.options["has_date"] = True
    if not desk.options["has_number"]:
        add(first, f"{credit}number", invoice.number, ("number", invoice.number, invoice.number))
    if not desk.options["has_date"]:
        add(
            first,
            f"{credit}issue_date",
            day(invoice.issue_date),
            ("issue_date", invoice.issue_date, day(invoice.issue_date)),
        )
    if invoice.due_date and desk.options["due_in_heads"]:
        add(
            first if chance.maybe(0.6) else rest,
            "due_date",
            day(invoice.due_date),
            ("due_date", invoice.due_date, day(invoice.due_date)),
        )
    if invoice.delivery_date and desk.options["delivery_date_in_heads"]:
        add(
            rest,
            "delivery_date",
            day(invoice.delivery_date),
            ("delivery_date", invoice.delivery_date, day(invoice.delivery_date)),
        )
    if invoice.purchase_order:
        add(
            rest,
            "purchase_order",
            invoice.purchase_order,
            ("purchase_order", invoice.purchase_order, invoice.purchase_order),
        )
    if invoice.order_date and chance.maybe(0.8):
        add(rest, "order_date", day(invoice.order_date))
    if invoice.kind == "credit_note" and chance.maybe(0.7):
        add(rest, "earlier_invoice", f"{invoice.number[:2]}{chance.digits(4)}")
    if invoice.buyer.vat_printed and desk.options["buyer_vat_in_heads"]:
        add(
            rest,
            "buyer_vat",
            invoice.buyer.vat_printed,
            ("buyer_vat_id", invoice.buyer.vat_id, invoice.buyer.vat_printed),
        )
    others(desk, rest, add)
    if chance.maybe(0.3):
        chance.shuffle(rest)
    if chance.maybe(0.12):
        chance.shuffle(first)
    found = [*first, *rest]
    if chance.maybe(0.1):
        chance.shuffle(found)
    return found[: desk.options.get("most_metas", 9)] if all(m in found[:9] for m in first) else found


def others(desk, rest, add):
    """Numbers and dates that are none of the fields."""
    chance, invoice = desk.chance, desk.invoice
    day = lambda value: desk.style.date(value, desk.wording)  # noqa: E731
    if "own_number" not in desk.options and chance.maybe(0.5):
        add(
            rest,
            "customer_number",
            chance.pick(
                [
                    chance.digits(5),
                    chance.digits(7),
                    f"C{chance.digits(4)}",
                    f"CL-{chance.digits(4)}",
                    f"{chance.letters(3)}{chance.digits(3)}",
                ]
            ),
        )
    if chance.maybe(0.22):
        add(rest, "sales_order", reference(chance, invoice.issue_date))
    if chance.maybe(0.16):
        add(rest, "order_number", reference(chance, invoice.issue_date))
        desk.shown.ambiguous("purchase_order")
    if chance.maybe(0.18):
        add(rest, "delivery_note", reference(chance, invoice.issue_date))
    for key, share, value in (
        ("contact", 0.16, invoice.seller.person),
        ("payment_method", 0.14, desk.wording.fresh("notes", "methods")),
        (
            "project",
            0.08,
            f"{chance.pick(['Nord', 'Phoenix', 'Atlas', 'Rénovation', 'Site A'])} {chance.randint(2, 40)}",
        ),
        ("contract", 0.07, reference(chance, invoice.issue_date)),
        ("quote", 0.07, reference(chance, invoice.issue_date)),
        ("print_date", 0.05, day(invoice.issue_date + timedelta(days=chance.randint(0, 20)))),
        ("currency", 0.1, invoice.currency),
    ):
        if chance.maybe(share):
            add(rest, key, value, *((("currency", value, value),) if key == "currency" else ()))
    if chance.maybe(0.08):
        start = invoice.issue_date.replace(day=1)
        add(rest, "period", f"{day(start - timedelta(days=31))} - {day(start - timedelta(days=1))}")
        desk.shown.ambiguous("delivery_date")
    if desk.options["terms_in_heads"] and not invoice.due_date:
        key = chance.pick(["within_days", "at_once"])
        add(rest, "terms", desk.wording("notes", key).format(days=chance.pick([10, 14, 15, 30, 45, 60])))
        desk.shown.ambiguous("due_date")
