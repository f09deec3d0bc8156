"""Numbers that each country's firms print: VAT id, legal registration, and the small print around them."""

from . import identifiers as ids

INDIAN_STATES = ("29", "27", "07", "33", "19", "36", "24", "06")


def grouped(chance, code, sizes, joints=(" ",), share=0.5):
    """`code` with or without gaps."""
    return ids.in_groups(code, sizes).replace(" ", chance.pick(joints)) if chance.maybe(share) else code


def french(chance, party, is_person):
    siren = ids.siren(chance)
    siret = ids.siret(siren, chance)
    party.vat_id = ids.french_vat(siren)
    party.vat_printed = (
        grouped(chance, party.vat_id, [4, 3], share=0.35)
        if chance.maybe(0.7)
        else ids.in_groups(party.vat_id, [2, 2, 3])
    )
    shown_siren, shown_siret = grouped(chance, siren, [3]), grouped(chance, siret, [3, 3, 3, 5], share=0.6)
    either = chance.weighted({"siret": 5, "siren": 2, "rcs": 3, "both": 1.5})
    if either in ("siret", "both"):
        party.registrations.append(
            (chance.pick(["SIRET", "Siret", "N° SIRET", "SIRET :", "R.C.S. / SIRET"]).rstrip(" :"), shown_siret, siret)
        )
    if either in ("siren", "both"):
        party.registrations.append((chance.pick(["SIREN", "N° SIREN", "Siren"]), shown_siren, siren))
    if either in ("rcs", "both") and not is_person:
        party.registrations.append(
            (chance.pick(["RCS {}", "R.C.S. {}", "RCS {} B"]).format(party.town), shown_siren, siren)
        )
    if not party.registrations:
        party.registrations.append(("SIREN", shown_siren, siren))
    code = f"{chance.randint(10, 96)}{chance.randint(10, 99)}{chance.letters(1)}"
    party.small_print.append(f"{chance.pick(['Code APE', 'NAF', 'APE', 'Code NAF'])} {code}")
    if not is_person:
        label = chance.pick(["au capital de", "Capital social", "Capital"])
        capital = chance.pick(["1 000", "7 500", "10 000", "50 000", "8.000", "152 449"])
        party.small_print.append(f"{label} {capital} {chance.pick(['€', 'euros', 'EUR'])}")


def tunisian(chance, party, is_person):
    number = ids.tunisian_number(chance)
    shown = chance.pick(["{0}/{1}/{2}/{3}", "{0}{1}{2}{3}", "{0} {1}/{2}/{3}", "{0}/{1}{2}{3}", "{0} {1} {2} {3}"])
    printed = shown.format(number[:8], number[8], number[9], number[10:])
    party.registrations.append(
        (
            chance.pick(
                [
                    "Matricule fiscal",
                    "MF",
                    "M.F",
                    "Matricule Fiscale",
                    "MF N°",
                    "Code TVA",
                    "Identifiant fiscal",
                    "M.F.",
                    "Mat. fiscal",
                ]
            ),
            printed,
            number,
        )
    )
    party.small_print.append(f"R.C. {chance.letters(1)}{chance.digits(7)}{chance.pick(['2012', '2018', '2009'])}")
    if not is_person:
        party.small_print.append(
            f"Capital {chance.pick(['10 000', '50.000', '1 000', '100 000'])} {chance.pick(['DT', 'TND', 'dinars'])}"
        )


def german(chance, party, is_person):
    party.vat_id = ids.german_vat(chance)
    party.vat_printed = chance.pick(
        [party.vat_id, party.vat_id, ids.in_groups(party.vat_id, [2, 9]), ids.in_groups(party.vat_id, [2, 3])]
    )
    label = chance.pick(["Steuernummer", "Steuer-Nr.", "St.-Nr.", "StNr."])
    party.small_print.append(f"{label} {chance.digits(2)}/{chance.digits(3)}/{chance.digits(5)}")
    if not is_person:
        number = chance.digits(chance.randint(4, 6))
        court, book = f"Amtsgericht {party.town}", "HRA" if "KG" in party.name or "e.K." in party.name else "HRB"
        label = chance.pick(
            [f"{court}", f"Handelsregister {party.town}", "Handelsregister", court, f"Registergericht {party.town}"]
        )
        party.registrations.append((label, f"{book} {number}", f"{book}{number}"))
        party.small_print.append(f"{chance.pick(['Geschäftsführer', 'GF', 'Inhaber', 'Vorstand'])}: {party.person}")


def austrian(chance, party, is_person):
    party.vat_id = ids.austrian_vat(chance)
    if not is_person:
        number = f"{chance.digits(6)}{chance.pick('abdfghiktvwxz')}"
        party.registrations.append(
            (chance.pick(["Firmenbuchnummer", "FN", "Firmenbuch-Nr."]), f"FN {number}", f"FN{number}")
        )


def swiss(chance, party, is_person):
    number = ids.swiss_number(chance)
    printed = f"CHE-{number[3:6]}.{number[6:9]}.{number[9:]}"
    suffix = chance.pick([" MWST", "", " MWST"])
    party.vat_id = number + suffix.strip()
    party.vat_printed = printed + suffix


