"""Upper halves of pages: how seller, buyer, title and heads are placed. Each answers where the items begin."""

from .desk import Line
from .headings import dated, logo, title
from .meta_layouts import arrange
from .party_lines import buyer_lines, seller_lines, sender_line

MM = 2.8346


def seller_block(desk, x, y, align="left", with_logo=True, width=None):
    """Logo and lines of the seller; answers the baseline below."""
    if with_logo and desk.options["logo"]:
        y = logo(desk, x, y, align) + desk.style.leading * 0.6
    parts = desk.options["head_parts"]
    return desk.block(x, y + desk.style.leading * 0.5, seller_lines(desk, parts), align, width)


def buyer_block(desk, x, y, width=None, labelled=None, frame=None):
    """The buyer's name and address, under its label where the template wants one; answers the baseline below."""
    style, top = desk.style, y - desk.style.leading
    labelled = desk.options["buyer_label"] if labelled is None else labelled
    frame = desk.options["buyer_frame"] if frame is None else frame
    inset = 6 if frame != "none" else 0
    width = width or 220
    if frame != "none":
        y += 4
    if labelled == "above":
        desk.text(x + inset, y, desk.label("parties", "buyer"), desk.options["bold_party_labels"], 0.92, style.grey)
        y += style.leading * 1.15
    lines = buyer_lines(desk, desk.options["buyer_parts"])
    if labelled == "inline":
        desk.text(x + inset, y, desk.label("parties", "buyer"), True)
        shift = desk.measure(desk.label("parties", "buyer"), True) + 6
        y = desk.block(x + inset + shift, y, lines, width=max(width - shift - inset, 100))
    else:
        y = desk.block(x + inset, y, lines, width=max(width - 2 * inset, 100))
    if frame == "box":
        desk.sheet.box(x, top, width, y - top - style.leading * 0.4, stroke=style.grey, radius=desk.options["corner"])
    elif frame == "pale":
        desk.sheet.box(x, top, width, y - top - style.leading * 0.4, fill=style.pale, behind=True)
    elif frame == "bar":
        desk.sheet.rule(x, top, x, y - style.leading * 0.6, style.color, 2)
    return y


def delivery_block(desk, x, y, width):
    """Another address that is not the buyer's; only where the template has room for one."""
    if not desk.options["delivery_address"]:
        return y
    lines = [
        Line(desk.label("parties", "delivery"), bold=desk.options["bold_party_labels"]),
        *map(Line, desk.options["delivery_address"]),
    ]
    return desk.block(x, y, lines, width=width)


def repeat_on_pages(desk):
    """A short head on each further page, now and then."""
    if desk.options["short_head"]:
        invoice = desk.invoice

        def short(desk, y):
            desk.text(desk.left, y, invoice.seller.brand, True, 0.95)
            desk.text(
                desk.right,
                y,
                f"{desk.wording('title', invoice.kind)} {invoice.number}",
                align="right",
                facts=(("number", invoice.number, invoice.number),),
            )
            return y + desk.style.leading * 1.6

        desk.repeated.append(short)


def classic(desk):
    """Seller at the upper left, buyer in the window at the right, title and heads below."""
    middle = desk.left + desk.width * 0.55
    y = seller_block(desk, desk.left, desk.style.top, width=desk.width * 0.5)
    z = dated(
        desk,
        desk.right if desk.options["dated_right"] else middle,
        desk.style.top + desk.style.leading,
        "right" if desk.options["dated_right"] else "left",
    )
    z = buyer_block(desk, middle, max(z + desk.style.leading, desk.options["window"]), desk.width * 0.45)
    y = title(
        desk,
        desk.left,
        max(y + desk.style.leading, z - desk.style.leading if desk.options["title_left"] else z)
        + desk.style.leading * 1.5,
    )
    return arrange(
        desk, desk.options["meta"], desk.left, y, desk.width if desk.options["meta"] in WIDE else desk.width * 0.5
    )


