"""What differs from country to country besides words: money, taxes, forms of numbers and dates, paper."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Country:
    code: str
    language: str
    currency: str
    # VAT rates in per cent, the usual one first.
    rates: tuple[str, ...]
    # (separator of thousands, decimal separator): how usual it is.
    numbers: dict
    # Patterns of `days.printed`: how usual each is.
    dates: dict
    # What the currency is called on invoices, beside its code.
    signs: tuple[str, ...]
    # Where a sign stands: "before" or "after".
    sign_side: str = "after"
    decimals: int = 2
    paper: str = "A4"
    tax_name: str = "VAT"
    # What the currency is called in a sentence.
    currency_name: str = "euros"
    # How many documents are of this country, relative to the others.
    share: int = 2
    receipts: bool = True
    # Another file of names than that of the code.
    names: str | None = field(default=None)


NBSP, NARROW = "\u00a0", "\u202f"
FRENCH = {
    (NBSP, ","): 4,
    (NARROW, ","): 2,
    (" ", ","): 3,
    ("", ","): 2,
    (".", ","): 0.4,
    (" ", "."): 0.7,
    ("", "."): 0.6,
}
TUNISIAN = {(NBSP, ","): 3, (" ", ","): 3, ("", ","): 2, (" ", "."): 2, ("", "."): 2, (",", "."): 1.5, (".", ","): 0.7}
GERMAN = {(".", ","): 8, ("", ","): 3, (" ", ","): 0.5}
ENGLISH = {(",", "."): 9, ("", "."): 3}
SWISS = {("'", "."): 6, ("’", "."): 1, ("", "."): 2, (" ", "."): 1}
SOUTHERN = {(".", ","): 8, ("", ","): 3}

DMY_SLASH = {"dd/mm/yyyy": 9, "dd/mm/yy": 2, "d month yyyy": 4, "dd-mm-yyyy": 1, "dd.mm.yyyy": 0.7, "yyyy-mm-dd": 0.5}
DMY_DOT = {"dd.mm.yyyy": 10, "d. month yyyy": 4, "dd.mm.yy": 3, "d.m.yyyy": 1.5, "yyyy-mm-dd": 0.6, "dd/mm/yyyy": 0.3}
BRITISH = {
    "dd/mm/yyyy": 6,
    "d month yyyy": 5,
    "dd mon yyyy": 4,
    "dd/mm/yy": 2,
    "dd-mon-yyyy": 1.5,
    "dth month yyyy": 1,
    "d.m.yyyy": 0.3,
    "yyyy-mm-dd": 0.8,
    "dd-mm-yyyy": 0.8,
    "month d, yyyy": 0.7,
}
AMERICAN = {
    "mm/dd/yyyy": 6,
    "month d, yyyy": 5,
    "mon d, yyyy": 4,
    "m/d/yyyy": 3,
    "mm/dd/yy": 2,
    "mm-dd-yyyy": 0.7,
    "yyyy-mm-dd": 0.8,
}
DUTCH = {"dd-mm-yyyy": 8, "d month yyyy": 4, "dd/mm/yyyy": 1, "d-m-yyyy": 1.5, "dd-mm-yy": 1}

COUNTRIES = (
    Country(
        "FR",
        "fr",
        "EUR",
        ("20", "20", "20", "10", "5.5", "2.1"),
        FRENCH,
        DMY_SLASH,
        ("€", "€", "EUR", "Euros"),
        tax_name="TVA",
        share=22,
    ),
    Country(
        "TN",
        "fr",
        "TND",
        ("19", "19", "7", "13"),
        TUNISIAN,
        DMY_SLASH,
        ("DT", "TND", "DT", "Dinars"),
        decimals=3,
        tax_name="TVA",
        currency_name="dinars tunisiens",
        share=13,
    ),
    Country("BE", "fr", "EUR", ("21", "21", "6", "12"), FRENCH, DMY_SLASH, ("€", "EUR"), tax_name="TVA", share=3),
    Country(
        "DE",
        "de",
        "EUR",
        ("19", "19", "7"),
        GERMAN,
        DMY_DOT,
        ("€", "€", "EUR", "Euro"),
        tax_name="MwSt.",
        currency_name="Euro",
        share=20,
    ),
    Country(
        "AT",
        "de",
        "EUR",
        ("20", "20", "10", "13"),
        GERMAN,
        DMY_DOT,
        ("€", "EUR"),
        tax_name="USt.",
        currency_name="Euro",
        share=3,
    ),
    Country(
        "CH",
        "de",
        "CHF",
        ("8.1", "8.1", "2.6"),
        SWISS,
        DMY_DOT,
        ("CHF", "CHF", "Fr."),
        sign_side="before",
        tax_name="MwSt.",
        currency_name="Schweizer Franken",
        share=3,
    ),
    Country(
        "GB",
        "en",
        "GBP",
        ("20", "20", "20", "5"),
        ENGLISH,
        BRITISH,
        ("£", "£", "GBP"),
        sign_side="before",
        currency_name="pounds sterling",
        share=10,
    ),
    Country(
        "IE",
        "en",
        "EUR",
        ("23", "23", "13.5", "9"),
        ENGLISH,
        BRITISH,
        ("€", "EUR"),
        sign_side="before",
        currency_name="euro",
        share=3,
    ),
    Country(
        "US",
        "en",
        "USD",
        ("8.25", "6.5", "7", "8.875", "0", "0"),
        ENGLISH,
        AMERICAN,
        ("$", "$", "US$", "USD"),
        sign_side="before",
        paper="letter",
        tax_name="Tax",
        currency_name="US dollars",
        share=10,
    ),
    Country(
        "IN",
        "en",
        "INR",
        ("18", "18", "12", "5", "28"),
        {("lakh", "."): 5, (",", "."): 4, ("", "."): 2},
        BRITISH,
        ("Rs.", "₹", "INR", "Rs"),
        sign_side="before",
        tax_name="GST",
        currency_name="rupees",
        share=4,
    ),
    Country(
        "MY",
        "en",
        "MYR",
        ("6", "6", "8"),
        ENGLISH,
        BRITISH,
        ("RM", "RM", "MYR"),
        sign_side="before",
        tax_name="SST",
        currency_name="ringgit",
        share=4,
    ),
    Country(
        "NL",
        "nl",
        "EUR",
        ("21", "21", "9"),
        GERMAN,
        DUTCH,
        ("€", "€", "EUR"),
        sign_side="before",
        tax_name="BTW",
        currency_name="euro",
        share=4,
    ),
    Country(
        "IT",
        "it",
        "EUR",
        ("22", "22", "10", "4"),
        SOUTHERN,
        DMY_SLASH,
        ("€", "EUR", "Euro"),
        tax_name="IVA",
        currency_name="euro",
        share=4,
    ),
    Country(
        "ES",
        "es",
        "EUR",
        ("21", "21", "10", "4"),
        SOUTHERN,
        DMY_SLASH,
        ("€", "EUR", "Euros"),
        tax_name="IVA",
        share=4,
    ),
    Country(
        "PT",
        "pt",
        "EUR",
        ("23", "23", "13", "6"),
        SOUTHERN,
        DMY_SLASH | {"yyyy-mm-dd": 3, "dd-mm-yyyy": 3},
        ("€", "EUR"),
        tax_name="IVA",
        share=3,
    ),
)

BY_CODE = {country.code: country for country in COUNTRIES}
