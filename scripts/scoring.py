"""How well the words of a page were read, for scripts/accuracy. Pure.

Words are compared as bags, for readers disagree about reading order where nobody is wrong. What
counts as a word is ../shared/eval/reading.py's `tokens`: case folded, without punctuation at its ends.
"""

import re
import unicodedata
from collections import Counter

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

# A read word stands for a word of the page if this part of its letters at most is wrong; beyond it,
# one was missed and another one invented.
MOST_WRONG = 0.5
# Fields whose value is looked for in what was read: those that are printed as they are written in
# the manifest, but for the way amounts are grouped.
AMOUNTS = ("net", "tax", "gross", "due", "prepaid")
TEXTS = ("number", "seller_name", "buyer_name", "iban", "bic", "seller_vat_id", "buyer_vat_id", "purchase_order")


def error_rate(truth, found):
    """Wrong letters for each letter of the page: exact words are paired first, then the most alike.

    An order-free character error rate: what is left over on either side counts whole."""
    missed, extra = list((truth - found).elements()), list((found - truth).elements())
    letters = sum(len(word) for word in truth.elements())
    pairs = []
    if missed and extra:
        distances = cdist(missed, extra, scorer=Levenshtein.distance)
        for row, word in enumerate(missed):
            for column, other in enumerate(extra):
                distance = int(distances[row][column])
                if distance <= MOST_WRONG * len(word):
                    pairs.append((distance, row, column))
    wrong, rows, columns = 0, set(), set()
    for distance, row, column in sorted(pairs):
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            wrong += distance
    wrong += sum(len(word) for row, word in enumerate(missed) if row not in rows)
    wrong += sum(len(word) for column, word in enumerate(extra) if column not in columns)
    return wrong / max(letters, 1)


def word_error_rate(truth, found):
    """Words missed, invented or wrong for each word of the page; a wrong word counts once."""
    missed, extra = (truth - found).total(), (found - truth).total()
    return max(missed, extra) / max(truth.total(), 1)


def fields_seen(fields, text):
    """(seen, looked for): how many of the printed values stand in `text`, whatever stands around them."""
    seen = looked_for = 0
    for name, value in fields.items():
        values = [one for one in (value if isinstance(value, list) else [value]) if one]
        if not values or name not in AMOUNTS + TEXTS:
            continue
        looked_for += 1
        find = amount_is_in if name in AMOUNTS else text_is_in
        seen += any(find(one, text) for one in values)
    return seen, looked_for


def amount_is_in(value, text):
    """Whether some token, or two side by side ("1 234,56"), has these digits, with two or three decimals."""
    whole, _, decimals = str(value).lstrip("-").partition(".")
    wanted = {whole + decimals.ljust(places, "0") for places in (2, 3)} | ({whole} if not decimals.strip("0") else set())
    tokens = [re.sub(r"\D", "", token) for token in text.split()]
    return any(token in wanted for token in tokens) or any(a + b in wanted for a, b in zip(tokens, tokens[1:]) if a and b)


def text_is_in(value, text):
    return plain(value) in plain(text)


def plain(text):
    """Letters and digits without accents, case and gaps."""
    text = unicodedata.normalize("NFKD", str(text)).casefold()
    return re.sub(r"[^0-9a-z]+", "", text)


class Tally:
    """Means over the pages of one condition or set as one reader read them."""

    def __init__(self):
        self.sums = Counter()
        self.pages = 0
        self.fields = [0, 0]

    def add(self, figures, fields):
        self.sums.update(figures)
        self.pages += 1
        self.fields = [a + b for a, b in zip(self.fields, fields)]

    def mean(self, figure):
        return self.sums[figure] / self.pages if self.pages and figure in self.sums else None

    def field_share(self):
        seen, looked_for = self.fields
        return seen / looked_for if looked_for else None
