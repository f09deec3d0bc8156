"""Sums below the items, in many arrangements."""

from .desk import BLACK
from .notes import after, tax_table
from .sums import sums


def totals(desk, y):
    """Draws what follows the items; answers the y below."""
    rows = sums(desk)
    height = (len(rows) + 2) * desk.style.leading * 1.5
    y = desk.room(y + desk.style.leading * 0.6, height)
    if desk.options["tax_table"] == "above" and desk.invoice.breakdown():
        y = tax_table(desk, desk.left, y + desk.style.leading, desk.width * 0.6) + desk.style.leading * 0.5
        y = desk.room(y, height)
    top = y
    y = ARRANGEMENTS[desk.options["totals"]](desk, y + desk.style.leading * 1.1, rows)
    if desk.options["tax_table"] == "beside" and desk.options["totals"] in BESIDE:
        y = max(y, tax_table(desk, desk.left, top + desk.style.leading * 1.1, desk.width * 0.46))
    return after(desk, y)


def box_edges(desk, rows):
    """As wide as the template likes and the rows need."""
    size = max(desk.options["strong_size"], 1)
    need = (
        max(
            desk.measure(row.label + desk.options["totals_colon"], row.strong, size if row.strong else 1)
            + amount_width(desk, row, size)
            for row in rows
        )
        + 30
    )
    width = min(max(desk.width * desk.options["totals_share"], 150, need), desk.width)
    return desk.right - width, desk.right


def right_box(desk, y, rows):
    """Labels and values between two edges, the strong rows on colour or between rules."""
    style, sheet, step = desk.style, desk.sheet, desk.style.leading * desk.options["totals_spacing"]
    left, right = box_edges(desk, rows)
    frame, top = desk.options["totals_frame"], y - style.leading * 1.1
    for row in rows:
        ink, size = BLACK, 1.0
        if row.strong and desk.options["strong_size"] > 1:
            size = desk.options["strong_size"]
        if row.strong and frame in ("band", "pale"):
            sheet.box(
                left,
                y - style.leading * size,
                right - left,
                step * size * 1.05,
                fill=style.color if frame == "band" else style.pale,
            )
            ink = 0xFFFFFF if frame == "band" else BLACK
        elif row.strong and frame == "rules":
            sheet.rule(left, y - style.leading * size, right, y - style.leading * size, style.grey, 0.6)
        desk.text(left + 5, y, row.label + desk.options["totals_colon"], row.strong, size, ink)
        put_amount(desk, right - 5, y, row, size, ink)
        y += step * size
    if frame in ("box", "cells"):
        sheet.box(left, top, right - left, y - step + style.leading * 0.4 - top, stroke=style.grey, line=0.6)
    if frame == "cells":
        line = top
        for _ in rows[:-1]:
            line += step
            sheet.rule(left, line, right, line, style.grey, 0.4)
        sheet.rule(
            right - (right - left) * 0.42,
            top,
            right - (right - left) * 0.42,
            y - step + style.leading * 0.4,
            style.grey,
            0.4,
        )
    return y


def amount_width(desk, row, size=1.0):
    return max(desk.measure(row.text, row.strong, size) + 8, desk.options["sign_apart"])


def put_amount(desk, x, y, row, size, ink):
    """Ends at `x`; where the document keeps signs apart, the currency stands at the left of a column of its own."""
    sign = desk.style.numbers.sign
    if desk.options["sign_apart"] and sign and row.text.startswith(sign):
        figure = row.text[len(sign) :].strip("\u00a0 ")
        desk.text(x - amount_width(desk, row, size), y, sign, row.strong, size, ink)
        desk.text(
            x, y, figure, row.strong, size, ink, "right", tuple((field, value, figure) for field, value, _ in row.facts)
        )
    else:
        desk.text(x, y, row.text, row.strong, size, ink, "right", row.facts)


def right_labels(desk, y, rows):
    """Labels right-aligned before a column of values."""
    left, right = box_edges(desk, rows)
    column = max(amount_width(desk, row, 1.1) for row in rows) + 8
    for row in rows:
        desk.text(right - column, y, row.label + desk.options["totals_colon"], row.strong, align="right")
        put_amount(desk, right - 3, y, row, 1.0, BLACK)
        y += desk.style.leading * desk.options["totals_spacing"]
    return y


