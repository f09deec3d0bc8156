"""What some invoices carry besides: coupons, instalments, stamps, marks at the edge. Much of it repeats or misleads."""

from datetime import timedelta

from .desk import Line

SIGNATURES = {
    "fr": ["Cachet et signature", "Bon pour accord", "Signature du client"],
    "de": ["Unterschrift", "Ort, Datum, Unterschrift"],
    "en": ["Authorised signature", "Authorized Signatory", "Received by"],
    "nl": ["Handtekening"],
    "es": ["Firma y sello"],
    "it": ["Timbro e firma"],
    "pt": ["Assinatura"],
}
PAID = {
    "fr": ["PAYÉ", "ACQUITTÉ"],
    "de": ["BEZAHLT", "KOPIE"],
    "en": ["PAID", "COPY"],
    "nl": ["BETAALD"],
    "es": ["PAGADO"],
    "it": ["PAGATO"],
    "pt": ["PAGO"],
}
COUPONS = {
    "fr": "Talon à joindre à votre règlement",
    "de": "Überweisungsträger",
    "en": "Remittance advice - please return with your payment",
    "nl": "Betaalstrook",
    "es": "Cupón de pago",
    "it": "Tagliando di pagamento",
    "pt": "Talão de pagamento",
}
INSTALMENTS = {
    "fr": "Échéancier",
    "de": "Zahlungsplan",
    "en": "Payment schedule",
    "nl": "Betalingsschema",
    "es": "Vencimientos",
    "it": "Scadenze",
    "pt": "Plano de pagamento",
}

# How usual each is.
SHARES = {"instalments": 0.04, "signature": 0.08, "coupon": 0.06}


def extras(desk, y):
    """Below the terms, where there is room; answers the y below."""
    for name, draw in (("instalments", instalments), ("signature", signature), ("coupon", coupon)):
        if desk.chance.maybe(SHARES[name]):
            y = draw(desk, y)
    return y


def edges(desk):
    """Marks outside the text: along the edge, across the page, a code of squares."""
    chance, seller = desk.chance, desk.invoice.seller
    if chance.maybe(0.03):
        text = "  ".join(
            [seller.name, *seller.small_print, *(f"{label} {printed}" for label, printed, _ in seller.registrations)]
        )
        desk.sheet.vertical_text(14, desk.sheet.height * 0.85, text, desk.style.font, 5.5, 0x777777)
        # Sideways it may be read or not: no fault either way.
        desk.shown.ambiguous("seller_registration_id")
    if chance.maybe(0.03) and desk.invoice.kind == "invoice":
        text = chance.pick(PAID[desk.wording.language])
        desk.sheet.slanted_text(
            desk.sheet.width * 0.5,
            desk.sheet.height * 0.52,
            text,
            desk.style.bold,
            70,
            0xE9E2E2,
            chance.uniform(15, 50),
        )
    if chance.maybe(0.05):
        squares(desk, desk.right - 52, desk.sheet.height - desk.style.bottom - desk.options["foot_height"] - 60)


def squares(desk, x, y):
    """What looks like a QR code."""
    cell, count = 2, 21
    for row in range(count):
        for column in range(count):
            corner = (row < 7 or row > 13) and column < 7 or row < 7 and column > 13
            if desk.chance.random() < (0.75 if corner else 0.5):
                desk.sheet.box(x + column * cell, y + row * cell, cell, cell, fill=0x000000, behind=True)


def instalments(desk, y):
    """Several days and amounts: none is the due date."""
    invoice, chance = desk.invoice, desk.chance
    if invoice.due_date or invoice.kind != "invoice":
        return y
    count = chance.pick([2, 3])
    part = invoice.money(invoice.due / count)
    y = desk.room(y + desk.style.leading, (count + 2) * desk.style.leading)
    desk.text(desk.left, y, INSTALMENTS[desk.wording.language], True)
    for number in range(count):
        y += desk.style.leading
        day = invoice.issue_date + timedelta(days=30 * (number + 1))
        amount = part if number + 1 < count else invoice.due - part * (count - 1)
        desk.text(desk.left, y, desk.style.date(day, desk.wording))
        desk.text(desk.left + 150, y, desk.money(amount), align="right")
    desk.shown.ambiguous("due_date")
    return y + desk.style.leading


def signature(desk, y):
    y = desk.room(y + desk.style.leading * 1.5, 60)
    x = desk.right - 150 if desk.chance.maybe(0.6) else desk.left
    desk.text(x, y, desk.chance.pick(SIGNATURES[desk.wording.language]), color=desk.style.grey)
    if desk.chance.maybe(0.5):
        desk.sheet.box(x, y + 5, 150, 42, stroke=desk.style.grey)
    return y + 54


def coupon(desk, y):
    """To be cut off: number, amount and account again."""
    invoice, style, wording = desk.invoice, desk.style, desk.wording
    lines = [
        Line(COUPONS[wording.language], bold=True),
        Line(f"{desk.label('meta', 'number')} {invoice.number}", (("number", invoice.number, invoice.number),)),
        Line(invoice.buyer.name, (("buyer_name", invoice.buyer.name, invoice.buyer.name),)),
    ]
    if invoice.kind != "invoice":
        return y
    text = desk.money(invoice.due)
    lines.append(Line(f"{wording('totals', 'due')} {text}", (("due", invoice.due, text),)))
    height = (len(lines) + 1.5) * style.leading
    if y + height + style.leading > desk.floor:
        return y
    top = desk.floor - height
    desk.sheet.rule(
        desk.left, top - style.leading * 0.4, desk.right, top - style.leading * 0.4, style.grey, 0.6, dash=[4, 3]
    )
    return desk.block(desk.left, top + style.leading, lines, width=desk.width)
