"""A party as lines of text: name, address, contact, identifiers, in the parts that a block asks for."""

from .desk import Line

VAT_LABELS = {
    "IN": ["GSTIN", "GSTIN/UIN", "GST No.", "GSTIN No"],
    "MY": ["SST No.", "SST ID", "GST ID No", "Service Tax No"],
    "CH": ["MWST-Nr.", "MwSt-Nr.", "UID", "MWST"],
}


def seller_lines(desk, parts, bold_name=True):
    return party_lines(desk, desk.invoice.seller, "seller", parts, bold_name)


def buyer_lines(desk, parts=("name", "address"), bold_name=None):
    """With a contact above or below the name now and then."""
    bold = desk.options["bold_buyer"] if bold_name is None else bold_name
    lines = party_lines(desk, desk.invoice.buyer, "buyer", parts, bold)
    if "own_number" in desk.options:
        lines.append(Line(f"{desk.label('meta', 'customer_number')} {desk.options['own_number']}"))
    if "attention" in desk.options and "name" in parts:
        lines.insert(desk.options["attention_place"], Line(desk.options["attention"]))
    return lines


def party_lines(desk, party, role, parts, bold_name=True):
    """`parts` in the order in which they are printed."""
    lines = []
    for part in parts:
        lines += PARTS[part](desk, party, role)
    for line in lines[:1]:
        line.bold = bold_name and "name" in parts
    return lines


def shown_text(desk, text):
    return text.upper() if desk.style.party_capitals else text


def name_lines(desk, party, role):
    name = shown_text(desk, party.name)
    return [Line(name, ((f"{role}_name", name, name),))]


def address_lines(desk, party, role):
    lines = [shown_text(desk, line) for line in party.address]
    return [*map(Line, lines[:-1]), Line(lines[-1], address_facts(desk, party, role, lines))]


def address_facts(desk, party, role, lines):
    """The address with and without the country's line."""
    printed = "\n".join(lines)
    facts = [(f"{role}_address", printed, printed)]
    if party.country_line:
        facts.append((f"{role}_address", "\n".join(lines[:-1]), printed))
    if role == "seller":
        facts.append(("seller_country", party.country, lines[-1]))
    return tuple(facts)


def one_line_address(desk, party, role, joint=", "):
    lines = [shown_text(desk, line) for line in party.address]
    return Line(joint.join(lines), address_facts(desk, party, role, lines))


def sender_line(desk):
    """The small line above a window: name and address of who sends."""
    seller, joint = desk.invoice.seller, desk.chance.pick([" · ", ", ", " - ", " | ", " • "])
    lines = [seller.name, *seller.street, seller.place]
    facts = (("seller_name", seller.name, seller.name), *address_facts(desk, seller, "seller", seller.address)[-2:])
    if seller.country_line:
        short = "\n".join([*seller.street, seller.place])
        facts = (
            ("seller_name", seller.name, seller.name),
            ("seller_address", short, short),
            ("seller_country", seller.country, seller.place),
        )
    return Line(joint.join(lines), facts)


def contact_lines(*kinds):
    def lines(desk, party, role):
        found = []
        for kind in kinds:
            value = getattr(party, kind)
            if kind == "web":
                found.append(Line(value))
            elif value:
                found.append(
                    Line(f"{desk.label('parties', kind)} {value}" if desk.options["contact_labels"] else value)
                )
        return found

    return lines


def vat_label(desk, party):
    if party.country in VAT_LABELS:
        key = ("vat_label", party.country)
        if key not in desk.options:
            desk.options[key] = desk.chance.pick(VAT_LABELS[party.country])
        return desk.options[key] + desk.style.colon
    return desk.label("parties", "vat_id")


def vat_lines(desk, party, role):
    if not party.vat_printed:
        return []
    facts = [(f"{role}_vat_id", party.vat_id, party.vat_printed)]
    if role == "seller":
        facts.append(("seller_country", party.country, party.vat_printed))
    return [Line(f"{vat_label(desk, party)} {party.vat_printed}", tuple(facts))]


def registration_lines(desk, party, role):
    lines = []
    for label, printed, value in party.registrations:
        colon = "" if label.startswith(("RCS", "R.C.S", "Registered")) else desk.style.colon
        facts = ((f"{role}_registration_id", value, printed),) if role == "seller" else ()
        lines.append(Line(f"{label}{colon} {printed}", facts))
    return lines


def small_lines(desk, party, role):
    return [Line(text) for text in party.small_print]


PARTS = {
    "name": name_lines,
    "address": address_lines,
    "address_line": lambda desk, party, role: [one_line_address(desk, party, role)],
    "phone": contact_lines("phone"),
    "fax": contact_lines("fax"),
    "email": contact_lines("email"),
    "web": contact_lines("web"),
    "vat": vat_lines,
    "registration": registration_lines,
    "small": small_lines,
}
