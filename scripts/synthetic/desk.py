"""What the blocks of a page share: the sheet, the invoice, its words and style, and small ways of setting text."""

from dataclasses import dataclass, field

from .chance import Chance
from .countries import Country
from .invoice import Invoice
from .sheet import BLACK, Sheet, width_of, wrap
from .shown import Shown
from .style import Style
from .wording import Wording


@dataclass
class Line:
    """A line of text with what it tells: facts are (field, value, printed)."""

    text: str
    facts: tuple = ()
    bold: bool = False
    size: float = 1.0
    """Relative to plain text."""
    color: int | None = None


@dataclass
class Desk:
    chance: Chance
    country: Country
    invoice: Invoice
    wording: Wording
    style: Style
    sheet: Sheet
    shown: Shown
    options: dict = field(default_factory=dict)
    """What the template has decided for its blocks."""
    feet: list = field(default_factory=list)
    """Called as foot(desk, page, pages) for each page when all are drawn."""
    repeated: list = field(default_factory=list)
    """Called at the top of each further page; answer the y below."""

    @property
    def left(self):
        return self.style.left

    @property
    def right(self):
        return self.sheet.width - self.style.right

    @property
    def width(self):
        return self.right - self.left

    @property
    def floor(self):
        """Below this the foot begins."""
        return self.sheet.height - self.style.bottom - self.options.get("foot_height", 30)

    def text(self, x, y, text, bold=False, size=1.0, color=None, align="left", facts=()):
        """Facts count as shown when they are drawn."""
        font = self.style.bold if bold else self.style.font
        for name, value, printed in facts:
            self.shown.fact(name, value, printed)
        return self.sheet.text(x, y, text, font, self.style.size * size, BLACK if color is None else color, align)

    def block(self, x, y, lines, align="left", width=None, leading=None):
        """Lines below each other, the first baseline at `y`; answers the next baseline."""
        step = leading or self.style.leading
        for line in lines:
            facts = line.facts
            pieces = (
                wrap(line.text, self.style.bold if line.bold else self.style.font, self.style.size * line.size, width)
                if width
                else [line.text]
            )
            for piece in pieces:
                y += step * (line.size - 1) if line.size > 1 else 0
                need = self.measure(piece, line.bold, line.size)
                # A word that is too long, as an address of mail, is set smaller.
                size = line.size * max(width / need, 0.55) if width and need > width else line.size
                self.text(x, y, piece, line.bold, size, line.color, align, facts)
                facts, y = (), y + step
        return y

    def measure(self, text, bold=False, size=1.0):
        return width_of(text, self.style.bold if bold else self.style.font, self.style.size * size)

    def label(self, section, key):
        """With the document's colon."""
        return self.wording(section, key) + self.style.colon

    def money(self, value, signed=None):
        """An amount as the totals print it."""
        signed = self.style.signs_in_totals if signed is None else signed
        if signed and self.style.numbers.sign:
            self.note_currency()
        return self.style.numbers.amount(value, signed)

    def note_currency(self, printed=None):
        printed = printed or self.style.numbers.sign
        self.shown.fact("currency", self.invoice.currency, printed)

    def room(self, y, height):
        """`y`, or the top of a new page where less than `height` is left."""
        return y if y + height <= self.floor else self.turn()

    def turn(self):
        """A new page; answers where its content begins."""
        self.sheet.new_page()
        y = self.style.top + self.style.leading
        for repeat in self.repeated:
            y = repeat(self, y)
        return y
