"""What an invoice says: the facts that a page shows and that a reader should find again."""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Party:
    name: str
    address: tuple[str, ...]
    """Street, then post code and town, as printed; the country only where it is printed."""
    country: str | None
    vat_id: str | None = None
    registration_id: str | None = None
    email: str | None = None
    phone: str | None = None
    customer_number: str | None = None

    def expected(self) -> dict:
        facts = {
            "name": self.name,
            "address": "\n".join(self.address) or None,
            "country": self.country,
            "vat_id": self.vat_id,
            "registration_id": self.registration_id,
        }
        optional = {"email": self.email, "phone": self.phone, "customer_number": self.customer_number}
        return facts | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True)
class Line:
    description: str
    quantity: Decimal
    unit_price: Decimal
    tax_rate: Decimal
    unit: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class Payment:
    iban: str | None = None
    bic: str | None = None
    terms: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Invoice:
    number: str
    issue_date: date
    due_date: date | None
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    payment: Payment = Payment()
    delivery_date: date | None = None
    purchase_order: str | None = None
    charges: tuple[tuple[str, Decimal], ...] = ()
    """Outside VAT, such as the Tunisian timbre fiscal."""
    prepaid: Decimal | None = None
    decimals: int = 2
    kind: str = field(default="invoice")

    def money(self, value: Decimal) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-self.decimals), rounding=ROUND_HALF_UP)

    def line_net(self, line: Line) -> Decimal:
        return self.money(line.quantity * line.unit_price)

    def taxes(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """(rate in per cent, base, amount), lowest rate first."""
        rates = sorted({line.tax_rate for line in self.lines})
        bases = {rate: sum((self.line_net(line) for line in self.lines if line.tax_rate == rate), Decimal(0)) for rate in rates}
        return [(rate, base, self.money(base * rate / 100)) for rate, base in bases.items()]

    @property
    def net(self) -> Decimal:
        return self.money(sum((base for _, base, _ in self.taxes()), Decimal(0)))

    @property
    def tax(self) -> Decimal:
        return self.money(sum((amount for _, _, amount in self.taxes()), Decimal(0)))

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    @property
    def due(self) -> Decimal:
        return self.gross + sum((amount for _, amount in self.charges), Decimal(0)) - (self.prepaid or Decimal(0))

    def expected(self) -> dict:
        """Plain values under the field names of a result."""
        totals = {"net": self.net, "tax": self.tax, "gross": self.gross, "prepaid": self.prepaid, "due": self.due}
        invoice = {
            "kind": self.kind,
            "number": self.number,
            "issue_date": self.issue_date.isoformat(),
            "due_date": self.due_date and self.due_date.isoformat(),
            "delivery_date": self.delivery_date and self.delivery_date.isoformat(),
            "currency": self.currency,
            "purchase_order": self.purchase_order,
            "seller": self.seller.expected(),
            "buyer": self.buyer.expected(),
            "payment": {
                "iban": self.payment.iban,
                "bic": self.payment.bic,
                "reference": self.payment.reference,
                "terms": self.payment.terms,
            },
            "totals": {key: value is not None and str(self.money(value)) or None for key, value in totals.items()},
            "tax_breakdown": [
                {"rate": str(rate), "base": str(base), "amount": str(amount)} for rate, base, amount in self.taxes()
            ],
            "charges": [{"label": label, "amount": str(self.money(amount))} for label, amount in self.charges],
            "lines": [self._expected_line(line) for line in self.lines],
        }
        return {key: value for key, value in invoice.items() if value is not None or key == "due_date"}

    def _expected_line(self, line: Line) -> dict:
        facts = {
            "description": line.description,
            "code": line.code,
            "quantity": str(line.quantity),
            "unit": line.unit,
            "unit_price": str(self.money(line.unit_price)),
            "tax_rate": str(line.tax_rate),
            "net_amount": str(self.line_net(line)),
        }
        return {key: value for key, value in facts.items() if value is not None}