def letter(desk):
    """A German business letter: sender line over the window, block of information at the right, title across."""
    style = desk.style
    align = desk.options["logo_align"]
    x = {"left": desk.left, "right": desk.right, "center": (desk.left + desk.right) / 2}[align]
    logo(desk, x, style.top, align) if desk.options["logo"] else None
    window = 47 * MM
    line = sender_line(desk)
    size = 0.72
    while desk.measure(line.text, False, size) > 95 * MM and size > 0.5:
        size -= 0.04
    desk.text(desk.left, window, line.text, size=size, color=style.grey, facts=line.facts)
    if desk.options["window_rule"]:
        desk.sheet.rule(desk.left, window + 2.5, desk.left + 85 * MM, window + 2.5, style.grey, 0.3)
    y = buyer_block(desk, desk.left, window + style.leading * 1.6, 85 * MM, labelled="none", frame="none")
    block = desk.left + desk.width * 0.58
    z = (
        desk.block(block, window, seller_lines(desk, desk.options["head_parts"]), width=desk.width * 0.42)
        if desk.options["head_parts"]
        else window
    )
    if desk.options["meta"] not in WIDE:
        z = arrange(desk, desk.options["meta"], block, z + style.leading * 0.6, desk.width * 0.42)
    y = max(y, z, 90 * MM) + style.leading
    y = dated(desk, desk.right, y, "right")
    y = title(desk, desk.left, y + style.leading, size=1.5)
    if desk.options["meta"] in WIDE:
        y = arrange(desk, desk.options["meta"], desk.left, y, desk.width)
    if desk.options["greeting"]:
        y = desk.block(desk.left, y, [Line(desk.wording("notes", "free"))], width=desk.width) + style.leading * 0.3
    return y


def opposite(desk):
    """Title at the left, seller at the right with everything right-aligned or not."""
    align = desk.options["seller_align"]
    x = desk.right if align == "right" else desk.left + desk.width * 0.56
    y = seller_block(desk, x, desk.style.top, align, width=desk.width * 0.44)
    z = title(desk, desk.left, desk.style.top + desk.style.leading * 1.6, size=2.2, width=desk.width * 0.5)
    z = dated(desk, desk.left, z)
    if desk.options["meta"] not in WIDE:
        z = arrange(desk, desk.options["meta"], desk.left, z + desk.style.leading, desk.width * 0.48)
    y = max(y, z) + desk.style.leading * 1.5
    y = max(
        buyer_block(desk, desk.left, y, desk.width * 0.46),
        delivery_block(desk, desk.left + desk.width * 0.54, y, desk.width * 0.44),
    )
    return (
        arrange(desk, desk.options["meta"], desk.left, y + desk.style.leading, desk.width)
        if desk.options["meta"] in WIDE
        else y
    )


def centred(desk):
    """The seller in the middle over a rule, buyer and heads side by side below."""
    middle = (desk.left + desk.right) / 2
    y = seller_block(desk, middle, desk.style.top, "center", width=desk.width * 0.8)
    desk.sheet.rule(
        desk.left, y - desk.style.leading * 0.4, desk.right, y - desk.style.leading * 0.4, desk.style.color, 0.8
    )
    y = (
        title(desk, middle, y + desk.style.leading * 1.4, align="center")
        if desk.options["title_left"]
        else title(desk, desk.right, y + desk.style.leading * 1.4, align="right")
    )
    y = dated(desk, desk.right, y, "right")
    if desk.options["meta"] in WIDE:
        y = buyer_block(desk, desk.left, y + desk.style.leading * 0.5, desk.width * 0.48)
        return arrange(desk, desk.options["meta"], desk.left, y + desk.style.leading, desk.width)
    z = arrange(
        desk,
        desk.options["meta"],
        desk.left + desk.width * (0 if desk.options["swap"] else 0.56),
        y + desk.style.leading * 0.5,
        desk.width * 0.44,
    )
    return max(
        z,
        buyer_block(
            desk,
            desk.left + desk.width * (0.52 if desk.options["swap"] else 0),
            y + desk.style.leading * 0.5,
            desk.width * 0.48,
        ),
    )