def belgian(chance, party, is_person):
    number = ids.belgian_number(chance)
    party.vat_id = f"BE{number}"
    party.vat_printed = chance.pick(
        [
            party.vat_id,
            f"BE {number[:4]}.{number[4:7]}.{number[7:]}",
            f"BE{number[:4]}.{number[4:7]}.{number[7:]}",
            f"BE {number[:4]} {number[4:7]} {number[7:]}",
        ]
    )
    party.small_print.append(f"RPM {party.town}")


def dutch(chance, party, is_person):
    party.vat_id = ids.dutch_vat(chance)
    party.vat_printed = chance.pick(
        [
            party.vat_id,
            party.vat_id,
            f"NL {party.vat_id[2:11]} {party.vat_id[11:]}",
            f"{party.vat_id[:2]}{party.vat_id[2:6]}.{party.vat_id[6:8]}.{party.vat_id[8:11]}.{party.vat_id[11:]}",
        ]
    )
    number = "99" + chance.digits(6)
    party.registrations.append((chance.pick(["KvK", "KvK-nummer", "KvK nr.", "Kamer van Koophandel"]), number, number))


def spanish(chance, party, is_person):
    number = ids.spanish_vat(chance, is_person)
    party.vat_id = number
    party.vat_printed = chance.pick(
        [number, number, f"{number[0]}-{number[1:]}" if number[0].isalpha() else number, f"ES{number}"]
    )
    if party.vat_printed.startswith("ES"):
        party.vat_id = party.vat_printed
    party.small_print.append(
        f"Inscrita en el Registro Mercantil de {party.town}, tomo {chance.digits(4)}, folio {chance.digits(2)}"
    )


def italian(chance, party, is_person):
    number = ids.italian_vat(chance)
    shown = number if chance.maybe(0.45) else number[2:]
    party.vat_id = party.vat_printed = shown
    if not is_person and chance.maybe(0.5):
        rea = chance.digits(7)
        party.registrations.append(
            (chance.pick(["REA", "R.E.A.", "Iscr. REA"]), f"{chance.pick(['MI', 'TO', 'BO'])}-{rea}", "")
        )
        label, printed, _ = party.registrations[-1]
        party.registrations[-1] = (label, printed, printed.replace("-", ""))
    party.small_print.append(f"Cap. soc. € {chance.pick(['10.000,00', '50.000,00', '100.000'])} i.v.")


def portuguese(chance, party, is_person):
    number = ids.portuguese_vat(chance)
    party.vat_printed = chance.pick([number, number, f"PT{number}", ids.in_groups(number, [3]), f"PT {number}"])
    party.vat_id = party.vat_printed.replace(" ", "")
    party.small_print.append(f"Capital social {chance.pick(['5.000', '50.000'])} € - CRC {party.town}")


def british(chance, party, is_person):
    if chance.maybe(0.85):
        party.vat_id = ids.british_vat(chance)
        body = party.vat_id[2:]
        party.vat_printed = chance.pick(
            [party.vat_id, f"GB {body[:3]} {body[3:7]} {body[7:]}", f"{body[:3]} {body[3:7]} {body[7:]}", body]
        )
        if not party.vat_printed.startswith("GB"):
            party.vat_id = body
    if not is_person:
        number = chance.pick(["0", "1", "SC"]) + "99" + chance.digits(5)
        number = number[:8]
        label = chance.pick(
            [
                "Company No.",
                "Registered in England & Wales No.",
                "Company registration number",
                "Reg. No.",
                "Registered in England No.",
                "Co. Reg. No.",
            ]
        )
        party.registrations.append((label, number, number))


def irish(chance, party, is_person):
    party.vat_id = ids.irish_vat(chance)
    party.vat_printed = chance.pick([party.vat_id, f"IE {party.vat_id[2:]}"])
    if not is_person and chance.maybe(0.6):
        number = "99" + chance.digits(4)
        party.registrations.append((chance.pick(["Company No.", "Registered in Ireland No.", "CRO"]), number, number))


def indian(chance, party, is_person):
    party.vat_id = ids.indian_gstin(chance, chance.pick(INDIAN_STATES))
    party.small_print.append(f"PAN: {party.vat_id[2:12]}")
    if not is_person and chance.maybe(0.3):
        number = (
            f"U{chance.digits(5)}{chance.pick(['KA', 'MH', 'DL'])}{chance.randint(1999, 2022)}PTC{chance.digits(6)}"
        )
        party.registrations.append(("CIN", number, number))


def malaysian(chance, party, is_person):
    number = chance.pick(
        [f"{chance.digits(6)}-{chance.letters(1)}", f"{chance.randint(2001, 2022)}01{chance.digits(6)}"]
    )
    party.registrations.append(
        (
            chance.pick(["Co. Reg. No.", "Co. No", "ROC", "Reg No", "Company No."]),
            chance.pick([number, f"({number})"]),
            number.replace("-", ""),
        )
    )
    if chance.maybe(0.6):
        party.vat_id = party.vat_printed = f"00{chance.digits(10)}"


REGISTERS = {
    "FR": french,
    "TN": tunisian,
    "DE": german,
    "AT": austrian,
    "CH": swiss,
    "BE": belgian,
    "NL": dutch,
    "ES": spanish,
    "IT": italian,
    "PT": portuguese,
    "GB": british,
    "IE": irish,
    "IN": indian,
    "MY": malaysian,
}
