"""What holds for every document: `scripts/synthesise --test` runs it."""

import json
import re
import unittest
from decimal import Decimal

import pypdfium2

from .countries import COUNTRIES
from .document import drawn, make
from .shown import FIELDS

SEED = "test"
# Enough for each template and country to come up a few times; a second of time for thirty.
COUNT = 240
DOCUMENTS = [make(SEED, number) for number in range(COUNT)]
DESKS = [drawn(SEED, number)[::2] for number in range(COUNT)]
AMOUNTS = {"net", "tax", "gross", "prepaid", "due"}
CODES = {"seller_vat_id", "buyer_vat_id", "seller_registration_id", "iban", "bic", "purchase_order", "number"}
CENT = Decimal("0.01")


def solid(text):
    """Without white space: a value may be broken into lines."""
    return re.sub(r"[\s\u00ad\ufffe]+", "", text)


def words_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


class Truth(unittest.TestCase):
    def test_every_value_is_on_the_page(self):
        for document in DOCUMENTS:
            text = words_of(document.pdf)
            page, words = solid(text), {solid(word) for word in text.split()}
            for field, seen in document.shown.printed.items():
                for _, printed in seen:
                    for line in printed.split("\n"):
                        there = solid(line) in page or all(
                            solid(word) in words or solid(word) in page for word in line.split()
                        )
                        self.assertTrue(there, f"{document.name} ({document.layout}): {field} {line!r} is not there")

    def test_what_is_printed_means_the_value(self):
        for document in DOCUMENTS:
            for field, seen in document.shown.printed.items():
                for value, printed in seen:
                    self.assertTrue(
                        means(field, value, printed), f"{document.name}: {field} {value!r} printed as {printed!r}"
                    )

    def test_lines_are_on_the_page(self):
        for document in DOCUMENTS:
            page = solid(words_of(document.pdf))
            for line in document.shown.lines:
                for word in line["description"].split():
                    self.assertIn(solid(word), page, document.name)
                amount = line.get("net_amount") or line.get("gross_amount")
                digits = re.sub(r"\D", "", amount)
                self.assertIn(digits, re.sub(r"[^\d]", "", page), document.name)


def means(field, value, printed):
    if field in AMOUNTS:
        digits = re.sub(r"\D", "", printed)
        negative = bool(re.search(r"-|\(", printed)) and field != "prepaid"
        return digits == re.sub(r"\D", "", value) and negative == value.startswith("-")
    if field in CODES:
        return re.sub(r"\W", "", printed).upper() == re.sub(r"\W", "", value).upper()
    if field.endswith("_date"):
        year, _, day = value.split("-")
        return year[2:] in printed and day.lstrip("0") in printed
    if field.endswith(("_name", "_address")):
        return value.split("\n") == printed.split("\n")[: len(value.split("\n"))]
    return True


class Sums(unittest.TestCase):
    def test_sums_hold(self):
        """EN 16931: BR-CO-10, -13, -14, -15, -16 and -17, as far as the document prints them."""
        for document in DOCUMENTS:
            invoice, fields = document.invoice, document.shown.values
            amount = {name: Decimal(fields[name][0]) for name in AMOUNTS if name in fields}
            lines = sum((invoice.line_net(item) for item in invoice.items), Decimal(0))
            if not invoice.from_gross:
                self.assertEqual(invoice.net, lines - invoice.discount + invoice.sign * invoice.shipping, document.name)
            for rate, base, tax in invoice.breakdown():
                self.assertLessEqual(abs(tax - base * rate / 100), CENT, document.name)
            if {"net", "tax", "gross"} <= amount.keys():
                stamp = invoice.stamp if invoice.stamp_in_gross else 0
                # A slip's total may be printed before and after rounding.
                self.assertIn(str(amount["net"] + amount["tax"] + stamp), fields["gross"], document.name)
            if {"gross", "due"} <= amount.keys():
                stamp = 0 if invoice.stamp_in_gross else invoice.stamp
                rest = sum((value for _, value in invoice.after_total), invoice.rounding + stamp - invoice.prepaid)
                self.assertEqual(amount["due"], amount["gross"] + rest, document.name)


class Looks(unittest.TestCase):
    def test_nothing_is_beside_the_page(self):
        for desk, name in DESKS:
            for _, x, y, width, size, text in desk.sheet.places:
                inside = -1 < x and x + width < desk.sheet.width + 1 and 0 < y - size * 0.7 and y < desk.sheet.height
                self.assertTrue(inside or not text.strip(), f"{name}: {text!r} at {x:.0f}, {y:.0f}")

    def test_hardly_anything_is_written_over_something(self):
        """A few do: real programs let long labels run into values too."""
        crowded = [name for desk, name in DESKS if any(overlapping(desk.sheet.places))]
        self.assertLess(len(crowded), len(DESKS) * 0.03, crowded)


def overlapping(places):
    places = [place for place in places if place[5].strip()]
    for number, (page, x, y, width, size, _) in enumerate(places):
        for other_page, left, base, room, height, _ in places[:number]:
            level = y - size * 0.6 < base - 0.5 and base - height * 0.6 < y - 0.5
            yield page == other_page and level and x < left + room - 1 and left < x + width - 1


class Manifest(unittest.TestCase):
    def test_the_same_seed_gives_the_same_bytes(self):
        for number in range(0, 60, 7):
            again = make(SEED, number)
            self.assertEqual(again.pdf, DOCUMENTS[number].pdf)
            self.assertEqual(again.shown.fields(), DOCUMENTS[number].shown.fields())

    def test_another_seed_gives_another_document(self):
        self.assertNotEqual(make("other", 1).pdf, DOCUMENTS[1].pdf)

    def test_rows_are_what_the_scoring_reads(self):
        for document in DOCUMENTS:
            row = json.loads(json.dumps(document.row("a.pdf", "synthetic/digital")))
            self.assertEqual(list(row), ["file", "set", "layout", "fields", "lines"])
            self.assertLessEqual(set(row["fields"]), set(FIELDS))
            for name, truth in row["fields"].items():
                for value in truth if isinstance(truth, list) else [truth]:
                    self.assertTrue(value is None or (isinstance(value, str) and value), f"{document.name} {name}")
                    if name.endswith("_date") and value:
                        self.assertRegex(value, r"^\d{4}-\d\d-\d\d$")
                    if name in AMOUNTS and value:
                        self.assertRegex(value, r"^-?\d+\.\d{2,3}$")
            for line in row["lines"]:
                self.assertEqual(len(line), 2)

    def test_there_is_variety(self):
        self.assertGreater(len({document.layout for document in DOCUMENTS}), 60)
        self.assertEqual({document.name[:2].upper() for document in DOCUMENTS}, {country.code for country in COUNTRIES})
