"""Pages whose words or fields are known, for scripts/accuracy: those of ../shared/eval/dev as they are,
and pages drawn from its digital PDFs under the conditions of ../shared/eval/reading.py."""

import hashlib
import json
import random
from pathlib import Path

import cv2
import pypdfium2 as pdfium

# Fewer words say little about a page.
LEAST_WORDS = 60
# As reading.py draws them.
DPI = 200


class Page:
    """An image or a PDF with what is known about it."""

    def __init__(self, group, name, content, words, fields):
        # The condition or the set that its figures are counted under.
        self.group = group
        self.name = name
        self.content = content
        # Counter of words, or None where they are not known.
        self.words = words
        self.fields = fields
        self.digest = hashlib.sha256(content).hexdigest()


def manifest(folder):
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


def layer(path, reading, pages=None):
    """The words of a PDF's own text layer."""
    document = pdfium.PdfDocument(path)
    count = len(document) if pages is None else min(pages, len(document))
    return reading.tokens(" ".join(document[at].get_textpage().get_text_bounded() for at in range(count)))


def conditioned(folder, reading, limit, conditions):
    """First pages of digital PDFs, one a layout, under each condition: the pages that reading.py takes."""
    drawn, layouts = [], set()
    for row in manifest(folder):
        if not row["set"].endswith("/digital") or row["layout"] in layouts:
            continue
        layouts.add(row["layout"])
        words = layer(folder / row["file"], reading, pages=1)
        if words.total() >= LEAST_WORDS and len(drawn) < limit:
            page = pdfium.PdfDocument(folder / row["file"])[0]
            image = page.render(scale=DPI / 72, grayscale=True).to_numpy().squeeze()
            drawn.append((row["file"], image, words))
    for condition in conditions:
        for name, image, words in drawn:
            chance = random.Random(hashlib.sha256((name + condition).encode()).digest())
            png = cv2.imencode(".png", reading.CONDITIONS[condition](image, chance))[1].tobytes()
            yield Page(condition, f"{Path(name).stem}-{condition}.png", png, words, {})


def published(folder, reading, limit):
    """Scans, photographs and receipts as they are; their words where a digital twin tells them."""
    taken = {}
    for row in manifest(folder):
        group = row["set"]
        if group.endswith(("/digital", "/einvoice")) or taken.get(group, 0) >= limit:
            continue
        taken[group] = taken.get(group, 0) + 1
        path = folder / row["file"]
        twin = folder / f"{path.stem.removesuffix('-scan')}.pdf"
        words = None
        if path.stem.endswith("-scan") and twin.is_file():
            words = layer(twin, reading, pages=None if path.suffix == ".pdf" else 1)
        yield Page(group, path.name, path.read_bytes(), words if words and words.total() >= LEAST_WORDS else None, row["fields"])
