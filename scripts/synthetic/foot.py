"""The foot of each page: who the seller is in law, the account, page numbers."""

from .party_lines import seller_lines
from .payment import account, bic_line, iban_line


def plan_foot(desk):
    """Chooses a form and what of the seller it prints."""
    chance, options = desk.chance, desk.options
    left = [
        part
        for part in ("name", "address_line", "phone", "email", "web", "vat", "registration", "small")
        if part not in options["head_parts"]
    ]
    wanted = options.get("foot_parts") or {
        "vat": 0.95,
        "registration": 0.95,
        "small": 0.75,
        "name": 0.95,
        "address_line": 0.6 if "address" in options["head_parts"] else 0.95,
        "phone": 0.4,
        "email": 0.4,
        "web": 0.3,
    }
    parts = [part for part in left if chance.maybe(wanted[part])]
    if "address" in options["head_parts"] and chance.maybe(0.6):
        parts = [part for part in parts if part != "address_line"]
    options["foot_lines"] = seller_lines(desk, parts, bold_name=False) if parts else []
    form = options.get("foot") or chance.weighted({"centred": 5, "left": 1.5, "columns": 3, "right": 0.4})
    if options["account"] == "foot":
        options["foot_account"] = (
            account(desk)
            if form == "columns"
            else [line for line in (iban_line(desk) if desk.invoice.iban else None, bic_line(desk)) if line]
        )
    else:
        options["foot_account"] = []
    options["foot_height"] = foot_height(desk, form)
    desk.feet.append(FORMS[form])
    desk.feet.append(page_number)


def foot_height(desk, form):
    lines = desk.options["foot_lines"] + desk.options["foot_account"]
    step = desk.style.leading * 0.85
    return (
        step
        * (
            max((len(lines) + 2) // 3 + 1, len(desk.options["foot_account"]) + 1)
            if form == "columns"
            else len(joined(desk, lines)) + 1
        )
        + 14
    )


def joined(desk, lines):
    """Lines put together as long as they fit."""
    rows, size, joint = [], desk.options["foot_size"], desk.options["foot_joint"]
    for line in lines:
        if rows and desk.measure(rows[-1][0] + joint + line.text, False, size) <= desk.width:
            rows[-1] = (rows[-1][0] + joint + line.text, rows[-1][1] + line.facts)
        else:
            rows.append((line.text, line.facts))
    return rows


def ruled(desk):
    top = desk.sheet.height - desk.style.bottom - desk.options["foot_height"] + 16
    if desk.options["foot_rule"]:
        desk.sheet.rule(
            desk.left, top - desk.style.leading, desk.right, top - desk.style.leading, desk.style.color, 0.5
        )
    return top


def in_one_run(align):
    def foot(desk, page, pages):
        if page and desk.options["foot_once"]:
            return
        y, size = ruled(desk), desk.options["foot_size"]
        x = {"left": desk.left, "center": (desk.left + desk.right) / 2, "right": desk.right}[align]
        for text, facts in joined(desk, desk.options["foot_lines"] + desk.options["foot_account"]):
            desk.text(x, y, text, size=size, color=desk.style.grey, align=align, facts=facts)
            y += desk.style.leading * 0.85

    return foot


def in_columns(desk, page, pages):
    """Three or four columns, the account in the last."""
    top, size, lines = ruled(desk), desk.options["foot_size"], desk.options["foot_lines"]
    third = max((len(lines) + 1) // 2, 1)
    columns = [lines[:third], lines[third:], desk.options["foot_account"]]
    columns = [column for column in columns if column]
    for place, column in enumerate(columns):
        y, x = top, desk.left + place * desk.width / len(columns)
        room, shrunk = desk.width / len(columns) - 8, size
        while shrunk > 0.5 and any(desk.measure(line.text, False, shrunk) > room for line in column):
            shrunk -= 0.04
        for line in column:
            desk.text(x, y, line.text, size=shrunk, color=desk.style.grey, facts=line.facts)
            y += desk.style.leading * 0.85


FORMS = {
    "centred": in_one_run("center"),
    "left": in_one_run("left"),
    "right": in_one_run("right"),
    "columns": in_columns,
}


def page_number(desk, page, pages):
    if not desk.options["page_numbers"] or (pages == 1 and desk.options["page_numbers"] == "several"):
        return
    text = desk.wording("meta", "page").format(n=page + 1, m=pages)
    y = desk.sheet.height - desk.style.bottom + desk.style.leading * 0.8
    place = desk.options["page_number_place"]
    x = {"left": desk.left, "center": (desk.left + desk.right) / 2, "right": desk.right}[place]
    desk.text(x, y, text, size=0.85, color=desk.style.grey, align=place)


def draw_feet(desk):
    """On all pages, when their number is known."""
    pages = len(desk.sheet.pages)
    for page in range(pages):
        desk.sheet.at = page
        for foot in desk.feet:
            foot(desk, page, pages)
    desk.sheet.at = -1
