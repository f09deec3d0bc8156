"""Arrangements of the heads of an invoice: lists, rows, cells, runs of text."""

from .desk import BLACK, Line
from .metas import metas
from .sheet import wrap


def arrange(desk, how, x, y, width, found=None):
    """Draws them with the first baseline at `y`; answers the baseline below."""
    if how == "none":
        return y
    found = metas(desk) if found is None else found
    return ARRANGEMENTS[how](desk, x, y, width, found) if found else y


def in_rows(desk, x, y, width, found):
    """Labels in one column, values in the next."""
    labels = [meta.label + desk.style.colon for meta in found]
    column = min(
        max(desk.measure(label, desk.style.bold_labels) for label in labels) + desk.style.label_left_gap, width * 0.62
    )
    for label, meta in zip(labels, found):
        size = min(1, (column - 4) / desk.measure(label, desk.style.bold_labels))
        desk.text(x, y, label, desk.style.bold_labels, size, desk.style.grey)
        y = desk.block(
            x + column,
            y,
            [Line(meta.value, meta.facts, bold=desk.options["bold_values"])],
            width=max(width - column, 60),
        )
    return y


def in_rows_justified(desk, x, y, width, found):
    """Labels at the left edge, values at the right one."""
    for meta in found:
        label = meta.label + desk.style.colon
        size = min(1, (width - 6) / desk.measure(label + meta.value, True))
        desk.text(x, y, label, desk.style.bold_labels, size, desk.style.grey)
        desk.text(x + width, y, meta.value, desk.options["bold_values"], size, align="right", facts=meta.facts)
        y += desk.style.leading * desk.options["meta_spacing"]
    return y


def right_aligned(desk, x, y, width, found):
    """`label: value` at the right edge."""
    for meta in found:
        desk.text(x + width, y, f"{meta.label}{desk.style.colon} {meta.value}", align="right", facts=meta.facts)
        y += desk.style.leading
    return y


def inline(desk, x, y, width, found):
    for meta in found:
        y = desk.block(x, y, [Line(f"{meta.label}{desk.style.colon} {meta.value}", meta.facts)], width=width)
    return y


def running(desk, x, y, width, found):
    """One after another on the line."""
    left, gap = x, desk.style.size * 2
    for meta in found:
        text = f"{meta.label}{desk.style.colon} {meta.value}"
        need = desk.measure(text)
        if left > x and left + need > x + width:
            left, y = x, y + desk.style.leading
        desk.text(left, y, text, facts=meta.facts)
        left += need + gap
    return y + desk.style.leading


def stacked(desk, x, y, width, found):
    """Each label above its value."""
    for meta in found:
        desk.text(
            x,
            y,
            meta.label + (desk.style.colon if desk.options["colon_above"] else ""),
            desk.style.bold_labels,
            0.88,
            desk.style.grey,
        )
        y += desk.style.leading * 0.95
        y = desk.block(x, y, [Line(meta.value, meta.facts, bold=desk.options["bold_values"])], width=width)
        y += desk.style.leading * 0.25
    return y


def across(desk, x, y, width, found, boxed=None):
    """Heads above values, in one or two rows over the width."""
    boxed = desk.options["across_frame"] if boxed is None else boxed
    per_row = min(len(found), desk.options["across_most"])
    while found:
        row, found = found[:per_row], found[per_row:]
        y = across_row(desk, x, y, width, row, boxed) + desk.style.leading
    return y


def across_row(desk, x, y, width, row, boxed):
    style, cell, pad = desk.style, width / len(row), 4
    heads = [
        wrap(meta.label, style.bold if style.bold_labels else style.font, style.size * 0.9, cell - 2 * pad)
        for meta in row
    ]
    values = [wrap(meta.value, style.font, style.size, cell - 2 * pad) for meta in row]
    head_height = max(map(len, heads)) * style.leading + 3
    value_height = max(map(len, values)) * style.leading + 4
    top = y - style.leading
    if boxed == "band":
        desk.sheet.box(x, top, width, head_height, fill=style.color)
    elif boxed == "pale":
        desk.sheet.box(x, top, width, head_height, fill=style.pale)
    if boxed in ("grid", "pale"):
        desk.sheet.box(x, top, width, head_height + value_height, stroke=style.grey)
        desk.sheet.rule(x, top + head_height, x + width, top + head_height, style.grey)
        for place in range(1, len(row)):
            desk.sheet.rule(x + place * cell, top, x + place * cell, top + head_height + value_height, style.grey)
    elif boxed == "line":
        desk.sheet.rule(x, top + head_height, x + width, top + head_height, style.color)
    middle = desk.options["across_align"] == "center"
    for place, meta in enumerate(row):
        left = x + place * cell + (cell / 2 if middle else pad)
        align = "center" if middle else "left"
        for number, text in enumerate(heads[place]):
            desk.text(
                left,
                y + number * style.leading - 1,
                text,
                style.bold_labels,
                0.9,
                0xFFFFFF if boxed == "band" else style.grey,
                align,
            )
        facts = meta.facts
        for number, text in enumerate(values[place]):
            desk.text(
                left,
                y + head_height + number * style.leading - 1,
                text,
                desk.options["bold_values"],
                align=align,
                color=BLACK,
                facts=facts,
            )
            facts = ()
    return top + head_height + value_height


def in_cells(desk, x, y, width, found):
    """Two columns of boxes, small label over value."""
    style, cell, height = desk.style, width / 2, desk.style.leading * 2.3
    top = y - style.leading
    for place, meta in enumerate(found):
        left, upper = x + (place % 2) * cell, top + (place // 2) * height
        desk.sheet.box(left, upper, cell, height, stroke=style.grey, line=0.4)
        desk.text(left + 3, upper + style.leading * 0.85, meta.label, style.bold_labels, 0.75, style.grey)
        size = min(0.95, (cell - 6) / desk.measure(meta.value, True))
        desk.text(
            left + 3, upper + style.leading * 1.85, meta.value, desk.options["bold_values"], size, facts=meta.facts
        )
    return top + (len(found) + 1) // 2 * height + style.leading


ARRANGEMENTS = {
    "rows": in_rows,
    "justified": in_rows_justified,
    "right": right_aligned,
    "inline": inline,
    "running": running,
    "stacked": stacked,
    "across": across,
    "cells": in_cells,
}
