"""What an invoice says, and the sums of EN 16931 over it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .money import rounded
from .parties import Party

ZERO = Decimal(0)


@dataclass
class Item:
    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    """Net, or gross where the invoice is calculated from gross prices."""
    rate: Decimal
    discount: Decimal = ZERO
    """Per cent of this line."""
    code: str = ""
    below: list[str] = field(default_factory=list)
    """Lines under the description: serial numbers, periods."""
    section: str | None = None
    """A heading that stands above this item."""


@dataclass
class Invoice:
    kind: str
    number: str
    issue_date: date
    currency: str
    decimals: int
    seller: Party
    buyer: Party
    items: list[Item]
    from_gross: bool = False
    """Prices and amounts of the lines have the tax in them."""
    sign: int = 1
    """-1 on a credit note with negative amounts."""
    due_date: date | None = None
    delivery_date: date | None = None
    order_date: date | None = None
    purchase_order: str | None = None
    iban: str | None = None
    bic: str | None = None
    discount_percent: Decimal = ZERO
    """Off the sum of the lines."""
    shipping: Decimal = ZERO
    """Net, taxed at the first item's rate; gross where the invoice is calculated from gross prices."""
    stamp: Decimal = ZERO
    """A charge outside the VAT."""
    stamp_in_gross: bool = False
    """Whether the printed total has the stamp in it."""
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO
    after_total: list[tuple[str, Decimal]] = field(default_factory=list)
    """What else makes the total the amount due: tax that the buyer withholds, an old balance."""
    no_tax: str | None = None
    """"exempt" or "reverse": no tax is charged, and a note says why."""

    def money(self, value):
        return rounded(value, self.decimals)

    def line_amount(self, item):
        """Net, or gross where lines are gross."""
        return self.money(self.sign * item.quantity * item.price * (100 - item.discount) / 100)

    def line_tax(self, item):
        amount = self.line_amount(item)
        return self.money(amount * item.rate / (100 + item.rate if self.from_gross else 100))

    def line_net(self, item):
        return self.line_amount(item) - (self.line_tax(item) if self.from_gross else 0)

    def line_gross(self, item):
        return self.line_amount(item) + (0 if self.from_gross else self.line_tax(item))

    @property
    def lines_total(self):
        return sum(map(self.line_amount, self.items), ZERO)

    def discounts(self):
        """Off each rate's sum of lines, by rate."""
        return {rate: self.money(total * self.discount_percent / 100) for rate, total in self._by_rate().items()}

    @property
    def discount(self):
        return sum(self.discounts().values(), ZERO)

    def breakdown(self):
        """[(rate, base, tax)], highest rate first."""
        discounts, rows = self.discounts(), []
        for rate, total in self._by_rate().items():
            total -= discounts[rate]
            if rate == self.items[0].rate:
                total += self.sign * self.shipping
            tax = self.money(total * rate / (100 + rate if self.from_gross else 100))
            rows.append((rate, total - tax if self.from_gross else total, tax))
        return rows

    @property
    def net(self):
        return sum((base for _, base, _ in self.breakdown()), ZERO)

    @property
    def tax(self):
        return sum((tax for _, _, tax in self.breakdown()), ZERO)

    @property
    def gross(self):
        """With the stamp where the printed total has it."""
        return self.net + self.tax + (self.stamp if self.stamp_in_gross else 0)

    @property
    def due(self):
        rest = sum((amount for _, amount in self.after_total), ZERO)
        return self.net + self.tax + self.stamp + self.rounding + rest - self.prepaid

    def _by_rate(self):
        rates = sorted({item.rate for item in self.items}, reverse=True)
        return {rate: sum((self.line_amount(item) for item in self.items if item.rate == rate), ZERO) for rate in rates}
