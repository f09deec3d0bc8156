"""Pictures of the dashboards for docs/dashboards.md, drawn from their JSON and the answers of a Prometheus.

Not what Grafana draws to the pixel, but the same panels in the same places with the same queries."""

import io
import json
import math
import re
from datetime import UTC, datetime

from .live import STEP, substituted
from .servers import DEPLOY

# Of a picture, pixels a column of Grafana's 24 and a unit of height.
COLUMN, ROW = 56, 26
DPI = 100
# Grafana's own first colours.
COLOURS = ("#7EB26D", "#EAB839", "#6ED0E0", "#EF843C", "#E24D42", "#1F78C1", "#BA43A9", "#705DA0", "#508642", "#CCA300")
BACKGROUND, PANEL, INK = "#f4f5f5", "#ffffff", "#333333"
# Colours of a picture's palette: fewer make smaller files.
PALETTE = 96
STAT_COLOURS = {"green": "#56A64B", "orange": "#FF9830", "red": "#E02F44"}


def draw_all(prometheus, begin, end, folder):
    """Writes folder/NAME.png for each dashboard; gives (name, bytes) of each."""
    written = []
    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        picture = draw(json.loads(path.read_text()), prometheus, begin, end)
        target = folder / f"dashboard-{path.stem}.png"
        target.write_bytes(picture)
        written.append((target, len(picture)))
    return written


def draw(board, prometheus, begin, end):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from PIL import Image

    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    width, height = 24 * COLUMN, (bottom + 1) * ROW
    figure = pyplot.figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=BACKGROUND)
    figure.text(0.008, 1 - ROW * 0.7 / height, board["title"], fontsize=11, weight="bold", color=INK)
    for panel in board["panels"]:
        place = panel["gridPos"]
        top = 1 - (place["y"] + 1) * ROW / height
        if panel["type"] == "row":
            figure.text(0.008, top - ROW * 0.7 / height, "▾ " + panel["title"], fontsize=9, color=INK)
            continue
        left, tall = place["x"] / 24, place["h"] * ROW / height
        axes = figure.add_axes((left + 0.034, top - tall + 44 / height, place["w"] / 24 - 0.042, tall - 72 / height))
        axes.set_facecolor(PANEL)
        box = (left + 0.003, top - tall + 4 / height), place["w"] / 24 - 0.006, tall - 8 / height
        figure.add_artist(pyplot.Rectangle(*box, facecolor=PANEL, edgecolor="#dddddd", linewidth=0.6, zorder=-1))
        figure.text(left + 0.006, top - 16 / height, panel["title"], fontsize=8, weight="bold", color=INK)
        kind = {"timeseries": lines, "stat": number, "heatmap": spread, "table": rows}[panel["type"]]
        kind(axes, panel, [asked(prometheus, target, begin, end) for target in panel["targets"]])
    raw = io.BytesIO()
    figure.savefig(raw, format="png", facecolor=BACKGROUND)
    pyplot.close(figure)
    small = io.BytesIO()
    Image.open(raw).convert("RGB").quantize(PALETTE).save(small, format="PNG", optimize=True)
    return small.getvalue()


def asked(prometheus, target, begin, end):
    """(legend, times, values) of each series of a query."""
    found = []
    for series in prometheus.over(substituted(target["expr"]), begin, end, STEP):
        legend = target["legendFormat"]
        for label, value in series["metric"].items():
            legend = legend.replace("{{" + label + "}}", value)
        # Grafana leaves out what a series has no label for.
        legend = re.sub(r"\s*\{\{\w+\}\}", "", legend)
        points = [(float(at), float(value)) for at, value in series["values"] if not math.isnan(float(value))]
        if points:
            found.append((legend, [at for at, _ in points], [value for _, value in points], series["metric"]))
    return found


