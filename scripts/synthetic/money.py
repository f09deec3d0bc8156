"""Amounts, quantities and rates as they are printed."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


def rounded(value, decimals):
    """Halves away from zero; never -0."""
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP) + 0


@dataclass
class Numbers:
    """How one document prints figures."""

    thousands: str
    point: str
    decimals: int
    sign: str
    """What the currency is called beside amounts."""
    sign_side: str
    sign_gap: str
    minus: str
    """"-1", "1-" or "(1)"."""
    percent_gap: str
    percent_decimals: int
    """-1: as few as there are."""
    quantity_decimals: int
    """-1: as few as there are."""

    def figure(self, value, decimals=None):
        """Without the currency."""
        value = rounded(value, self.decimals if decimals is None else decimals)
        whole, _, part = f"{abs(value):f}".partition(".")
        text = self._grouped(whole) + (self.point + part if part else "")
        if value >= 0:
            return text
        return {"-1": f"-{text}", "1-": f"{text}-", "(1)": f"({text})"}[self.minus]

    def amount(self, value, with_sign=True):
        text = self.figure(value)
        if not with_sign or not self.sign:
            return text
        if self.sign_side == "after":
            return f"{text}{self.sign_gap}{self.sign}"
        if text.startswith("-") and self.sign_gap == "":
            return f"-{self.sign}{text[1:]}"
        return f"{self.sign}{self.sign_gap}{text}"

    def quantity(self, value):
        value = Decimal(value)
        return self.figure(value, max(-value.normalize().as_tuple().exponent, self.quantity_decimals, 0))

    def percent(self, rate, with_sign=True):
        rate = Decimal(rate)
        decimals = max(-rate.normalize().as_tuple().exponent, self.percent_decimals, 0)
        return self.figure(rate, decimals) + (f"{self.percent_gap}%" if with_sign else "")

    def _grouped(self, whole):
        if self.thousands == "lakh":
            head, tail = whole[:-3], whole[-3:]
            pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)][::-1]
            return ",".join([*pairs, tail])
        return f"{int(whole):,}".replace(",", self.thousands)


def choose_numbers(chance, country, covers):
    """`covers(character)` tells whether the font has it."""
    thousands, point = chance.weighted(country.numbers)
    sign = chance.pick(country.signs)
    if not all(map(covers, sign)):
        sign = country.currency
    if chance.maybe(0.22):
        sign = ""
    elif chance.maybe(0.08):
        sign = country.currency
    side = country.sign_side if chance.maybe(0.88) else {"before": "after", "after": "before"}[country.sign_side]
    word = sign.isalpha()
    gap = "\u00a0" if side == "after" or word else ""
    if chance.maybe(0.15):
        gap = " " if word or gap == "" else gap.strip("\u00a0")
    elif gap and chance.maybe(0.5):
        gap = " "
    percent_gap = {"fr": " ", "de": " "}.get(country.language, "")
    return Numbers(
        thousands=thousands,
        point=point,
        decimals=country.decimals,
        sign=sign,
        sign_side=side,
        sign_gap=gap,
        minus=chance.weighted({"-1": 9, "1-": 0.6, "(1)": 0.4}),
        percent_gap=percent_gap if chance.maybe(0.7) else ("" if percent_gap else " "),
        percent_decimals=chance.weighted({-1: 6, 2: 3, 1: 1}),
        quantity_decimals=chance.weighted({-1: 6, 2: 2.5, 3: 0.6, 1: 0.3}),
    )
