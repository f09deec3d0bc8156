"""More upper halves of pages, each of its own kind; see heads.py."""

from .headings import dated, logo, title
from .heads import WIDE, buyer_block, delivery_block, seller_block, side_by_side
from .meta_layouts import arrange
from .metas import metas
from .party_lines import party_lines, seller_lines


def buyer_first(desk):
    """The buyer at the upper left, the seller at the right, the title between rules."""
    style = desk.style
    y = buyer_block(desk, desk.left, desk.options["window"] * 0.8, desk.width * 0.46)
    z = seller_block(desk, desk.right, style.top, "right", width=desk.width * 0.5)
    y = max(y, z) + style.leading * 1.2
    desk.sheet.rule(desk.left, y - style.leading, desk.right, y - style.leading, style.color, 0.6)
    y = title(desk, desk.left, y + style.leading * 0.5, size=1.4)
    desk.sheet.rule(desk.left, y - style.leading * 0.9, desk.right, y - style.leading * 0.9, style.color, 0.6)
    y = dated(desk, desk.right, y + style.leading * 0.5, "right")
    return arrange(
        desk,
        desk.options["meta"],
        desk.left,
        y + style.leading * 0.5,
        desk.width if desk.options["meta"] in WIDE else desk.width * 0.5,
    )


def one_frame(desk):
    """One frame of three cells: seller, buyer, heads."""
    style, cell = desk.style, desk.width / 3
    y = style.top
    if desk.options["logo"]:
        y = logo(desk, desk.left, y, size=1.4)
    y = title(desk, (desk.left + desk.right) / 2, y + style.leading * 1.2, size=1.5, align="center")
    top = y
    a = desk.block(
        desk.left + 5, top + style.leading * 1.2, seller_lines(desk, desk.options["head_parts"]), width=cell - 10
    )
    b = buyer_block(desk, desk.left + cell + 5, top + style.leading * 1.2, cell - 10, "above", "none")
    desk.options["bold_values"] = False
    c = arrange(
        desk,
        "stacked" if desk.options["title_left"] else "inline",
        desk.left + 2 * cell + 5,
        top + style.leading * 1.2,
        cell - 10,
    )
    bottom = max(a, b, c) - style.leading * 0.4
    desk.sheet.box(desk.left, top, desk.width, bottom - top, stroke=style.grey, line=0.7)
    for place in (1, 2):
        desk.sheet.rule(desk.left + place * cell, top, desk.left + place * cell, bottom, style.grey, 0.7)
    return dated(desk, desk.right, bottom + style.leading, "right") + style.leading * 0.5


def form(desk):
    """Each fact of both parties behind its label, as programs of small firms print them."""
    style, half = desk.style, desk.width / 2
    y = style.top
    if desk.options["logo"]:
        y = logo(desk, desk.left, y)
    y = title(desk, (desk.left + desk.right) / 2, y + style.leading * 1.4, align="center")
    y = dated(desk, desk.right, y, "right")
    a = labelled_party(desk, "seller", desk.left, y + style.leading)
    b = labelled_party(desk, "buyer", desk.left + half, y + style.leading)
    y = max(a, b)
    if desk.options["title_left"]:
        desk.sheet.rule(desk.left, y - style.leading * 0.4, desk.right, y - style.leading * 0.4, style.grey)
    return arrange(
        desk,
        desk.options["meta"],
        desk.left,
        y + style.leading * 0.8,
        desk.width if desk.options["meta"] in WIDE else half,
    )


NAME_LABELS = {
    "fr": ("Raison sociale", "Nom", "Société"),
    "de": ("Firma", "Name"),
    "en": ("Company", "Name", "Company name"),
    "nl": ("Naam", "Bedrijf"),
    "es": ("Razón social", "Nombre"),
    "it": ("Denominazione", "Ragione sociale"),
    "pt": ("Nome", "Empresa"),
}
ADDRESS_LABELS = {
    "fr": ("Adresse",),
    "de": ("Anschrift", "Adresse"),
    "en": ("Address",),
    "nl": ("Adres",),
    "es": ("Dirección", "Domicilio"),
    "it": ("Indirizzo", "Sede"),
    "pt": ("Morada", "Endereço"),
}


