"""What a printed page looks like after a stamp, two folds and an office scanner."""

import io
import time

import numpy as np
from PIL import Image

from .raster import blurred, clouds, grain, render, to_image

DPI = 200
SKEW_DEGREES = 0.8
"""Counter-clockwise; what a document feeder does to a page that was put in by hand."""
JPEG_QUALITY = 58
PAPER = np.array([0.965, 0.960, 0.945])
MILLIMETRE = DPI / 25.4
SCANNED_AT = time.gmtime(1_744_640_000)
"""14 April 2025."""


def scan(page: bytes, stamp: bytes, seed: int) -> bytes:
    """`page` and `stamp` are one-page PDFs; answers a PDF with one JPEG image that fills an A4 page."""
    rng = np.random.default_rng(seed)
    ink = _worn_toner(1 - render(page, DPI), rng)
    paper = PAPER * (1 + 0.012 * clouds(rng, *ink.shape[:2], (6, 4))[..., None] + grain(rng, ink.shape[:2], 0.008))
    pixels = paper * (1 - ink)
    _press(pixels, 1 - render(stamp, DPI), rng)
    for height in (0.335, 0.665):
        _fold(pixels, int(height * pixels.shape[0]), rng)
    _punch(pixels)
    pixels = _skewed(pixels)
    _scanner_lid(pixels)
    _dirt(pixels, rng)
    pixels = blurred(pixels, 0.55) + grain(rng, pixels.shape[:2], 0.012)
    return _as_pdf(to_image(pixels))


def _worn_toner(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Toner that is never quite black, thinner in clouds and along one streak of the drum."""
    height, width, _ = ink.shape
    cover = 0.86 + 0.10 * clouds(rng, height, width, (9, 6)) + 0.10 * clouds(rng, height, width, (220, 160))
    across = np.arange(width) / width
    cover -= 0.22 * np.exp(-(((across - 0.70) / 0.012) ** 2))
    return ink * np.clip(cover, 0.35, 0.95)[..., None]


def _press(pixels: np.ndarray, stamp: np.ndarray, rng: np.random.Generator) -> None:
    """The stamp: askew, inked unevenly, one corner hardly touching the paper."""
    picture = to_image(1 - stamp).rotate(6.5, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255))
    mark = 1 - np.asarray(picture, dtype=np.float64) / 255
    height, width, _ = mark.shape
    cover = 0.62 + 0.30 * clouds(rng, height, width, (10, 16)) + 0.25 * clouds(rng, height, width, (90, 180))
    cover -= 0.35 * (np.arange(width) / width) ** 4
    top, left = int(22 * MILLIMETRE), int(128 * MILLIMETRE)
    pixels[top : top + height, left : left + width] *= 1 - mark * np.clip(cover, 0.05, 0.85)[..., None]


def _fold(pixels: np.ndarray, row: int, rng: np.random.Generator) -> None:
    """A crease: a soft shadow above, a light ridge below, and toner that flaked off along it."""
    height, width, _ = pixels.shape
    distance = np.arange(height) - row
    shade = -0.055 * np.exp(-((distance + 2) / 2.2) ** 2) - 0.02 * np.exp(-((distance + 9) / 16.0) ** 2)
    shade += 0.025 * np.exp(-((distance - 3) / 2.0) ** 2)
    pixels += shade[:, None, None]
    for offset in (-1, 0, 1):
        flaked = rng.uniform(size=width) < (0.30, 0.55, 0.30)[offset + 1]
        pixels[row + offset, flaked] = np.maximum(pixels[row + offset, flaked], 0.80)


def _punch(pixels: np.ndarray) -> None:
    """Two filing holes, 80 mm apart as binders want them."""
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    middle = pixels.shape[0] / 2
    for row in (middle - 40 * MILLIMETRE, middle + 40 * MILLIMETRE):
        away = np.hypot(rows - row, columns - 7 * MILLIMETRE) - 2.7 * MILLIMETRE
        pixels[away < 0] = 0.52
        rim = (away >= 0) & (away < 2)
        pixels[rim] *= 0.88


def _skewed(pixels: np.ndarray) -> np.ndarray:
    turned = to_image(pixels).rotate(SKEW_DEGREES, Image.Resampling.BICUBIC, fillcolor=(196, 196, 193))
    return np.asarray(turned, dtype=np.float64) / 255


def _scanner_lid(pixels: np.ndarray) -> None:
    """Light falls off at the right edge, where the page does not lie flat."""
    width = pixels.shape[1]
    pixels *= (1 - 0.16 * np.exp(-(width - 1 - np.arange(width)) / 14.0))[None, :, None]


def _dirt(pixels: np.ndarray, rng: np.random.Generator) -> None:
    """Specks of toner and dust on the glass, a few of them large, and one thin hair."""
    height, width, _ = pixels.shape
    for _ in range(170):
        row, column = int(rng.integers(4, height - 4)), int(rng.integers(4, width - 4))
        size = 1 + int(rng.uniform() < 0.12) + int(rng.uniform() < 0.04)
        pixels[row : row + size, column : column + size] *= rng.uniform(0.25, 0.7)
    along = np.linspace(0, 1, 260)
    rows = (height * 0.885 + 26 * np.sin(2.6 * along) + 5 * np.sin(17 * along)).astype(int)
    columns = (width * 0.60 + 210 * along).astype(int)
    pixels[rows, columns] *= 0.55


def _as_pdf(image: Image.Image) -> bytes:
    out = io.BytesIO()
    # Pillow would write the moment of saving.
    image.save(
        out, "PDF", resolution=DPI, quality=JPEG_QUALITY, producer="Scanner", creationDate=SCANNED_AT, modDate=SCANNED_AT
    )
    return out.getvalue()
