"""A page on a wooden table, photographed with a phone that is held a little askew."""

import io

import numpy as np
from PIL import Image

from .raster import blurred, clouds, grain, render, to_image

WIDTH, HEIGHT = 1536, 2048
"""Upright; the file holds it turned, as phones do, with the turn in its EXIF data."""
PAGE_DPI = 250
CORNERS = ((186, 148), (1376, 186), (1424, 1886), (96, 1824))
"""Where the page's corners lie: upper left, upper right, lower right, lower left. The sides lean
by less than 4 degrees, so the page can be read as it is, and better after straightening."""
JPEG_QUALITY = 80
TURNED_LEFT = 6
"""EXIF orientation: turn by 90 degrees clockwise to see it upright."""

EXIF_MAKE, EXIF_MODEL, EXIF_ORIENTATION, EXIF_DATETIME = 0x010F, 0x0110, 0x0112, 0x0132
EXIF_SUB_IFD, EXIF_DATETIME_ORIGINAL, EXIF_ISO = 0x8769, 0x9003, 0x8827


def photograph(page: bytes, seed: int) -> bytes:
    """`page` is a one-page PDF; answers a JPEG file."""
    rng = np.random.default_rng(seed)
    paper = _paper(render(page, PAGE_DPI), rng)
    seen, cover = _in_perspective(paper)
    pixels = _table(rng)
    pixels *= 1 - 0.5 * np.roll(blurred(np.repeat(cover, 3, axis=2), 14), (16, 12), axis=(0, 1)) * (1 - cover)
    pixels = pixels * (1 - cover) + seen * cover
    pixels *= _light()
    pixels = blurred(pixels, 0.7) + grain(rng, (HEIGHT, WIDTH), 0.014) + rng.normal(0, 0.006, pixels.shape)
    return _as_jpeg(to_image(pixels))


def _paper(page: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Paper with a crease down the middle and slightly wavy, so that light catches it unevenly."""
    height, width, _ = page.shape
    distance = np.arange(width) - 0.47 * width
    crease = 0.05 * np.exp(-(((distance - 4) / 5.0) ** 2)) - 0.09 * np.exp(-(((distance + 5) / 6.0) ** 2))
    waves = 0.025 * clouds(rng, height, width, (5, 4))
    ink = 0.90 * (1 - page)
    return np.array([0.955, 0.945, 0.915]) * (1 - ink) * (1 + crease[None, :, None] + waves[..., None])


def _in_perspective(paper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The paper as the camera sees it, and how much of each pixel it covers."""
    height, width, _ = paper.shape
    source = ((0, 0), (width, 0), (width, height), (0, height))
    coefficients = _homography(CORNERS, source)
    frame = (WIDTH, HEIGHT)
    how = (Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    seen = to_image(paper).transform(frame, *how)
    cover = Image.new("L", (width, height), 255).transform(frame, *how)
    return np.asarray(seen, dtype=np.float64) / 255, np.asarray(cover, dtype=np.float64)[..., None] / 255


def _homography(seen, source) -> list[float]:
    """Pillow's eight coefficients, from a seen point to the point of the source."""
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, source):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows, dtype=np.float64), np.array(values, dtype=np.float64)).tolist()


def _table(rng: np.random.Generator) -> np.ndarray:
    """Oak boards lying across, each with its own tone and grain."""
    board = 360
    pixels = np.empty((HEIGHT, WIDTH, 3))
    for top in range(0, HEIGHT, board):
        height = min(board, HEIGHT - top)
        tone = rng.uniform(0.88, 1.08)
        veins = 0.10 * clouds(rng, height, WIDTH, (70, 4)) + 0.06 * clouds(rng, height, WIDTH, (170, 7))
        rings = 0.05 * np.sin(np.arange(height)[:, None] / 9.0 + 5 * clouds(rng, height, WIDTH, (4, 3)))
        pixels[top : top + height] = np.array([0.52, 0.37, 0.24]) * (tone + veins + rings)[..., None]
        pixels[top : top + 4] *= 0.45
    return np.clip(pixels, 0, 1)


def _light() -> np.ndarray:
    """A window at the upper left, and the photographer's shadow over the lower right corner."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] / np.array([HEIGHT, WIDTH])[:, None, None]
    window = 1.06 - 0.20 * (0.6 * x + 0.8 * y)
    edge = (x * 0.75 + y) - 1.32
    shadow = 1 - 0.24 / (1 + np.exp(-edge / 0.045))
    vignette = 1 - 0.16 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    warm = np.array([1.0, 0.985, 0.95])
    return (window * shadow * vignette)[..., None] * warm


def _as_jpeg(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[EXIF_MAKE] = "Looking-Glass"
    exif[EXIF_MODEL] = "Pocket 3"
    exif[EXIF_ORIENTATION] = TURNED_LEFT
    exif[EXIF_DATETIME] = "2025:06:04 08:12:40"
    exif.get_ifd(EXIF_SUB_IFD).update({EXIF_DATETIME_ORIGINAL: "2025:06:04 08:12:40", EXIF_ISO: 250})
    out = io.BytesIO()
    image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=JPEG_QUALITY, exif=exif)
    return out.getvalue()