def labelled_party(desk, role, x, y):
    style, language, width = desk.style, desk.wording.language, desk.width / 2 - 10
    desk.text(x, y, desk.label("parties", role), True)
    y += style.leading * 1.3
    parts = desk.options["head_parts"] if role == "seller" else desk.options["buyer_parts"]
    party = desk.invoice.seller if role == "seller" else desk.invoice.buyer
    for part in parts:
        label = {"name": NAME_LABELS, "address": ADDRESS_LABELS}.get(part)
        lines = party_lines(desk, party, role, ["address_line" if part == "address" else part])
        if not label:
            y = desk.block(x, y, lines, width=width)
            continue
        text = label[language][0] + (style.colon or ":")
        desk.text(x, y, text, desk.options["bold_party_labels"], color=style.grey)
        shift = max(desk.measure(text, desk.options["bold_party_labels"]) + 5, width * 0.22)
        lines[0].bold = False
        y = desk.block(x + shift, y, lines[-1:], width=width - shift)
    return y


def side_bar(desk):
    """A coloured column at the left with all about the seller, the rest beside it."""
    style, width = desk.style, 150
    dark = desk.options["dark_bar"]
    desk.sheet.box(0, 0, width, desk.sheet.height, fill=style.color if dark else style.pale)
    ink = 0xFFFFFF if dark else None
    brand_color = ink if dark else style.color
    x, room = 16, width - 26
    y = style.top
    if desk.options["logo"]:
        for line in [desk.invoice.seller.brand]:
            size = 1.3
            while desk.measure(line, True, size) > room and size > 0.6:
                size *= 0.93
            facts = (("seller_name", line, line),) if line == desk.invoice.seller.name else ()
            desk.text(x, y + style.leading, line, True, size, brand_color, facts=facts)
        desk.options["brand_drawn"] = desk.invoice.seller.brand
        y += style.leading * 2.5
    lines = seller_lines(desk, desk.options["head_parts"])
    for line in lines:
        line.color, line.size = ink, 0.86
    y = desk.block(x, y + style.leading, lines, width=room)
    style.left = width + 22
    y = title(desk, desk.left, style.top + style.leading * 1.6, size=2.0)
    y = dated(desk, desk.left, y)
    y = buyer_block(desk, desk.left, y + style.leading, desk.width * 0.7)
    desk.repeated.insert(0, lambda desk, y: bar_again(desk, y, width, style.color if dark else style.pale))
    return arrange(desk, desk.options["meta"], desk.left, y + style.leading, desk.width)


def bar_again(desk, y, width, fill):
    desk.sheet.box(0, 0, width, desk.sheet.height, fill=fill)
    return y


def minimal(desk):
    """Nothing but words: small heads in columns, much white."""
    style = desk.style
    y = style.top + style.leading
    desk.text(desk.left, y, desk.invoice.seller.brand, True, 1.1)
    desk.options["brand_drawn"] = desk.invoice.seller.brand
    if desk.invoice.seller.brand == desk.invoice.seller.name:
        desk.shown.fact("seller_name", desk.invoice.seller.name, desk.invoice.seller.name)
    y = title(desk, desk.right, y, size=1.1, align="right", width=desk.width * 0.5) + style.leading * 2
    y = dated(desk, desk.right, y, "right")
    cell = desk.width / 3
    a = desk.block(desk.left, y, seller_lines(desk, desk.options["head_parts"]), width=cell - 10)
    b = buyer_block(desk, desk.left + cell, y, cell - 10, None, "none")
    c = arrange(
        desk,
        desk.options["meta"] if desk.options["meta"] not in (*WIDE, "cells") else "stacked",
        desk.left + 2 * cell,
        y,
        cell,
    )
    return max(a, b, c) + style.leading


