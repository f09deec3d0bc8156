#!/usr/bin/env python3
"""Draws the sample invoices beside this script, and writes what each says as NAME.expected.json.

usage: python3 -m venv data/samples-venv
       data/samples-venv/bin/pip install -r samples/requirements.txt
       data/samples-venv/bin/python samples/make_samples.py [FOLDER]

Nothing depends on the day or on chance: with the versions of requirements.txt a second run gives the same bytes.
"""

import json
import sys
from pathlib import Path

from drawing import (
    english_photo,
    english_two_pages,
    facturx,
    french_einvoice,
    french_scan,
    pdfa,
    photo,
    scan,
    sheet,
    tunisian,
)

# Any numbers do; these are the dates on the documents.
SCAN_SEED = 20250409
PHOTO_SEED = 20250603


def french_einvoice_pdf() -> bytes:
    invoice = french_einvoice.INVOICE
    return pdfa.attach(french_einvoice.draw(), facturx.to_xml(invoice), invoice.issue_date)


def french_scan_pdf() -> bytes:
    return scan.scan(french_scan.draw(), french_scan.draw_stamp(), SCAN_SEED)


def english_photo_jpeg() -> bytes:
    return photo.photograph(english_photo.draw(), PHOTO_SEED)


SAMPLES = {
    "facture-electronique.pdf": (french_einvoice_pdf, french_einvoice.INVOICE),
    "facture-scan.pdf": (french_scan_pdf, french_scan.INVOICE),
    "invoice-photo.jpg": (english_photo_jpeg, english_photo.INVOICE),
    "facture-tunisie.pdf": (tunisian.draw, tunisian.INVOICE),
    "invoice-two-pages.pdf": (english_two_pages.draw, english_two_pages.INVOICE),
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    sheet.register_fonts()
    for name, (draw, invoice) in SAMPLES.items():
        document = folder / name
        document.write_bytes(draw())
        expected = json.dumps(invoice.expected(), ensure_ascii=False, indent=2)
        document.with_suffix(".expected.json").write_text(expected + "\n", encoding="utf-8")
        print(f"{document}  {document.stat().st_size:,} bytes")


main()
