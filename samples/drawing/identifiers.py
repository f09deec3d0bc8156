"""Identifiers whose check digits are right and which nobody holds.

Each is built from a body in a range that its registry does not hand out (999… numbers, bank code
99999), so a sample passes every check and can still not be mistaken for a living firm.
"""

TUNISIAN_KEYS = "ABCDEFGHJKLMNPQRSTVWXYZ"
"""Letters of a matricule fiscal by remainder: I, O and U are left out."""

IRISH_KEYS = "WABCDEFGHIJKLMNOPQRSTUV"
"""Letters of an Irish VAT number by remainder."""


def luhn_digit(body: str) -> str:
    """The digit that makes `body` + digit pass the Luhn check."""
    total = 0
    for place, char in enumerate(reversed(body)):
        digit = int(char) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def siren(body8: str) -> str:
    return body8 + luhn_digit(body8)


def siret(siren9: str, branch4: str) -> str:
    return siren9 + branch4 + luhn_digit(siren9 + branch4)


def french_vat(siren9: str) -> str:
    return f"FR{(12 + 3 * (int(siren9) % 97)) % 97:02d}{siren9}"


def british_vat(body7: str) -> str:
    weighted = sum(int(char) * weight for char, weight in zip(body7, range(8, 1, -1)))
    return f"GB{body7}{97 - weighted % 97:02d}"


def irish_vat(body7: str) -> str:
    weighted = sum(int(char) * weight for char, weight in zip(body7, range(8, 1, -1)))
    return f"IE{body7}{IRISH_KEYS[weighted % 23]}"


def tunisian_tax_number(body7: str, suffix: str = "A/M/000") -> str:
    """Matricule fiscal as printed: number, key, VAT code / category / establishment."""
    weighted = sum(int(char) * weight for char, weight in zip(body7, range(7, 0, -1)))
    return f"{body7}{TUNISIAN_KEYS[weighted % 23]}/{suffix}"


def iban(country: str, account: str) -> str:
    digits = "".join(str(int(char, 36)) for char in account + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"


def french_iban(bank5: str, branch5: str, account11: str) -> str:
    key = 97 - (89 * int(bank5) + 15 * int(branch5) + 3 * int(account11)) % 97
    return iban("FR", f"{bank5}{branch5}{account11}{key:02d}")


def tunisian_iban(bank2: str, branch3: str, account13: str) -> str:
    body = bank2 + branch3 + account13
    return iban("TN", f"{body}{97 - int(body) * 100 % 97:02d}")


def in_groups(code: str, size: int = 4) -> str:
    """As printed: `FR76 3000 …`."""
    return " ".join(code[start : start + size] for start in range(0, len(code), size))
