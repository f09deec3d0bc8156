"""Pages to draw on: points from the upper left corner. Drawn at the end, when the number of pages is known."""

import io

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from .fonts import printable

SIZES = {"A4": (595.3, 841.9), "letter": (612.0, 792.0), "A5": (419.5, 595.3)}
BLACK = 0x111111


class Sheet:
    def __init__(self, size):
        self.width, self.height = size
        self.pages = [[]]
        self.at = -1
        """The page that is drawn on."""
        self.places = []
        """(page, x, baseline, width, size, text) of all that was written level."""

    def new_page(self):
        self.pages.append([])

    def text(self, x, y, text, font, size, color=BLACK, align="left"):
        """`y` is the baseline; answers the width."""
        text = printable(text, font)
        width = stringWidth(text, font, size)
        left = {"left": x, "right": x - width, "center": x - width / 2}[align]
        self.places.append((self.at % len(self.pages), left, y, width, size, text))
        self._add(
            lambda canvas, flip: (
                canvas.setFont(font, size),
                canvas.setFillColor(HexColor(color)),
                canvas.drawString(left, flip(y), text),
            )
        )
        return width

    def vertical_text(self, x, y, text, font, size, color):
        """Upwards along the edge."""
        text = printable(text, font)

        def draw(canvas, flip):
            canvas.saveState()
            canvas.translate(x, flip(y))
            canvas.rotate(90)
            canvas.setFont(font, size)
            canvas.setFillColor(HexColor(color))
            canvas.drawString(0, 0, text)
            canvas.restoreState()

        self._add(draw)

    def slanted_text(self, x, y, text, font, size, color, degrees):
        """Across the page, under what is on it."""
        text = printable(text, font)

        def draw(canvas, flip):
            canvas.saveState()
            canvas.translate(x, flip(y))
            canvas.rotate(degrees)
            canvas.setFont(font, size)
            canvas.setFillColor(HexColor(color))
            canvas.drawCentredString(0, 0, text)
            canvas.restoreState()

        self._add(draw, behind=True)

    def rule(self, x0, y0, x1, y1, color=BLACK, width=0.5, dash=None):
        def draw(canvas, flip):
            canvas.setStrokeColor(HexColor(color))
            canvas.setLineWidth(width)
            canvas.setDash(dash or [])
            canvas.line(x0, flip(y0), x1, flip(y1))
            canvas.setDash([])

        self._add(draw)

    def box(self, x, y, width, height, fill=None, stroke=None, line=0.5, radius=0, behind=False):
        """`behind` puts it under what is on the page already."""

        def draw(canvas, flip):
            if fill is not None:
                canvas.setFillColor(HexColor(fill))
            if stroke is not None:
                canvas.setStrokeColor(HexColor(stroke))
                canvas.setLineWidth(line)
            shape = {"fill": int(fill is not None), "stroke": int(stroke is not None)}
            if radius:
                canvas.roundRect(x, flip(y + height), width, height, radius, **shape)
            else:
                canvas.rect(x, flip(y + height), width, height, **shape)

        self._add(draw, behind)

    def disc(self, x, y, radius, fill):
        self._add(
            lambda canvas, flip: (
                canvas.setFillColor(HexColor(fill)),
                canvas.circle(x, flip(y), radius, fill=1, stroke=0),
            )
        )

    def polygon(self, points, fill):
        def draw(canvas, flip):
            path = canvas.beginPath()
            path.moveTo(points[0][0], flip(points[0][1]))
            for x, y in points[1:]:
                path.lineTo(x, flip(y))
            path.close()
            canvas.setFillColor(HexColor(fill))
            canvas.drawPath(path, fill=1, stroke=0)

        self._add(draw)

    def pdf(self, title):
        """The document's bytes: the same for the same drawing."""
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=(self.width, self.height), invariant=1, pageCompression=1)
        canvas.setTitle(title)
        for page in self.pages:
            for draw in page:
                draw(canvas, lambda y: self.height - y)
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    def _add(self, draw, behind=False):
        page = self.pages[self.at]
        page.insert(0, draw) if behind else page.append(draw)


def width_of(text, font, size):
    return stringWidth(printable(text, font), font, size)


def wrap(text, font, size, width):
    """Broken between words; a word that is too long stands alone."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, font, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
