"""One document: invented, drawn, and told."""

from dataclasses import dataclass

from .chance import Chance
from .choices import settle, table_look
from .countries import COUNTRIES
from .desk import Desk
from .extras import edges, extras
from .fonts import families
from .foot import draw_feet, plan_foot
from .headings import plan_title
from .heads import repeat_on_pages
from .invention import count_of_items, invent_invoice
from .payment import payment
from .sheet import SIZES, Sheet
from .shown import Shown
from .slips import draw_slip
from .style import choose_style
from .table import items_table
from .templates import TEMPLATES
from .totals import totals
from .wording import Wording

# Share of till slips among the documents.
SLIPS = 0.12


@dataclass
class Document:
    name: str
    layout: str
    pdf: bytes
    shown: Shown
    invoice: object

    def row(self, file, group):
        """The manifest's entry."""
        return {
            "file": file,
            "set": group,
            "layout": self.layout,
            "fields": self.shown.fields(),
            "lines": self.shown.lines,
        }


def make(seed, number):
    """The same document for the same `seed` and `number`, whatever else is made."""
    desk, layout, name = drawn(seed, number)
    return Document(name, layout, desk.sheet.pdf(name), desk.shown, desk.invoice)


def drawn(seed, number):
    """(desk, layout, name), before it becomes a PDF."""
    chance = Chance(f"{seed}/{number}")
    country = chance.choices(COUNTRIES, [country.share for country in COUNTRIES])[0]
    name = f"{country.code.lower()}-{number:05d}"
    if chance.maybe(SLIPS):
        desk, layout = draw_slip(chance, country)
    else:
        desk, layout = draw_invoice(chance, country)
    settle_truth(desk)
    return desk, layout, name


def draw_invoice(chance, country):
    """(desk, layout) of a finished invoice or credit note."""
    fitting = [template for template in TEMPLATES if not template.countries or country.code in template.countries]
    template = chance.choices(fitting, [template.share for template in fitting])[0]
    second = chance.pick([other for other in ("en", "fr") if other != country.language]) if chance.maybe(0.04) else None
    wording = Wording(chance, country.language, country.tax_name, capitals=chance.maybe(0.14), second=second)
    invoice = invent_invoice(chance, country, wording, items_of(chance, template))
    style = choose_style(chance, country, compact=template.options.get("paper") == "A5")
    if "family" in template.options:
        style.family = families()[chance.pick(template.options["family"])]
        style.size = min(style.size, 9.2)
    desk = Desk(
        chance, country, invoice, wording, style, Sheet(SIZES[template.options.get("paper", country.paper)]), Shown()
    )
    meta, frame, below = chance.pick(template.metas), chance.pick(template.frames), chance.pick(template.totals)
    desk.options = settle(chance, template, country, wording, style, invoice) | {
        "meta": meta,
        "totals": below,
        "table": table_look(chance, frame),
    }
    draw(desk, template)
    layout = f"{template.name}/{'framed' if frame in ('grid', 'box', 'columns') else 'open'}/{below}"
    return desk, layout


def items_of(chance, template):
    if template.options.get("few_items"):
        return chance.randint(1, 4)
    if template.options.get("many_items"):
        return chance.randint(14, 40)
    return count_of_items(chance)


def draw(desk, template):
    plan_title(desk)
    plan_foot(desk)
    repeat_on_pages(desk)
    y = template.head(desk)
    y = items_table(desk, y + desk.style.leading * 0.4)
    y = totals(desk, y)
    extras(desk, payment(desk, y))
    edges(desk)
    draw_feet(desk)


def settle_truth(desk):
    """What only the whole page tells."""
    shown, seller = desk.shown, desk.invoice.seller
    if "seller_name" not in shown.values and "brand_drawn" in desk.options:
        shown.fact("seller_name", desk.options["brand_drawn"], desk.options["brand_drawn"])
        if desk.options.get("holder_drawn"):
            shown.also("seller_name", seller.name)
    # Their VAT number is the number in the register too.
    if seller.country in ("BE", "CH", "PT"):
        shown.ambiguous("seller_registration_id")
    if seller.country == "TN":
        shown.ambiguous("seller_vat_id")
    if desk.invoice.kind == "receipt" and "kind" not in shown.values:
        shown.fact("kind", "receipt", "")
    if desk.invoice.buyer.country == "TN":
        shown.ambiguous("buyer_vat_id")
