"""Identifiers with right check digits, in ranges that their registries do not hand out.

Bodies begin with 99 and bank codes are 999…, so that none can be a living firm's.
"""

import string

CHARACTERS = string.digits + string.ascii_uppercase
TUNISIAN_KEYS = "ABCDEFGHJKLMNPQRSTVWXYZ"
IRISH_KEYS = "WABCDEFGHIJKLMNOPQRSTUV"
SPANISH_KEYS = "JABCDEFGHI"


def luhn_digit(body):
    total = 0
    for place, char in enumerate(reversed(body)):
        digit = int(char) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def weighted_sum(body, weights):
    return sum(int(char) * weight for char, weight in zip(body, weights))


def siren(chance):
    body = "99" + chance.digits(6)
    return body + luhn_digit(body)


def siret(siren9, chance):
    body = siren9 + f"{chance.randint(1, 30):05d}"[1:]
    return body + luhn_digit(body)


def french_vat(siren9):
    return f"FR{(12 + 3 * (int(siren9) % 97)) % 97:02d}{siren9}"


def german_vat(chance):
    """ISO 7064, MOD 11,10."""
    body, product = "99" + chance.digits(6), 10
    for char in body:
        product = ((int(char) + product) % 10 or 10) * 2 % 11
    return f"DE{body}{(11 - product) % 10}"


def austrian_vat(chance):
    body = "99" + chance.digits(5)
    total = sum(sum(map(int, str(int(char) * (1 + place % 2)))) for place, char in enumerate(body))
    return f"ATU{body}{(96 - total) % 10}"


def belgian_number(chance):
    body = "099" + chance.digits(5)
    return f"{body}{97 - int(body) % 97:02d}"


def swiss_number(chance):
    """CHE-999.123.456, without what it is printed with."""
    while True:
        body = "999" + chance.digits(5)
        check = -weighted_sum(body, (5, 4, 3, 2, 7, 6, 5, 4)) % 11
        if check < 10:
            return f"CHE{body}{check}"


def dutch_vat(chance):
    while True:
        body = "99" + chance.digits(6)
        check = weighted_sum(body, range(9, 1, -1)) % 11
        if check < 10:
            return f"NL{body}{check}B{chance.randint(1, 9):02d}"


def spanish_vat(chance, person):
    body = "99" + chance.digits(5)
    if person:
        number = body + chance.digits(1)
        return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]
    doubled = sum(sum(map(int, str(int(char) * 2))) for char in body[::2])
    check = -(doubled + sum(map(int, body[1::2]))) % 10
    return f"{chance.pick('AB')}{body}{check}"


def italian_vat(chance):
    body = "99" + chance.digits(8)
    return f"IT{body}{luhn_digit(body)}"


def portuguese_vat(chance):
    body = chance.pick("56") + "99" + chance.digits(5)
    check = 11 - weighted_sum(body, range(9, 1, -1)) % 11
    return f"{body}{check if check < 10 else 0}"


def british_vat(chance):
    body = "99" + chance.digits(5)
    return f"GB{body}{97 - weighted_sum(body, range(8, 1, -1)) % 97:02d}"


def irish_vat(chance):
    body = "99" + chance.digits(5)
    return f"IE{body}{IRISH_KEYS[weighted_sum(body, range(8, 1, -1)) % 23]}"


def indian_gstin(chance, state):
    body = f"{state}{chance.letters(5)}{chance.digits(4)}{chance.letters(1)}9Z"
    total = 0
    for place, char in enumerate(body):
        product = CHARACTERS.index(char) * (1 + place % 2)
        total += product // 36 + product % 36
    return body + CHARACTERS[-total % 36]


def tunisian_number(chance):
    """Matricule fiscal: seven digits, key, VAT code, category, establishment."""
    body = "99" + chance.digits(5)
    key = TUNISIAN_KEYS[weighted_sum(body, range(7, 0, -1)) % 23]
    return f"{body}{key}{chance.pick('AABPN')}{chance.pick('MMCP')}000"


def iban(country, account):
    digits = "".join(str(int(char, 36)) for char in account + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"


def french_iban(chance):
    bank, branch, account = "99999", chance.digits(5), chance.digits(11)
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    return iban("FR", f"{bank}{branch}{account}{key:02d}")


def tunisian_iban(chance):
    body = "99" + chance.digits(3) + chance.digits(13)
    return iban("TN", f"{body}{97 - int(body) * 100 % 97:02d}")


def belgian_iban(chance):
    body = "999" + chance.digits(7)
    return iban("BE", f"{body}{int(body) % 97 or 97:02d}")


def spanish_iban(chance):
    weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)

    def check(body):
        digit = 11 - weighted_sum(body, weights) % 11
        return {10: "1", 11: "0"}.get(digit, str(digit))

    bank, account = "9999" + chance.digits(4), chance.digits(10)
    return iban("ES", f"{bank}{check('00' + bank)}{check(account)}{account}")


def portuguese_iban(chance):
    body = "9999" + chance.digits(4) + chance.digits(11)
    return iban("PT", f"{body}{98 - int(body) * 100 % 97:02d}")


def any_iban(country, chance):
    """An IBAN of `country`; None where there are none."""
    national = {
        "FR": french_iban,
        "TN": tunisian_iban,
        "BE": belgian_iban,
        "ES": spanish_iban,
        "PT": portuguese_iban,
    }
    if country in national:
        return national[country](chance)
    account = {
        "DE": lambda: "999" + chance.digits(5) + chance.digits(10),
        "AT": lambda: "99999" + chance.digits(11),
        "CH": lambda: "99999" + chance.digits(12),
        "NL": lambda: "XXXX" + chance.digits(10),
        "IT": lambda: chance.letters(1) + "99999" + chance.digits(5) + chance.digits(12),
        "GB": lambda: "XXXX" + chance.digits(6) + chance.digits(8),
        "IE": lambda: "XXXX" + chance.digits(6) + chance.digits(8),
    }.get(country)
    return iban(country, account()) if account else None


def bic(country, chance):
    """XX… begins no bank's code."""
    place, branch = chance.pick(["PP", "2X", "TT", "MM", "HH", "22"]), chance.pick(["", "", "XXX"])
    return f"X{chance.letters(3)}{country}{place}{branch}"


def in_groups(code, sizes):
    """`in_groups("FR76…", [4])` is `FR76 …`; the last size repeats."""
    groups, start, place = [], 0, 0
    while start < len(code):
        size = sizes[min(place, len(sizes) - 1)]
        groups.append(code[start : start + size])
        start, place = start + size, place + 1
    return " ".join(groups)
