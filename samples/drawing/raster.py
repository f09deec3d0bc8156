"""From a drawn PDF page to pixels, and what paper and optics do to them. Images are float arrays, 0 to 1."""

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter


def render(pdf: bytes, dpi: int) -> np.ndarray:
    """The first page, height × width × RGB."""
    page = pypdfium2.PdfDocument(pdf)[0]
    return np.asarray(page.render(scale=dpi / 72).to_pil().convert("RGB"), dtype=np.float64) / 255


def to_image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def blurred(pixels: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(to_image(pixels).filter(ImageFilter.GaussianBlur(radius)), dtype=np.float64) / 255


def clouds(rng: np.random.Generator, height: int, width: int, cells: tuple[int, int]) -> np.ndarray:
    """Smooth noise from -1 to 1 with about `cells` (down, across) bumps."""
    seeds = Image.fromarray(rng.uniform(-1, 1, cells).astype(np.float32))
    return np.asarray(seeds.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)


def grain(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> np.ndarray:
    """Gaussian noise, the same for all three channels."""
    return rng.normal(0, sigma, shape)[..., None]
