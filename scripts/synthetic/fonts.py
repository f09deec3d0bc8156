"""Families of fonts: the standard ones that a PDF does not embed, and those that come with pip packages or Debian."""

import functools
import importlib.util
import pathlib
from dataclasses import dataclass

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

DEJAVU = pathlib.Path("/usr/share/fonts/truetype/dejavu")
# What a font without the character prints instead.
SUBSTITUTES = {"\u202f": "\u00a0", "₹": "Rs.", "’": "'", "–": "-", "…": "..."}


@dataclass(frozen=True)
class Family:
    name: str
    regular: str
    bold: str
    italic: str
    width: float = 1.0
    """Of its letters, relative to Helvetica."""


STANDARD = (
    Family("Helvetica", "Helvetica", "Helvetica-Bold", "Helvetica-Oblique"),
    Family("Times", "Times-Roman", "Times-Bold", "Times-Italic", 0.92),
    Family("Courier", "Courier", "Courier-Bold", "Courier-Oblique", 1.25),
)
# Name, where its files lie (a package, or Debian's folder), and the files of regular, bold and italic.
FILES = (
    ("DejaVuSans", DEJAVU, "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans", 1.15),
    ("DejaVuSerif", DEJAVU, "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif", 1.15),
    ("DejaVuMono", DEJAVU, "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono", 1.25),
    ("Lato", "font_lato", "Lato-Regular", "Lato-Bold", "Lato-Italic", 0.97),
    ("Roboto", "font_roboto", "Roboto-Regular", "Roboto-Bold", "Roboto-Italic", 1.0),
    ("SourceSans", "font_source_sans_pro", "SourceSansPro-Regular", "SourceSansPro-Bold", "SourceSansPro-It", 0.92),
    ("SourceSerif", "font_source_serif_pro", "SourceSerifPro-Regular", "SourceSerifPro-Bold", "SourceSerifPro-It", 1.0),
    ("Caladea", "font_caladea", "Caladea-Regular", "Caladea-Bold", "Caladea-Italic", 0.96),
)
# How usual each family is on invoices: most print Arial or Helvetica.
SHARES = {
    "Helvetica": 9,
    "Times": 2,
    "Courier": 1,
    "DejaVuSans": 2.5,
    "DejaVuSerif": 0.7,
    "DejaVuMono": 0.4,
    "Lato": 2.5,
    "Roboto": 3,
    "SourceSans": 2.5,
    "SourceSerif": 1,
    "Caladea": 1.2,
}


@functools.cache
def families():
    """All by name, registered at the first call."""
    if not DEJAVU.is_dir():
        raise SystemExit(f"no fonts at {DEJAVU}: install the package fonts-dejavu")
    found = {family.name: family for family in STANDARD}
    for name, home, *files, width in FILES:
        folder = (
            home
            if isinstance(home, pathlib.Path)
            else pathlib.Path(importlib.util.find_spec(home).origin).parent / "files"
        )
        names = []
        for style, file in zip(("", "-Bold", "-Italic"), files):
            pdfmetrics.registerFont(TTFont(name + style, str(folder / f"{file}.ttf")))
            names.append(name + style)
        found[name] = Family(name, *names, width)
    return found


@functools.cache
def covers(font, character):
    face = pdfmetrics.getFont(font)
    if isinstance(face, TTFont):
        return ord(character) in face.face.charToGlyph
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def printable(text, font):
    """`text` with what the font cannot print replaced."""
    if all(covers(font, char) for char in text):
        return text
    return "".join(char if covers(font, char) else SUBSTITUTES.get(char, "?") for char in text)
