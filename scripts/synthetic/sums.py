"""The rows of totals: which sums a document prints, in which order, and which fields they are."""

from dataclasses import dataclass


@dataclass
class Sum:
    label: str
    text: str
    facts: tuple = ()
    strong: bool = False
    key: str = ""


def sums(desk):
    """The rows in order."""
    invoice, chance, options = desk.invoice, desk.chance, desk.options
    rows = [*before_tax(desk)]
    if options["only_gross"]:
        rows = [*gross_rows(desk)]
    elif invoice.from_gross and options["gross_first"]:
        rows = [
            *rows,
            *gross_rows(desk)[:1],
            *tax_rows(desk, included=True),
            *([net_row(desk)] if chance.maybe(0.6) else []),
            *gross_rows(desk)[1:],
        ]
    elif invoice.no_tax and options["hide_no_tax"]:
        rows += gross_rows(desk)
    else:
        rows += [net_row(desk), *tax_rows(desk), *gross_rows(desk)]
    return rows


def row(desk, key, value, *fields, strong=False, label=None, signed=None):
    text = desk.money(value, signed)
    label = label or desk.wording("totals", key)
    if "{percent}" in label:
        label = label.format(percent=desk.style.numbers.percent(desk.invoice.discount_percent))
    if "{date}" in label:
        label = label.format(date=desk.style.date(desk.invoice.order_date or desk.invoice.issue_date, desk.wording))
    if desk.options["code_in_labels"] and strong:
        code = desk.options["code_in_labels"]
        label = f"{label} {code}" if code.isalpha() else f"{label} ({code})"
        desk.note_currency(code)
    facts = tuple((field, abs(value) if field == "prepaid" else value, text) for field in fields)
    return Sum(label, text, facts, strong, key)


def before_tax(desk):
    """The sum of the lines and what is taken off or added, where anything is."""
    invoice, rows = desk.invoice, []
    if not (invoice.discount or invoice.shipping):
        return rows
    if desk.chance.maybe(0.8):
        rows.append(row(desk, "lines", invoice.lines_total))
    if invoice.discount:
        rows.append(
            row(desk, "discount", invoice.discount if desk.options["unsigned_reductions"] else -invoice.discount)
        )
    if invoice.shipping:
        rows.append(row(desk, "shipping", invoice.sign * invoice.shipping))
    return rows


def net_row(desk):
    return row(desk, "net", desk.invoice.net, "net", strong=desk.options["strong_net"])


def tax_rows(desk, included=False):
    invoice, options, rows = desk.invoice, desk.options, []
    breakdown = invoice.breakdown()
    how = options["tax_rows"]
    if desk.country.code == "IN" and options["split_gst"] and len(breakdown) == 1 and invoice.tax:
        return split_gst(desk, breakdown[0])
    if len(breakdown) == 1 and how != "total":
        rate, base, tax = breakdown[0]
        return [rated(desk, rate, base, tax, included, ("tax",))]
    if how == "total":
        return [row(desk, "tax", invoice.tax, "tax", label=included_label(desk) if included else None)]
    rows = [rated(desk, *entry, included) for entry in breakdown]
    if how == "rates_and_total":
        rows.append(row(desk, "tax", invoice.tax, "tax", label=total_tax_label(desk)))
    return rows


def total_tax_label(desk):
    """One that is not the label of a rate."""
    options = [text for text in desk.wording.data["totals"]["tax"] if " " in text] or desk.wording.data["totals"]["tax"]
    return desk.wording.taxed(options[0])


def included_label(desk):
    return desk.wording("receipt", "included")


def rated(desk, rate, base, tax, included, fields=()):
    numbers = desk.style.numbers
    label = desk.wording("totals", "tax_rate").format(percent=numbers.percent(rate), base=numbers.figure(base))
    if included:
        label = f"{included_label(desk)} {numbers.percent(rate)}"
    return row(desk, "tax_rate", tax, *fields, label=label)


def split_gst(desk, entry):
    """Half for the country, half for the state; where the halves differ by a paisa the first is greater."""
    rate, _, tax = entry
    half = desk.invoice.money(tax / 2)
    percent = desk.style.numbers.percent(rate / 2)
    names = (
        (f"CGST {percent}", f"SGST {percent}")
        if desk.chance.maybe(0.7)
        else (f"Add: CGST @ {percent}", f"Add: SGST @ {percent}")
    )
    return [row(desk, "tax_rate", half, label=names[0]), row(desk, "tax_rate", tax - half, label=names[1])]


def gross_rows(desk):
    """The total and what makes it the amount to be paid."""
    invoice, options, rows = desk.invoice, desk.options, []
    adjusted = bool(
        invoice.prepaid or invoice.rounding or invoice.after_total or (invoice.stamp and not invoice.stamp_in_gross)
    )
    with_due = adjusted or options["due_row"]
    if invoice.stamp and invoice.stamp_in_gross:
        rows.append(row(desk, "stamp", invoice.stamp))
    if with_due and not adjusted and options["due_instead_of_gross"]:
        return [*rows, due_row(desk)]
    gross = row(desk, "gross", invoice.gross, "gross", strong=not with_due or options["strong_gross"])
    rows = [*rows, gross] if rows else [gross]
    if invoice.stamp and not invoice.stamp_in_gross:
        rows.append(row(desk, "stamp", invoice.stamp))
    rows += [row(desk, "after", amount, label=label) for label, amount in invoice.after_total]
    if invoice.rounding:
        rows.append(row(desk, "rounding", invoice.rounding))
    if invoice.prepaid:
        rows.append(
            row(desk, "prepaid", invoice.prepaid if options["unsigned_reductions"] else -invoice.prepaid, "prepaid")
        )
    if with_due:
        rows.append(due_row(desk))
    return rows


def due_row(desk):
    key = "credit_due" if desk.invoice.kind == "credit_note" else "due"
    return row(desk, key, desk.invoice.due, "due", strong=True)