def account_statement(desk):
    """As of utilities and telephone companies: the amount and the day in a box before the details."""
    style, invoice, wording = desk.style, desk.invoice, desk.wording
    y = seller_block(desk, desk.left, style.top, width=desk.width * 0.45)
    z = buyer_block(desk, desk.left + desk.width * 0.52, desk.options["window"], desk.width * 0.48)
    y = title(desk, desk.left, max(y, z) + style.leading * 1.5, size=1.6)
    y = dated(desk, desk.left, y) + style.leading * 0.8
    box_top = y - style.leading
    found = metas(desk)
    y = arrange(desk, "justified", desk.left + 6, y + 3, desk.width * 0.5, found)
    if desk.options["amount_in_head"] and not (invoice.stamp and not invoice.stamp_in_gross) and not invoice.rounding:
        x, text = desk.right - 8, desk.money(invoice.due)
        desk.text(
            x,
            box_top + style.leading * 1.6,
            wording("totals", "due" if invoice.kind != "credit_note" else "credit_due"),
            align="right",
            color=style.grey,
        )
        desk.text(x, box_top + style.leading * 3.6, text, True, 1.8, align="right", facts=(("due", invoice.due, text),))
        y = max(y, box_top + style.leading * 5)
    desk.sheet.box(desk.left, box_top, desk.width, y - box_top, stroke=style.color, radius=desk.options["corner"])
    return y + style.leading


def seller_below(desk):
    """No letterhead at all: the seller stands in the foot; only a brand at the top."""
    style = desk.style
    align = desk.options["logo_align"]
    x = {"left": desk.left, "right": desk.right, "center": (desk.left + desk.right) / 2}[align]
    y = logo(desk, x, style.top, align, size=2.0) + style.leading * 2
    left = desk.options["title_left"]
    z = buyer_block(
        desk, desk.left if left else desk.left + desk.width * 0.55, max(y, desk.options["window"]), desk.width * 0.45
    )
    w = (
        arrange(
            desk,
            desk.options["meta"],
            desk.left + (desk.width * 0.6 if left else 0),
            max(y, desk.options["window"]),
            desk.width * 0.4,
        )
        if desk.options["meta"] not in WIDE
        else y
    )
    y = title(desk, desk.left, max(z, w) + style.leading * 1.5)
    y = dated(desk, desk.right, y, "right")
    return arrange(desk, desk.options["meta"], desk.left, y, desk.width) if desk.options["meta"] in WIDE else y


def three_addresses(desk):
    """Seller over a row of buyer, delivery and heads."""
    style = desk.style
    y = seller_block(desk, desk.left, style.top, width=desk.width * 0.55)
    z = title(desk, desk.right, style.top + style.leading * 1.6, size=2.0, align="right", width=desk.width * 0.42)
    z = dated(desk, desk.right, z, "right")
    y = max(y, z) + style.leading
    cell = desk.width / 3
    a = buyer_block(desk, desk.left, y, cell - 10, "above", "none")
    b = delivery_block(desk, desk.left + cell, y, cell - 10)
    if desk.options["meta"] in WIDE:
        return arrange(desk, desk.options["meta"], desk.left, max(a, b) + style.leading, desk.width)
    return max(a, b, arrange(desk, desk.options["meta"], desk.left + 2 * cell, y, cell))


def split_band(desk):
    """Title in a pale band across, the parties under it, seller right of buyer or left."""
    style = desk.style
    y = style.top
    if desk.options["logo"]:
        y = logo(
            desk, desk.left if desk.options["swap"] else desk.right, y, "left" if desk.options["swap"] else "right"
        )
    height = style.leading * 2.4
    desk.sheet.box(desk.left, y + 4, desk.width, height, fill=style.pale)
    title(desk, desk.left + 8, y + 4 + height * 0.66, size=1.5, width=desk.width * 0.9)
    return side_by_side(desk, y + height + style.leading * 2)