def band(desk):
    """A coloured band with brand and title, the parties side by side with labels below."""
    style, height = desk.style, desk.style.leading * 4.6
    desk.sheet.box(0, 0, desk.sheet.width, height, fill=style.color)
    if desk.options["logo"]:
        logo(desk, desk.left, height * 0.24, color=0xFFFFFF)
    title(desk, desk.right, height * 0.6, size=1.9, align="right", color=0xFFFFFF, width=desk.width * 0.45)
    return side_by_side(desk, height + style.leading * 2)


def side_by_side(desk, y):
    """From and To, with the heads between them and the items or in a third column."""
    style, third = desk.style, desk.options["meta"] not in WIDE and desk.options["three_columns"]
    cell = desk.width / (3 if third else 2)
    y = dated(desk, desk.right, y, "right")
    seller_x, buyer_x = (desk.left, desk.left + cell) if not desk.options["swap"] else (desk.left + cell, desk.left)
    a = y
    if desk.options["seller_label"]:
        desk.text(seller_x, a, desk.label("parties", "seller"), desk.options["bold_party_labels"], 0.92, style.grey)
        a += style.leading * 1.15
    a = desk.block(seller_x, a, seller_lines(desk, desk.options["head_parts"]), width=cell - 12)
    labelled = "above" if desk.options["seller_label"] else None
    b = buyer_block(desk, buyer_x, y, cell - 8, labelled, "none" if desk.options["seller_label"] else None)
    if third:
        return max(a, b, arrange(desk, desk.options["meta"], desk.left + 2 * cell, y, cell))
    y = max(a, b) + style.leading
    return arrange(
        desk, desk.options["meta"], desk.left, y, desk.width if desk.options["meta"] in WIDE else desk.width * 0.55
    )


def from_to(desk):
    """Title and logo at the top, then both parties with labels."""
    style = desk.style
    y = title(desk, desk.left, style.top + style.leading * 1.6, size=2.1, width=desk.width * 0.55)
    if desk.options["logo"]:
        y = max(y, logo(desk, desk.right, style.top, "right", size=1.4) + style.leading)
    if desk.options["heads_first"] and desk.options["meta"] not in WIDE:
        y = arrange(desk, desk.options["meta"], desk.left, y + style.leading * 0.4, desk.width * 0.55) + style.leading
        kept, desk.options["meta"] = desk.options["meta"], "none"
        y = side_by_side(desk, y)
        desk.options["meta"] = kept
        return y
    return side_by_side(desk, y + style.leading)


def boxes(desk):
    """Seller and buyer in frames of equal height, the heads across."""
    style, gap = desk.style, 12
    y = title(
        desk,
        desk.left if desk.options["title_left"] else desk.right,
        style.top + style.leading * 1.5,
        align="left" if desk.options["title_left"] else "right",
    )
    cell, top = (desk.width - gap) / 2, y
    if desk.options["logo"]:
        top = logo(desk, desk.left, top, size=1.4)
    a = desk.block(
        desk.left + 6, top + style.leading * 1.2, seller_lines(desk, desk.options["head_parts"]), width=cell - 12
    )
    b = buyer_block(desk, desk.left + cell + gap + 6, top + style.leading * 1.2, cell - 12, "above", "none")
    bottom = max(a, b)
    for x in (desk.left, desk.left + cell + gap):
        desk.sheet.box(
            x, top, cell, bottom - top - style.leading * 0.3, stroke=style.grey, radius=desk.options["corner"]
        )
    y = dated(desk, desk.right, bottom + style.leading, "right")
    return arrange(
        desk,
        desk.options["meta"],
        desk.left,
        y + style.leading * 0.6,
        desk.width if desk.options["meta"] in WIDE else desk.width * 0.5,
    )


WIDE = ("across", "running")
