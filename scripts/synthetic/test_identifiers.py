"""Check digits, by the rules that readers apply rather than those that wrote them."""

import unittest
from decimal import Decimal

from . import identifiers as ids
from .chance import Chance
from .countries import COUNTRIES
from .money import Numbers, rounded
from .parties import invent_party

TRIES = 60


def luhn(digits):
    doubled = [
        int(char) if place % 2 == 0 else sum(divmod(2 * int(char), 10)) for place, char in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


def dot(digits, weights):
    return sum(int(char) * weight for char, weight in zip(digits, weights))


def mod_11_10(digits):
    product = 10
    for char in digits[:-1]:
        total = (int(char) + product) % 10
        product = (2 * (total if total else 10)) % 11
    return (product + int(digits[-1])) % 10 == 1


def gstin(code):
    factors, total = (1, 2) * 7, 0
    for char, factor in zip(code[:14], factors):
        quotient, rest = divmod(int(char, 36) * factor, 36)
        total += quotient + rest
    return (total + int(code[14], 36)) % 36 == 0


class CheckDigits(unittest.TestCase):
    def setUp(self):
        self.chance = Chance("identifiers")

    def test_ibans_leave_1(self):
        lengths = {
            "FR": 27,
            "TN": 24,
            "BE": 16,
            "ES": 24,
            "PT": 25,
            "DE": 22,
            "AT": 20,
            "CH": 21,
            "NL": 18,
            "IT": 27,
            "GB": 22,
            "IE": 22,
        }
        for country, length in lengths.items():
            for _ in range(TRIES):
                iban = ids.any_iban(country, self.chance)
                self.assertEqual(len(iban), length, country)
                self.assertEqual(int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97, 1, iban)

    def test_national_keys_of_accounts(self):
        for _ in range(TRIES):
            self.assertEqual(int(ids.french_iban(self.chance)[4:]) * 1 % 97, 0)
            self.assertEqual(int(ids.tunisian_iban(self.chance)[4:]) % 97, 0)
            self.assertEqual(int(ids.portuguese_iban(self.chance)[4:]) % 97, 1)
            account = ids.belgian_iban(self.chance)[4:]
            self.assertEqual((int(account[:10]) - int(account[10:])) % 97, 0)

    def test_french_numbers(self):
        for _ in range(TRIES):
            siren = ids.siren(self.chance)
            self.assertTrue(luhn(siren) and luhn(ids.siret(siren, self.chance)))
            vat = ids.french_vat(siren)
            self.assertEqual(int(siren + "12") % 97, int(vat[2:4]))

    def test_vat_numbers(self):
        for _ in range(TRIES):
            self.assertTrue(mod_11_10(ids.german_vat(self.chance)[2:]))
            self.assertTrue(luhn(ids.italian_vat(self.chance)[2:]))
            self.assertTrue(gstin(ids.indian_gstin(self.chance, "29")))
            british = ids.british_vat(self.chance)[2:]
            self.assertEqual((dot(british, range(8, 1, -1)) + int(british[7:])) % 97, 0)
            belgian = ids.belgian_number(self.chance)
            self.assertEqual((int(belgian[:8]) + int(belgian[8:])) % 97, 0)
            self.assertEqual(dot(ids.dutch_vat(self.chance)[2:11], (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11, 0)
            self.assertEqual(dot(ids.swiss_number(self.chance)[3:], (5, 4, 3, 2, 7, 6, 5, 4, 1)) % 11, 0)
            portuguese = ids.portuguese_vat(self.chance)
            self.assertIn(dot(portuguese, range(9, 0, -1)) % 11, (0, 1))
            austrian = ids.austrian_vat(self.chance)[3:]
            total = sum(
                int(char) if place % 2 == 0 else sum(divmod(2 * int(char), 10))
                for place, char in enumerate(austrian[:7])
            )
            self.assertEqual((total + 4 + int(austrian[7])) % 10, 0)
            spanish = ids.spanish_vat(self.chance, person=False)
            doubled = sum(sum(divmod(2 * int(char), 10)) for char in spanish[1:8:2])
            self.assertEqual((doubled + sum(map(int, spanish[2:8:2])) + int(spanish[8])) % 10, 0)

    def test_tunisian_numbers(self):
        for _ in range(TRIES):
            number = ids.tunisian_number(self.chance)
            self.assertRegex(number, r"^\d{7}[A-HJ-NP-TV-Z][ABPN][MCPN]000$")
            self.assertEqual(ids.TUNISIAN_KEYS.index(number[7]), dot(number, range(7, 0, -1)) % 23)

    def test_no_number_is_one_that_is_handed_out(self):
        for country in COUNTRIES:
            for _ in range(TRIES // 6):
                party = invent_party(self.chance, country)
                if party.vat_id and country.code not in ("MY", "IN"):
                    self.assertIn("99", party.vat_id[:7], party.vat_id)


class Figures(unittest.TestCase):
    def printed(self, value, thousands, point, decimals=2, **more):
        options = {
            "sign": "",
            "sign_side": "after",
            "sign_gap": " ",
            "minus": "-1",
            "percent_gap": " ",
            "percent_decimals": -1,
            "quantity_decimals": -1,
        } | more
        return Numbers(thousands, point, decimals, **options).amount(Decimal(value))

    def test_amounts_are_grouped_as_their_country_does(self):
        self.assertEqual(self.printed("1234567.891", "\u202f", ",", 3), "1\u202f234\u202f567,891")
        self.assertEqual(self.printed("1234567.5", "lakh", "."), "12,34,567.50")
        self.assertEqual(self.printed("-1234.5", ".", ",", minus="1-"), "1.234,50-")
        self.assertEqual(self.printed("-5", ",", ".", sign="$", sign_side="before", sign_gap=""), "-$5.00")
        self.assertEqual(self.printed("999", "'", "."), "999.00")

    def test_nothing_is_minus_nought(self):
        self.assertEqual(str(rounded(Decimal("-0.001"), 2)), "0.00")
