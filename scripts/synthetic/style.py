"""How one document looks: type, colours, margins, and the habits of whoever designed it."""

from dataclasses import dataclass

from . import days
from .fonts import SHARES, Family, covers, families
from .money import Numbers, choose_numbers

PALETTES = (
    0x1F3A5F,
    0x8C1C13,
    0x2E6F40,
    0x5B2A86,
    0xB35A00,
    0x00707A,
    0x333333,
    0x0B5FA5,
    0x7A5C1E,
    0xA3195B,
    0x111111,
)
GREYS = (0x444444, 0x666666, 0x555555, 0x333333, 0x777777)
PALE = {0x1F3A5F: 0xE3EAF3, 0x8C1C13: 0xF6E4E2, 0x2E6F40: 0xE2F0E6, 0x5B2A86: 0xECE3F4, 0xB35A00: 0xFAEBDC}


@dataclass
class Style:
    family: Family
    size: float
    """Points, of plain text."""
    leading: float
    """Points from line to line."""
    left: float
    right: float
    """Margins in points."""
    top: float
    bottom: float
    color: int
    pale: int
    grey: int
    numbers: Numbers
    date_pattern: str
    colon: str
    """Between label and value."""
    bold_labels: bool
    signs_in_table: bool
    signs_in_totals: bool
    party_capitals: bool
    label_left_gap: float
    """Points between the columns of labels and of values, at least."""

    @property
    def font(self):
        return self.family.regular

    @property
    def bold(self):
        return self.family.bold

    def date(self, day, wording):
        return days.printed(day, self.date_pattern, wording)


def choose_style(chance, country, compact=False):
    family = families()[chance.weighted(SHARES)]
    size = round(chance.uniform(7.2, 10.5) if compact else chance.uniform(7.6, 11.6), 1)
    size = round(min(size, 11.6 / family.width), 1)
    color = chance.pick(PALETTES)
    margin = chance.uniform(28, 70)
    return Style(
        family=family,
        size=size,
        leading=size * chance.uniform(1.16, 1.45),
        left=margin,
        right=margin * chance.pick([1, 1, 0.85]),
        top=chance.uniform(26, 60),
        bottom=chance.uniform(30, 55),
        color=color,
        pale=PALE.get(color, chance.pick([0xEEEEEE, 0xF3F3F3, 0xE6E6E6])),
        grey=chance.pick(GREYS) if chance.maybe(0.6) else 0x111111,
        numbers=choose_numbers(chance, country, lambda char: covers(family.regular, char)),
        date_pattern=chance.weighted(country.dates),
        colon=chance.pick([" :", " : ", ":", ""] if country.language == "fr" else [":", ":", "", " :"]).rstrip(),
        bold_labels=chance.maybe(0.35),
        signs_in_table=chance.maybe(0.35),
        signs_in_totals=chance.maybe(0.7),
        party_capitals=chance.maybe(0.12),
        label_left_gap=chance.uniform(6, 20),
    )