def clock(axes, begin, end):
    axes.set_xlim(begin, end)
    marks = [begin + (end - begin) * part / 4 for part in range(1, 4)]
    axes.set_xticks(marks, [datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S") for at in marks])
    axes.tick_params(labelsize=6, colors="#666666", length=2)
    axes.grid(True, color="#e5e5e5", linewidth=0.5)
    for side in axes.spines.values():
        side.set_visible(False)


def lines(axes, panel, answers):
    unit = panel["fieldConfig"]["defaults"].get("unit", "short")
    stacked = panel["fieldConfig"]["defaults"]["custom"].get("stacking", {}).get("mode") == "normal"
    series = [each for answer in answers for each in answer]
    if not series:
        return
    times = sorted({at for _, at, _, _ in series for at in at})
    below = [0.0] * len(times)
    for number_of, (legend, at, values, _) in enumerate(series):
        colour = COLOURS[number_of % len(COLOURS)]
        if stacked:
            known = dict(zip(at, values, strict=True))
            above = [low + known.get(moment, 0) for low, moment in zip(below, times, strict=True)]
            axes.fill_between(times, below, above, color=colour, alpha=0.45, linewidth=0)
            axes.plot(times, above, color=colour, linewidth=0.8, label=legend)
            below = above
        else:
            axes.plot(at, values, color=colour, linewidth=0.9, label=legend)
    axes.set_ylim(bottom=0, top=panel["fieldConfig"]["defaults"].get("max"))
    clock(axes, times[0], times[-1])
    axes.yaxis.set_major_formatter(lambda value, _: readable(value, unit))
    columns = max(1, panel["gridPos"]["w"] // 3)
    axes.legend(
        *(found[: columns * 2] for found in axes.get_legend_handles_labels()),
        loc="upper center",
        bbox_to_anchor=(0.5, -0.1),
        ncols=columns,
        fontsize=5.5,
        frameon=False,
        handlelength=1,
        columnspacing=0.8,
    )


def number(axes, panel, answers):
    defaults = panel["fieldConfig"]["defaults"]
    values = [each[2][-1] for answer in answers for each in answer]
    axes.set_axis_off()
    if not values:
        axes.text(0.5, 0.5, "no data", ha="center", va="center", fontsize=10, color="#999999", transform=axes.transAxes)
        return
    # What Grafana puts behind the figure: how it came to be.
    at, past = answers[0][0][1], answers[0][0][2]
    behind = axes.inset_axes((0, 0, 1, 0.35))
    behind.set_axis_off()
    behind.fill_between(at, past, min(0, *past), color="#888888", alpha=0.2, linewidth=0)
    colour = next(
        step["color"]
        for step in reversed(defaults["thresholds"]["steps"])
        if step.get("value") is None or values[0] >= step["value"]
    )
    axes.text(
        0.5,
        0.62,
        readable(values[0], defaults.get("unit", "short")),
        ha="center",
        va="center",
        fontsize=20,
        weight="bold",
        color=STAT_COLOURS[colour],
        transform=axes.transAxes,
    )


def spread(axes, panel, answers):
    import numpy

    unit = panel["options"]["yAxis"].get("unit", "short")
    buckets = sorted(answers[0], key=lambda each: float(each[3]["le"]))
    if not buckets:
        return
    times = buckets[0][1]
    counts = numpy.array(
        [[dict(zip(at, values, strict=True)).get(moment, 0) for moment in times] for _, at, values, _ in buckets]
    )
    own = numpy.diff(counts, axis=0, prepend=0).clip(min=0)
    axes.pcolormesh(times, range(len(buckets)), numpy.sqrt(own), cmap="Blues", shading="nearest")
    clock(axes, times[0], times[-1])
    every = max(1, len(buckets) // 6)
    axes.set_yticks(
        range(0, len(buckets), every), [readable(float(each[3]["le"]), unit) for each in buckets[::every]], fontsize=6
    )


def rows(axes, panel, answers):
    axes.set_axis_off()
    shown = panel["transformations"][0]["options"]["include"]["names"]
    series = [each for answer in answers for each in answer]
    # What is so now, not what was during the run.
    last = max(at[-1] for _, at, _, _ in series)
    found = [metric for _, at, _, metric in series if at[-1] == last][:9]
    for line, metric in enumerate(found):
        text = "   ".join(metric[name] for name in shown if name in metric)
        axes.text(0, 0.95 - line * 0.11, text, fontsize=7, color=INK, va="top", transform=axes.transAxes)


def readable(value, unit):
    """A figure as Grafana writes it, roughly."""
    if math.isinf(value):
        return "+Inf"
    if unit == "percentunit":
        return f"{value * 100:.2g} %" if abs(value) < 0.1 else f"{value * 100:.0f} %"
    if unit == "bytes":
        for name in ("B", "KiB", "MiB", "GiB"):
            if abs(value) < 1024 or name == "GiB":
                return f"{value:.0f} {name}"
            value /= 1024
    if unit == "s":
        return (
            f"{value * 1000:.0f} ms"
            if 0 < abs(value) < 1
            else f"{value:g} s"
            if value == int(value)
            else f"{value:.1f} s"
        )
    suffix = unit.removeprefix("suffix:") if unit.startswith("suffix:") else ""
    return f"{value:.3g}{suffix}"