def left_list(desk, y, rows):
    """At the left margin, values in a column or right behind the labels."""
    labels = [row.label + desk.style.colon for row in rows]
    column = max(desk.measure(label, True) for label in labels) + 12
    widest = max(desk.measure(row.text, True) for row in rows)
    for label, row in zip(labels, rows):
        desk.text(desk.left, y, label, row.strong)
        if desk.options["values_close"]:
            desk.text(desk.left + desk.measure(label, row.strong) + 5, y, row.text, row.strong, facts=row.facts)
        else:
            desk.text(desk.left + column + widest, y, row.text, row.strong, align="right", facts=row.facts)
        y += desk.style.leading * desk.options["totals_spacing"]
    return y


def dotted(desk, y, rows):
    """Leaders of dots between label and value."""
    left, right = box_edges(desk, rows)
    left = desk.left if desk.options["leaders_wide"] else left
    for row in rows:
        start = left + desk.measure(row.label, row.strong) + 4
        end = right - desk.measure(row.text, row.strong) - 4
        desk.text(left, y, row.label, row.strong)
        dots = max(int((end - start) / desk.measure(".")), 0)
        if desk.options["leaders_typed"] and dots > 3:
            desk.text(start, y, "." * (dots - 1))
        else:
            desk.sheet.rule(start, y - 1, end, y - 1, desk.style.grey, 0.5, dash=[0.6, 2])
        desk.text(right, y, row.text, row.strong, align="right", facts=row.facts)
        y += desk.style.leading * desk.options["totals_spacing"]
    return y


def wide_table(desk, y, rows):
    """Heads above values over the whole width."""
    style, cell = desk.style, desk.width / len(rows)
    size = 1.0
    while size > 0.65 and any(
        desk.measure(text, True, size) > cell - 6 for row in rows for text in (row.label, row.text)
    ):
        size -= 0.05
    if size <= 0.65:
        return right_box(desk, y, rows)
    top, height = y - style.leading, style.leading * 1.4
    if desk.options["totals_frame"] == "band":
        desk.sheet.box(desk.left, top, desk.width, height, fill=style.color)
    elif desk.options["totals_frame"] == "pale":
        desk.sheet.box(desk.left, top, desk.width, height, fill=style.pale)
    if desk.options["totals_frame"] != "none":
        desk.sheet.box(desk.left, top, desk.width, height * 2, stroke=style.grey)
        for place in range(1, len(rows)):
            desk.sheet.rule(desk.left + place * cell, top, desk.left + place * cell, top + height * 2, style.grey, 0.4)
    for place, row in enumerate(rows):
        align = desk.options["wide_align"]
        x = desk.left + place * cell + {"center": cell / 2, "right": cell - 4, "left": 4}[align]
        ink = 0xFFFFFF if desk.options["totals_frame"] == "band" else BLACK
        desk.text(x, y, row.label, True, size, ink, align)
        desk.text(x, y + height, row.text, row.strong, size, align=align, facts=row.facts)
    return y + height * 2


def in_table(desk, y, rows):
    """Further rows of the items' table: under the column of amounts."""
    column = next(column for column in reversed(desk.options["columns"]) if column.key in ("net", "gross"))
    pad, edges = desk.options["cell_pad"], {"left": 0, "right": column.width, "center": column.width / 2}
    for row in rows:
        size, align = 1.0, column.align
        x = column.x + edges[align] + {"left": pad, "right": -pad, "center": 0}[align]
        if desk.measure(row.text, row.strong) > column.width - pad:
            x, align = desk.right - pad, "right"
        desk.text(
            min(column.x, desk.right - desk.measure(row.text, row.strong) - pad) - pad,
            y,
            row.label + desk.options["totals_colon"],
            row.strong,
            size,
            align="right",
        )
        desk.text(x, y, row.text, row.strong, size, align=align, facts=row.facts)
        y += desk.style.leading * desk.options["totals_spacing"]
    return y


def stacked(desk, y, rows):
    """Each label above its value, at the right."""
    for row in rows:
        desk.text(desk.right, y, row.label, False, 0.85, desk.style.grey, "right")
        y += desk.style.leading
        desk.text(desk.right, y, row.text, row.strong, 1.15 if row.strong else 1.0, align="right", facts=row.facts)
        y += desk.style.leading * 1.25
    return y


ARRANGEMENTS = {
    "right_box": right_box,
    "right_labels": right_labels,
    "left_list": left_list,
    "dotted": dotted,
    "wide_table": wide_table,
    "in_table": in_table,
    "stacked": stacked,
}
# Those that leave the left half free.
BESIDE = ("right_box", "right_labels", "stacked")
