"""Sellers and buyers: invented firms and persons with what invoices print of them."""

import re
import unicodedata
from dataclasses import dataclass, field

from .registers import REGISTERS
from .wording import data

# Short words that a town's name may begin with; others are codes of provinces and states.
ARTICLES = ("Le", "La", "LA", "El", "A", "St.")


@dataclass
class Party:
    name: str
    """The legal name, as it is printed."""
    brand: str
    """What the logo says: the same, or shorter."""
    person: str
    """Somebody who works there."""
    street: list[str]
    """Lines above the place."""
    place: str
    """Post code and town as the country orders them."""
    town: str
    country: str
    country_line: str | None
    vat_id: str | None
    vat_printed: str | None
    registrations: list[tuple[str, str, str]] = field(default_factory=list)
    """(label, printed, value): what is a legal registration, EN 16931's BT-30."""
    small_print: list[str] = field(default_factory=list)
    """Further facts of a footer: capital, directors, tax office."""
    phone: str = ""
    fax: str = ""
    email: str = ""
    web: str = ""

    @property
    def address(self):
        """The lines that are printed."""
        return [*self.street, self.place, *([self.country_line] if self.country_line else [])]


def names_of(country):
    return data("country", country.code.lower())


def invent_party(chance, country, is_buyer=False, abroad=False):
    names = names_of(country)
    is_person = chance.maybe(0.22 if is_buyer else 0.12)
    first, last = chance.pick(names["first"]), chance.pick(names["last"])
    stem = chance.pick(names["stems"])
    name, brand = (f"{first} {last}",) * 2 if is_person else firm_name(chance, names, stem, last)
    if is_person and not is_buyer and chance.maybe(0.35):
        brand = f"{chance.pick(names['trades'])} {last}"
    if chance.maybe(0.13):
        name = name.upper()
    place = chance.pick(names["towns"])
    street = [fill(chance, chance.pick(names["streets"]))]
    if chance.maybe(0.22):
        street.insert(chance.randint(0, 1), fill(chance, chance.pick(names["extra"])))
    party = Party(
        name=name,
        brand=brand,
        person=f"{chance.pick(names['first'])} {chance.pick(names['last'])}",
        street=street,
        place=place,
        town=town_of(place),
        country=country.code,
        country_line=chance.pick(names["country_names"]) if chance.maybe(0.9 if abroad else 0.25) else None,
        vat_id=None,
        vat_printed=None,
        phone=telephone(chance, names),
        fax=telephone(chance, names),
    )
    domain = chance.pick(names["domains"]).format(stem=plain(brand) or plain(stem))
    party.email = chance.pick(["info@", "contact@", "office@", "mail@", "facturation@", "accounts@"]) + domain
    party.web = "www." + domain
    if not (is_buyer and is_person):
        identify(chance, party, country, is_person)
    return party


def firm_name(chance, names, stem, last):
    others = [other for other in names["last"] if other != last]
    core = chance.pick(names["patterns"]).format(
        stem=stem,
        trade=chance.pick(names["trades"]),
        last=last,
        last2=chance.pick(others),
        initials=chance.letters(chance.randint(2, 4)),
    )
    if chance.maybe(0.13):
        return core, core if chance.maybe(0.6) else stem
    form = chance.pick(names["forms"])
    name = f"{form} {core}" if chance.pick(names["form_places"]) == "before" else f"{core} {form}"
    return name, chance.pick([name, core, core, stem if stem in core else core])


def fill(chance, pattern):
    return pattern.format(n=chance.randint(1, 98), m=chance.randint(1, 9), code=chance.digits(4))


def telephone(chance, names):
    return re.sub(
        r"\{(\d)\}",
        lambda match: "".join(chance.choice("0123456789") for _ in range(int(match[1]))),
        chance.pick(names["phones"]),
    )


def town_of(place):
    """The town's name alone, as in "Lyon, le 3 mars"."""
    words = [word.strip(",.") for word in place.split() if not any(char.isdigit() for char in word)]
    words = [word for word in words if len(word.strip("()")) > 2 or word in ARTICLES]
    return " ".join(words[:2]) or place


def plain(text):
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", folded.lower())[:18]


def identify(chance, party, country, is_person):
    """VAT id, registration and small print, by country."""
    register = REGISTERS.get(country.code)
    if register:
        register(chance, party, is_person)
    if party.vat_id and not party.vat_printed:
        party.vat_printed = party.vat_id
