"""A page as an office scanner or a telephone sees it."""

import io
import time

import cv2
import numpy as np
import pypdfium2
from PIL import Image

from .chance import Chance

# Moments would differ from run to run, and Pillow writes one into PDF files.
NO_MOMENT = time.gmtime(1_704_067_200)


def is_chosen(seed, number, share):
    return Chance(f"scan?/{seed}/{number}").random() < share


def scanned(pdf, seed, number):
    """(bytes, suffix) of an image-only PDF, or of a JPEG where there is one page."""
    chance = Chance(f"scan/{seed}/{number}")
    rng = np.random.default_rng(chance.getrandbits(64))
    dpi = chance.pick([150, 150, 170, 200, 200, 200, 240, 300])
    document = pypdfium2.PdfDocument(pdf)
    worn = worn_by(chance)
    pages = [worn(page.render(scale=dpi / 72).to_numpy()[:, :, :3], rng, dpi) for page in document]
    quality = chance.randint(35, 88)
    images = [Image.fromarray(page) for page in pages]
    if chance.maybe(0.5):
        images = [image.convert("L") for image in images]
    out = io.BytesIO()
    if len(images) == 1 and chance.maybe(0.6):
        images[0].save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
        return out.getvalue(), ".jpg"
    images[0].save(
        out,
        "PDF",
        save_all=True,
        append_images=images[1:],
        resolution=dpi,
        quality=quality,
        creationDate=NO_MOMENT,
        modDate=NO_MOMENT,
    )
    return out.getvalue(), ".pdf"


def worn_by(chance):
    """What happens to each page: the same kind of wear for all pages of a document."""
    degrees = chance.gauss(0, 0.7)
    degrees = min(max(degrees, -2.0), 2.0)
    blur = chance.uniform(0.0, 1.0)
    noise = chance.uniform(0, 14)
    unevenness = chance.pick([0, 0, 0.08, 0.2, 0.35])
    ink, paper = chance.uniform(0.72, 1.0), chance.uniform(0.86, 1.0)
    specks = chance.pick([0, 0, 60, 250])
    borders = chance.maybe(0.25)

    def worn(pixels, rng, dpi):
        page = pixels.astype(np.float32) / 255
        page = (1 - (1 - page) * ink) * paper
        page = turned(page, degrees, paper)
        if blur > 0.25:
            page = cv2.GaussianBlur(page, (0, 0), blur * dpi / 200)
        if unevenness:
            page *= light(page.shape, rng, unevenness)[:, :, None]
        if specks:
            speckled(page, rng, specks)
        if borders:
            page[:, : int(dpi * 0.04)] *= 0.35
        if noise > 1:
            page += rng.normal(0, noise / 255, page.shape[:2]).astype(np.float32)[:, :, None]
        return (np.clip(page, 0, 1) * 255 + 0.5).astype(np.uint8)

    return worn


def turned(page, degrees, paper):
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(
        page, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=(paper,) * 3
    )


def light(shape, rng, depth):
    """Brightness of the lamp over the page: 1 at its best, `1 - depth` at its worst."""
    coarse = rng.uniform(0, 1, (4, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    smooth = (smooth - smooth.min()) / max(float(smooth.max() - smooth.min()), 1e-6)
    return 1 - depth * smooth


def speckled(page, rng, count):
    height, width = page.shape[:2]
    for row, column in zip(rng.integers(0, height - 3, count), rng.integers(0, width - 3, count)):
        page[row : row + rng.integers(1, 3), column : column + rng.integers(1, 3)] *= 0.4
