"""The table of items, over as many pages as it needs."""

from .columns import HEAD_SIZE, NUMERIC, cell, choose_columns, head_lines
from .desk import BLACK
from .sheet import wrap


def items_table(desk, y):
    """Draws it with its top at `y`; answers the y below."""
    table = Table(desk)
    return table.draw(y)


class Table:
    def __init__(self, desk):
        self.desk = desk
        self.left = desk.options.get("table_left", desk.left)
        self.right = desk.right
        self.columns = choose_columns(desk, self.right - self.left)
        self.look = desk.options["table"]
        self.pad = desk.options["cell_pad"]
        self.gap = desk.style.leading * desk.options["row_gap"]
        self.amount = next(column for column in reversed(self.columns) if column.key in ("net", "gross"))
        self.running = 0
        self.section_start = 0
        self.top = 0
        desk.options["columns"] = self.columns

    def draw(self, y):
        desk = self.desk
        y = self.head(y)
        section = None
        for place, item in enumerate(desk.invoice.items):
            description, below = self.wrapped(item)
            height = (len(description) + len(below)) * desk.style.leading + self.gap
            if item.section:
                height += desk.style.leading * 1.5
            if y + height + desk.style.leading * 1.4 > desk.floor - desk.options["table_reserve"]:
                y = self.next_page(y)
            if item.section:
                y = self.section(y, item.section)
                section = item.section
            y = self.row(y, place, item, description, below)
            following = desk.invoice.items[place + 1] if place + 1 < len(desk.invoice.items) else None
            if section and desk.options["section_totals"] and (following is None or following.section):
                y = self.summed(
                    y, desk.wording("table", "section_total").format(section=section), self.running - self.section_start
                )
                self.section_start = self.running
        return self.close(y)

    def head(self, y):
        desk, style = self.desk, self.desk.style
        self.top = y
        if desk.options.get("currency_head_used"):
            desk.note_currency(desk.options["currency_head_used"])
        lines = head_lines(desk, self.columns)
        height = max(map(len, lines)) * style.leading * 0.95 + self.gap * 0.8 + 2
        ink = style.color if self.look["head"] == "line" and desk.options["colored_title"] else BLACK
        if self.look["head"] in ("band", "pale", "grey"):
            fill = {"band": style.color, "pale": style.pale, "grey": 0xDDDDDD}[self.look["head"]]
            desk.sheet.box(self.left, y, self.right - self.left, height, fill=fill)
            ink = 0xFFFFFF if self.look["head"] == "band" else BLACK
        baseline = y + style.leading * 0.85 + self.gap * 0.3
        for column, label in zip(self.columns, lines):
            for number, text in enumerate(label):
                self.put(
                    column,
                    baseline + number * style.leading * 0.95,
                    text,
                    bold=self.look["bold_head"],
                    size=HEAD_SIZE,
                    color=ink,
                )
        if self.look["head"] == "line" or self.look["frame"] in ("grid", "box", "columns"):
            desk.sheet.rule(
                self.left,
                y + height,
                self.right,
                y + height,
                style.color if self.look["head"] == "line" else style.grey,
                self.look["line"],
            )
        if self.look["frame"] in ("rules", "grid"):
            desk.sheet.rule(self.left, y, self.right, y, style.grey, self.look["line"])
        return y + height

    def wrapped(self, item):
        column = next(column for column in self.columns if column.key == "description")
        room, style = column.width - 2 * self.pad, self.desk.style
        below = [piece for text in item.below for piece in wrap(text, style.font, style.size * 0.9, room)]
        return wrap(item.description, style.bold if self.look["bold_items"] else style.font, style.size, room), below

    def row(self, y, place, item, description, below):
        desk, style = self.desk, self.desk.style
        height = (len(description) + len(below)) * style.leading + self.gap
        if self.look["frame"] == "zebra" and place % 2 == 0:
            desk.sheet.box(self.left, y, self.right - self.left, height, fill=style.pale)
        baseline = y + style.leading * 0.82 + self.gap / 2
        figures = baseline + (len(description) - 1) * style.leading * self.look["figures_low"]
        for column in self.columns:
            if column.key == "description":
                for number, text in enumerate(description):
                    self.put(column, baseline + number * style.leading, text, bold=self.look["bold_items"])
                for number, text in enumerate(below):
                    self.put(
                        column, baseline + (len(description) + number) * style.leading, text, size=0.9, color=style.grey
                    )
            else:
                self.put(column, figures if column.key in NUMERIC else baseline, cell(desk, column.key, item, place))
        self.note(item)
        y += height
        if self.look["frame"] in ("rules", "grid"):
            desk.sheet.rule(self.left, y, self.right, y, style.grey, self.look["line"] * 0.6)
        elif self.look["frame"] == "dotted":
            desk.sheet.rule(self.left, y, self.right, y, style.grey, 0.4, dash=[1, 2])
        return y

    def note(self, item):
        desk, invoice = self.desk, self.desk.invoice
        keys = [column.key for column in self.columns]
        if desk.style.signs_in_table and desk.style.numbers.sign:
            desk.note_currency()
        is_gross = "net" not in keys
        value = invoice.line_gross(item) if is_gross else invoice.line_net(item)
        self.running += value if self.amount.key == ("gross" if is_gross else "net") else invoice.line_gross(item)
        desk.shown.line(item.description, value, is_gross)

    def section(self, y, text):
        style = self.desk.style
        self.desk.text(self.left + self.pad, y + style.leading * 1.1, text, bold=True)
        return y + style.leading * 1.5

    def summed(self, y, label, value):
        """A row with a sum under the amounts."""
        desk = self.desk
        baseline = y + desk.style.leading * 1.05
        self.put(
            self.amount,
            baseline,
            desk.style.numbers.amount(value, desk.style.signs_in_table),
            bold=desk.options["bold_sums"],
        )
        desk.text(self.amount.x - self.pad, baseline, label, bold=desk.options["bold_sums"], align="right")
        return y + desk.style.leading * 1.5

    def next_page(self, y):
        desk, carried = self.desk, self.desk.options["carried"]
        pages = len(desk.sheet.pages)
        names = {"next": pages + 1, "previous": pages}
        if carried:
            y = self.summed(y, desk.wording("table", "carried").format(**names), self.running)
        self.close(y, last=False)
        y = desk.turn()
        if desk.options["heads_again"]:
            y = self.head(y)
        else:
            self.top = y
        if carried:
            y = self.summed(y, desk.wording("table", "brought").format(**names), self.running)
        return y

    def close(self, y, last=True):
        """The frame around the rows; a box may reach down to where the totals begin."""
        desk, style = self.desk, self.desk.style
        if self.look["frame"] in ("box", "columns"):
            reach = desk.floor - desk.options["table_reserve"] if self.look["tall"] or not last else y
            y = max(y, min(reach, desk.floor))
        if self.look["frame"] in ("box", "grid", "columns"):
            desk.sheet.box(
                self.left, self.top, self.right - self.left, y - self.top, stroke=style.grey, line=self.look["line"]
            )
        if self.look["frame"] in ("grid", "columns"):
            for column in self.columns[1:]:
                desk.sheet.rule(column.x, self.top, column.x, y, style.grey, self.look["line"] * 0.8)
        elif self.look["frame"] in ("none", "dotted", "zebra") and self.look["end_rule"]:
            desk.sheet.rule(self.left, y, self.right, y, style.color, self.look["line"])
        return y

    def put(self, column, y, text, bold=False, size=1.0, color=None):
        x = {
            "left": column.x + self.pad,
            "right": column.x + column.width - self.pad,
            "center": column.x + column.width / 2,
        }[column.align]
        self.desk.text(x, y, text, bold, size, color, column.align)
