"""A page to draw on: millimetres from the upper left corner, over a reportlab canvas."""

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

A4 = (210.0, 297.0)
A5 = (148.0, 210.0)

FONTS = {
    "Lato": ("font_lato", "Lato-Regular"),
    "Lato-Bold": ("font_lato", "Lato-Bold"),
    "Lato-Light": ("font_lato", "Lato-Light"),
    "Serif": ("font_source_serif_pro", "SourceSerifPro-Regular"),
    "Serif-Bold": ("font_source_serif_pro", "SourceSerifPro-Bold"),
    "Serif-Italic": ("font_source_serif_pro", "SourceSerifPro-It"),
    "Sans": ("font_source_sans_pro", "SourceSansPro-Regular"),
    "Sans-Bold": ("font_source_sans_pro", "SourceSansPro-Bold"),
    "Sans-Light": ("font_source_sans_pro", "SourceSansPro-Light"),
    "Caladea": ("font_caladea", "Caladea-Regular"),
    "Caladea-Bold": ("font_caladea", "Caladea-Bold"),
}

BLACK = HexColor(0x111111)


def register_fonts() -> None:
    for name, (package, file) in FONTS.items():
        folder = Path(importlib.util.find_spec(package).origin).parent / "files"
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{file}.ttf")))


@dataclass(frozen=True)
class Column:
    title: str
    width: float
    """Millimetres."""
    align: str = "left"


class Sheet:
    """One PDF document under construction; `page_size` in millimetres."""

    def __init__(self, page_size: tuple[float, float], font: str, title: str, author: str) -> None:
        self.width, self.height = page_size
        self._bytes = io.BytesIO()
        # `invariant` leaves out today's date and a random file id. The initial font replaces
        # Helvetica, which would not be embedded.
        self.canvas = Canvas(
            self._bytes, pagesize=(self.width * mm, self.height * mm), invariant=1, pageCompression=1, initialFontName=font
        )
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)

    def finish(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save()
        return self._bytes.getvalue()

    def next_page(self) -> None:
        self.canvas.showPage()

    def text(self, x: float, y: float, text: str, font: str, size: float, color: Color = BLACK, align: str = "left") -> None:
        """`y` is the baseline, `size` in points."""
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(color)
        draw = {"left": self.canvas.drawString, "right": self.canvas.drawRightString, "center": self.canvas.drawCentredString}
        draw[align](x * mm, (self.height - y) * mm, text)

    def block(
        self, x: float, y: float, lines, font: str, size: float, leading: float, color: Color = BLACK, align: str = "left"
    ) -> float:
        """Lines of text under each other, `leading` millimetres apart; answers the next baseline."""
        for line in lines:
            self.text(x, y, line, font, size, color, align)
            y += leading
        return y

    def text_width(self, text: str, font: str, size: float) -> float:
        return pdfmetrics.stringWidth(text, font, size) / mm

    def wrap(self, text: str, font: str, size: float, width: float) -> list[str]:
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.text_width(longer, font, size) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def box(self, x: float, y: float, width: float, height: float, fill: Color | None = None, stroke: Color | None = None,
            line: float = 0.25, radius: float = 0) -> None:
        """A rectangle whose upper left corner is (x, y); `line` in millimetres."""
        if fill:
            self.canvas.setFillColor(fill)
        if stroke:
            self.canvas.setStrokeColor(stroke)
            self.canvas.setLineWidth(line * mm)
        bottom = self.height - y - height
        self.canvas.roundRect(
            x * mm, bottom * mm, width * mm, height * mm, radius * mm, fill=int(fill is not None), stroke=int(stroke is not None)
        )

    def rule(self, x0: float, y0: float, x1: float, y1: float, color: Color = BLACK, line: float = 0.2, dash=None) -> None:
        self.canvas.setStrokeColor(color)
        self.canvas.setLineWidth(line * mm)
        self.canvas.setDash(*([[part * mm for part in dash]] if dash else []))
        self.canvas.line(x0 * mm, (self.height - y0) * mm, x1 * mm, (self.height - y1) * mm)
        self.canvas.setDash()

    def polygon(self, points, fill: Color) -> None:
        path = self.canvas.beginPath()
        (x0, y0), *rest = points
        path.moveTo(x0 * mm, (self.height - y0) * mm)
        for x, y in rest:
            path.lineTo(x * mm, (self.height - y) * mm)
        path.close()
        self.canvas.setFillColor(fill)
        self.canvas.drawPath(path, fill=1, stroke=0)

    def circle(self, x: float, y: float, radius: float, fill: Color | None = None, stroke: Color | None = None, line: float = 0.3):
        if fill:
            self.canvas.setFillColor(fill)
        if stroke:
            self.canvas.setStrokeColor(stroke)
            self.canvas.setLineWidth(line * mm)
        self.canvas.circle(x * mm, (self.height - y) * mm, radius * mm, fill=int(fill is not None), stroke=int(stroke is not None))

    def row(self, x: float, y: float, columns: list[Column], cells, font: str, size: float, leading: float,
            color: Color = BLACK, pad: float = 1.5) -> float:
        """One table row: each cell is a string, wrapped to its column; answers the lowest baseline."""
        lowest = y
        for column, cell in zip(columns, cells):
            anchor = {"left": x + pad, "right": x + column.width - pad, "center": x + column.width / 2}[column.align]
            below = self.block(
                anchor, y, self.wrap(cell, font, size, column.width - 2 * pad), font, size, leading, color, column.align
            )
            lowest = max(lowest, below - leading)
            x += column.width
        return lowest
