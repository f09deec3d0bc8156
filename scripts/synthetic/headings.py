"""The title of a document, its number and date where they stand behind it, and the letterhead's logo."""

from .desk import BLACK


def plan_title(desk):
    """Decides what the title says besides its word, and what is left for the other heads."""
    chance, wording, invoice = desk.chance, desk.wording, desk.invoice
    word = wording("title", invoice.kind)
    how = desk.options.get("title") or chance.weighted({"alone": 6, "number_behind": 3, "number_and_date_behind": 1})
    date = desk.style.date(invoice.issue_date, wording)
    facts = [("kind", invoice.kind, word)]
    text = word
    if how != "alone":
        text = wording("title", how).format(title=word, number=invoice.number, date=date)
        facts.append(("number", invoice.number, invoice.number))
        if how == "number_and_date_behind":
            facts.append(("issue_date", invoice.issue_date, date))
    elif chance.maybe(0.03):
        # "F A C T U R E", as typists emphasise.
        text = " ".join(word.upper())
        facts = [("kind", invoice.kind, text)]
    desk.options["title_text"], desk.options["title_facts"] = text, tuple(facts)
    desk.options["has_number"] = how != "alone" and chance.maybe(0.88)
    desk.options["has_date"] = how == "number_and_date_behind"
    # A date in the style of a letter.
    if not desk.options["has_date"] and chance.maybe(desk.options.get("dated", 0.12)):
        pattern = wording("title", "dated")
        if "{month_year}" not in pattern:
            town = invoice.seller.town.title()
            desk.options["dated_text"] = pattern.format(town=town, date=date)
            desk.options["dated_facts"] = (("issue_date", invoice.issue_date, date),)
            desk.options["has_date"] = True


def title(desk, x, y, size=1.8, align="left", color=None, bold=True, width=None):
    """Answers the baseline below."""
    text, facts = desk.options["title_text"], desk.options["title_facts"]
    width = width or desk.width
    while desk.measure(text, bold, size) > width and size > 0.9:
        size *= 0.92
    shade = (desk.style.color if desk.options["colored_title"] else BLACK) if color is None else color
    desk.text(x, y, text, bold, size, shade, align, facts)
    if desk.options.get("duplicate"):
        desk.text(x, y + desk.style.leading, desk.options["duplicate"], False, 0.9, desk.style.grey, align)
        y += desk.style.leading
    return y + desk.style.leading * max(1.2, size * 0.75)


def dated(desk, x, y, align="left"):
    """The letter's date, where there is one; answers the baseline below."""
    text = desk.options.pop("dated_text", None)
    if text is None:
        return y
    desk.text(x, y, text, align=align, facts=desk.options["dated_facts"])
    return y + desk.style.leading * 1.3


def logo(desk, x, y, align="left", size=1.7, color=None):
    """A mark and the brand's name, its top at `y`; answers the y below."""
    seller, style = desk.invoice.seller, desk.style
    brand = seller.brand.upper() if desk.options["brand_capitals"] else seller.brand
    slogan_color, color = (style.grey, style.color) if color is None else (color, color)
    while desk.measure(brand, True, size) > desk.width * 0.4 and size > 0.6:
        size *= 0.9
    height, width = style.size * size, desk.measure(brand, True, size)
    mark = desk.options["mark"]
    gap = height * 1.5 if mark != "none" else 0
    start = {"left": x, "right": x - width - gap, "center": x - (width + gap) / 2}[align]
    middle = y + height * 0.62
    if mark == "disc":
        desk.sheet.disc(start + height * 0.55, middle, height * 0.55, color)
    elif mark == "square":
        desk.sheet.box(start, middle - height * 0.5, height, height, fill=color)
    elif mark == "triangle":
        desk.sheet.polygon(
            [
                (start, middle + height * 0.5),
                (start + height * 0.55, middle - height * 0.6),
                (start + height * 1.1, middle + height * 0.5),
            ],
            color,
        )
    elif mark == "bars":
        for place in range(3):
            desk.sheet.box(
                start + place * height * 0.38,
                middle - height * (0.1 + 0.2 * place),
                height * 0.26,
                height * (0.6 + 0.2 * place),
                fill=color,
            )
    facts = (("seller_name", brand, brand),) if seller.brand == seller.name else ()
    desk.text(start + gap, y + height, brand, True, size, color, facts=facts)
    desk.options["brand_drawn"] = brand
    if desk.options.get("slogan") and desk.measure(desk.options["slogan"], False, 0.85) <= max(
        width, desk.right - start - gap
    ):
        desk.text(start + gap, y + height + style.leading, desk.options["slogan"], False, 0.85, slogan_color)
        return y + height + style.leading * 1.6
    return y + height + style.leading * 0.8
