"""What a template leaves open, settled by chance for one document."""

from datetime import timedelta

from .invention import reference
from .parties import invent_party
from .wording import data

SLOGANS = {
    "fr": ["Depuis 1987", "La qualité à votre service", "Vente - Réparation - Location"],
    "de": ["seit 1952", "Meisterbetrieb", "Qualität aus einer Hand"],
    "en": ["Established 1974", "Quality you can trust", "Making it simple"],
    "nl": ["Sinds 1968", "Vakwerk op maat"],
    "es": ["Desde 1979", "Calidad y servicio"],
    "it": ["Dal 1961", "Qualità e servizio"],
    "pt": ["Desde 1983", "Qualidade e serviço"],
}
DUPLICATES = {
    "fr": ["DUPLICATA", "Original", "Copie client"],
    "de": ["Duplikat", "Kopie", "Original"],
    "en": ["COPY", "ORIGINAL FOR RECIPIENT", "Duplicate"],
    "nl": ["Kopie"],
    "es": ["COPIA", "Original"],
    "it": ["COPIA"],
    "pt": ["Original", "Duplicado"],
}


def settle(chance, template, country, wording, style, invoice):
    """All options by name; the template's own go over them."""
    maybe, pick = chance.maybe, chance.pick
    head_parts = head_parts_of(chance)
    options = {
        "head_parts": head_parts,
        "bold_buyer": maybe(0.5),
        "buyer_parts": [
            "name",
            "address",
            *(["vat"] if maybe(0.4) else []),
            *(["registration"] if maybe(0.25) else []),
            *(["phone"] if maybe(0.08) else []),
        ],
        "buyer_label": chance.weighted({"above": 4, "none": 4, "inline": 0.8}),
        "buyer_frame": chance.weighted({"none": 7, "box": 2, "pale": 1, "bar": 0.6}),
        "buyer_vat_in_heads": False,
        "bold_party_labels": maybe(0.5),
        "contact_labels": maybe(0.8),
        "seller_label": maybe(0.4),
        "seller_align": pick(["left", "right"]),
        "logo": maybe(0.7),
        "logo_align": pick(["left", "right", "center"]),
        "mark": pick(["none", "none", "disc", "square", "triangle", "bars"]),
        "slogan": pick(SLOGANS[country.language]) if maybe(0.15) else None,
        "brand_capitals": maybe(0.12),
        "colored_title": maybe(0.5),
        "title_left": maybe(0.5),
        "dated_right": maybe(0.6),
        "duplicate": pick(DUPLICATES[country.language]) if maybe(0.06) else None,
        "window": style.top + chance.uniform(60, 110),
        "window_rule": maybe(0.3),
        "greeting": maybe(0.4),
        "corner": pick([0, 0, 4, 8]),
        "swap": maybe(0.25),
        "three_columns": maybe(0.35),
        "heads_first": False,
        "dark_bar": maybe(0.5),
        "amount_in_head": maybe(0.75),
        "short_head": maybe(0.5),
        "bold_values": maybe(0.3),
        "meta_spacing": chance.uniform(1, 1.35),
        "colon_above": maybe(0.3),
        "across_frame": pick(["band", "pale", "grid", "line", "none", "grid"]),
        "across_most": pick([4, 5, 6]),
        "across_align": pick(["left", "center"]),
        "due_in_heads": maybe(0.68),
        "delivery_date_in_heads": True,
        "terms_in_heads": maybe(0.3),
        **table_options(chance, country, style),
        **totals_options(chance, country, invoice),
        "account": chance.weighted({"body": 6, "foot": 3}),
        "factor": maybe(0.04),
        "iban_groups": chance.weighted({True: 6, False: 3, "national": 1}),
        "thanks": maybe(0.4),
        "legal_notes": chance.weighted({0: 4, 1: 4, 2: 2}),
        "foot_size": chance.uniform(0.68, 0.88),
        "foot_joint": pick([" - ", " | ", " • ", ", ", "  "]),
        "foot_rule": maybe(0.5),
        "foot_once": maybe(0.2),
        "page_numbers": pick(["always", "several", "several", None]),
        "page_number_place": pick(["left", "center", "right"]),
    }
    if maybe(0.16):
        person = pick(data("wording", country.language)["parties"]["person"]).format(
            **dict(zip(("first", "last"), invoice.buyer.person.split(" ", 1)))
        )
        options["attention"] = wording.fresh("parties", "attention").format(person=person)
        options["attention_place"] = pick([0, 1, 1])
    if maybe(0.09):
        options["own_number"] = pick([chance.digits(5), f"K{chance.digits(4)}", chance.digits(8)])
    if "vat" not in options["buyer_parts"] and maybe(0.3):
        options["buyer_vat_in_heads"] = True
    options["delivery_address"] = None
    if maybe(0.9 if template.options.get("deliver") else 0.2):
        place = invent_party(chance, country, is_buyer=True)
        options["delivery_address"] = [place.name if maybe(0.5) else invoice.buyer.name, *place.address]
    options |= template.options
    arrange_items(chance, options, invoice, wording, style)
    return options


