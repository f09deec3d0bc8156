"""How the invoice is to be paid: terms, account, reference, and the small print below."""

from datetime import timedelta
from decimal import Decimal

from . import identifiers as ids
from .desk import Line
from .parties import names_of


def payment(desk, y):
    """Terms and account below the totals; answers the y below."""
    blocks = [
        block
        for block in (terms(desk), account(desk) if desk.options["account"] == "body" else [], remarks(desk))
        if block
    ]
    if desk.chance.maybe(0.2):
        desk.chance.shuffle(blocks)
    for lines in blocks:
        y = desk.room(y + desk.style.leading * 0.7, (len(lines) + 1) * desk.style.leading)
        y = desk.block(desk.left, y, lines, width=desk.width * 0.94)
    return y


def terms(desk):
    """When and how: sentences, sometimes with the due date."""
    invoice, wording, chance = desk.invoice, desk.wording, desk.chance
    if invoice.kind == "credit_note":
        return []
    lines, day = [], lambda value: desk.style.date(value, wording)
    seen = "due_date" in desk.shown.values
    if invoice.due_date and not desk.options["due_in_heads"]:
        early = invoice.issue_date + timedelta(days=7)
        if chance.maybe(0.18) and early < invoice.due_date:
            percent = desk.style.numbers.percent(Decimal(chance.pick([2, 3])))
            text = wording("notes", "cash_discount").format(percent=percent, date=day(early), due=day(invoice.due_date))
        else:
            text = wording("notes", "due_sentence").format(date=day(invoice.due_date))
        lines.append(Line(text, (("due_date", invoice.due_date, day(invoice.due_date)),)))
    elif chance.maybe(0.45) and not desk.options["terms_in_heads"]:
        days = (invoice.due_date - invoice.issue_date).days if seen else chance.pick([8, 10, 14, 30, 30, 45, 60])
        if days:
            lines.append(Line(wording("notes", "within_days").format(days=days)))
        else:
            lines.append(Line(wording("notes", "at_once")))
        if not seen:
            desk.shown.ambiguous("due_date")
    if chance.maybe(0.25):
        lines.append(Line(f"{desk.label('meta', 'payment_method')} {wording.fresh('notes', 'methods')}"))
    if chance.maybe(0.15):
        lines.append(Line(wording("notes", "reference_to_quote").format(number=invoice.number)))
    return lines


def account(desk):
    """The bank account, in one of its usual forms."""
    invoice, chance, wording = desk.invoice, desk.chance, desk.wording
    if not invoice.iban:
        return domestic_account(desk)
    bank = chance.pick(names_of(desk.country)["banks"])
    holder = invoice.seller.name
    lines = []
    if desk.options["factor"] and desk.options["account"] == "body":
        bank = "Factora Capital"
        holder = bank
        lines.append(Line(wording("notes", "factor").format(bank=bank)))
    if chance.maybe(0.3):
        lines.append(Line(f"{desk.label('parties', 'holder')} {holder}"))
        desk.options["holder_drawn"] = holder == invoice.seller.name
    if chance.maybe(0.5):
        lines.append(Line(f"{desk.label('parties', 'bank')} {bank}"))
    iban, bic = iban_line(desk), bic_line(desk)
    if bic and chance.maybe(0.3):
        joint = chance.pick([" - ", " / ", "   ", ", ", " | "])
        lines.append(Line(iban.text + joint + bic.text, (*iban.facts, *bic.facts)))
    else:
        lines += [iban, *([bic] if bic else [])]
    if desk.country.code in ("FR", "TN") and chance.maybe(0.3):
        sizes = [5, 5, 11, 2] if desk.country.code == "FR" else [2, 3, 13, 2]
        rib = Line(f"RIB{desk.style.colon} {ids.in_groups(invoice.iban[4:], sizes)}")
        lines.insert(chance.randint(0, len(lines)), rib)
    return lines


def iban_line(desk):
    iban = desk.invoice.iban
    printed = ids.in_groups(iban, [4]) if desk.options["iban_groups"] else iban
    if desk.country.code == "FR" and desk.options["iban_groups"] == "national":
        printed = ids.in_groups(iban, [4, 5, 5, 11, 2])
    return Line(f"{desk.label('parties', 'iban')} {printed}", (("iban", iban, printed),))


def bic_line(desk):
    bic = desk.invoice.bic
    return Line(f"{desk.label('parties', 'bic')} {bic}", (("bic", bic, bic),)) if bic else None


def domestic_account(desk):
    """Where there is no IBAN: sort codes, routing numbers, a bare RIB."""
    chance, code = desk.chance, desk.country.code
    if chance.maybe(0.5):
        return []
    bank = chance.pick(names_of(desk.country)["banks"])
    if code == "GB":
        return [
            Line(f"{desk.label('parties', 'bank')} {bank}"),
            Line(f"Sort code{desk.style.colon} 99-{chance.digits(2)}-{chance.digits(2)}"),
            Line(f"Account no.{desk.style.colon} {chance.digits(8)}"),
        ]
    if code == "US":
        return [Line(f"{bank}, routing {chance.digits(9)}, account {chance.digits(10)}")]
    if code == "IN":
        return [
            Line(f"{desk.label('parties', 'bank')} {bank}"),
            Line(f"A/c No.{desk.style.colon} {chance.digits(12)}"),
            Line(f"IFSC{desk.style.colon} XXXX0{chance.digits(6)}"),
        ]
    if code == "MY":
        return [Line(f"{bank} A/C {chance.digits(10)}")]
    if code == "TN":
        desk.shown.ambiguous("iban")
        body = ids.tunisian_iban(chance)[4:]
        label = chance.pick(["RIB", "R.I.B", "Compte bancaire", "RIB bancaire"])
        return [Line(f"{label}{desk.style.colon} {chance.pick([body, ids.in_groups(body, [2, 3, 13, 2])])}")]
    return []


def remarks(desk):
    """Thanks, law, and what nobody reads."""
    chance, lines = desk.chance, []
    if desk.options["thanks"]:
        lines.append(Line(desk.wording("notes", "free")))
    for text in chance.sample(desk.wording.data["notes"]["legal"], desk.options["legal_notes"]):
        lines.append(Line(text, size=0.82, color=desk.style.grey))
    return lines