def head_parts_of(chance):
    """What of the seller stands at the top, in order."""
    parts = ["name"] if chance.maybe(0.88) else []
    parts.append("address_line" if chance.maybe(0.1) else "address")
    rest = [
        part
        for part, share in (
            ("phone", 0.55),
            ("fax", 0.2),
            ("email", 0.5),
            ("web", 0.3),
            ("vat", 0.4),
            ("registration", 0.4),
            ("small", 0.1),
        )
        if chance.maybe(share)
    ]
    if chance.maybe(0.3):
        chance.shuffle(rest)
    return [*parts, *rest]


def table_options(chance, country, style):
    maybe, pick = chance.maybe, chance.pick
    code = pick([country.currency, style.numbers.sign or country.currency])
    return {
        "cell_pad": chance.uniform(2, 6),
        "row_gap": chance.uniform(0.15, 0.9),
        "position_step": pick([1, 1, 1, 10]),
        "unit_with_quantity": maybe(0.12),
        "signs_on_prices": maybe(0.7),
        "negative_quantities": maybe(0.5),
        "no_discount": pick(["", "-", style.numbers.percent(0)]),
        "percent_signs": maybe(0.75),
        "currency_in_heads": code if maybe(0.13) else None,
        "heads_again": maybe(0.85),
        "carried": maybe(0.3),
        "bold_sums": maybe(0.5),
        "section_totals": maybe(0.4),
        "table_reserve": pick([0, 0, 40]),
    }


def totals_options(chance, country, invoice):
    maybe, pick = chance.maybe, chance.pick
    several = len(invoice.breakdown()) > 1
    return {
        "only_gross": invoice.from_gross and maybe(0.15),
        "gross_first": maybe(0.6),
        "hide_no_tax": maybe(0.5),
        "split_gst": maybe(0.6),
        "tax_rows": chance.weighted(
            {"rates": 3, "rates_and_total": 3, "total": 3} if several else {"rates": 6, "total": 4}
        ),
        "tax_table": chance.weighted(
            {None: 3, "above": 1, "beside": 2} if several else {None: 9, "above": 0.5, "beside": 1}
        ),
        "tax_table_total": maybe(0.4),
        "strong_net": maybe(0.12),
        "strong_gross": maybe(0.5),
        "due_row": maybe(0.33),
        "due_instead_of_gross": maybe(0.15),
        "unsigned_reductions": maybe(0.4),
        "code_in_labels": country.currency if maybe(0.1) else None,
        "totals_share": chance.uniform(0.32, 0.52),
        "totals_frame": pick(["none", "none", "rules", "band", "pale", "box", "cells"]),
        "totals_spacing": chance.uniform(1.1, 1.6),
        "sign_apart": chance.uniform(60, 80) if maybe(0.25) else 0,
        "totals_colon": pick(["", "", "", ":", " :"]),
        "strong_size": pick([1, 1, 1.15, 1.35]),
        "values_close": maybe(0.4),
        "leaders_wide": maybe(0.4),
        "leaders_typed": maybe(0.5),
        "wide_align": pick(["left", "center", "right"]),
        "in_words": maybe({"TN": 0.62, "IN": 0.5, "MY": 0.2}.get(country.code, 0.03)),
        "other_currency": pick([code for code in ("EUR", "USD", "GBP", "CHF") if code != country.currency])
        if maybe(0.06)
        else None,
        "amounts_in": maybe(0.07),
    }


def arrange_items(chance, options, invoice, wording, style):
    """The look of the table, and headings between its rows."""
    if len(invoice.items) > 3 and chance.maybe(0.8 if options.get("sections") else 0.1):
        starts = sorted({0, *chance.sample(range(1, len(invoice.items)), min(2, chance.pick([1, 2])))})
        for number, start in enumerate(starts, 1):
            day = style.date(invoice.issue_date - timedelta(days=chance.randint(1, 30)), wording)
            pattern = wording.fresh("table", "section")
            invoice.items[start].section = pattern.format(
                n=number, number=reference(chance, invoice.issue_date), date=day, town=invoice.buyer.town.title()
            )


def table_look(chance, frame):
    return {
        "frame": frame,
        "head": chance.weighted({"band": 3, "pale": 2, "grey": 1, "line": 3, "plain": 1}),
        "bold_head": chance.maybe(0.7),
        "bold_items": chance.maybe(0.08),
        "line": chance.pick([0.4, 0.6, 0.9]),
        "figures_low": chance.pick([0, 0, 0, 1]),
        "tall": chance.maybe(0.5),
        "end_rule": chance.maybe(0.7),
    }
