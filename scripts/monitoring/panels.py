"""Panels of one look: how a figure is drawn is decided here, what it is in the files of the dashboards."""

from grafana_foundation_sdk.builders import common, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as grafana
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

# Chosen at the top of each dashboard; provisioning/datasources makes the first one.
SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
# A screen's height holds three rows of this.
HEIGHT = 7
# Of Grafana's 24 columns.
WIDE, HALF, THIRD, QUARTER, SIXTH = 24, 12, 8, 6, 4
PER_MINUTE = "suffix:/min"


def query(expr, legend="", **how):
    """One query; the legend is Prometheus' `{{label}}`."""
    made = prometheus.Dataquery().expr(expr).legend_format(legend or "__auto").datasource(SOURCE)
    if how.get("format"):
        made = made.format(how["format"])
    return made.instant() if how.get("instant") else made.range()


def placed(panel, title, says, width, queries):
    """What all panels have: a title, a sentence for who wonders, a place, and queries named A, B, C."""
    panel = panel.title(title).description(says).datasource(SOURCE).span(width).height(HEIGHT)
    for name, each in zip("ABCDEFGH", queries, strict=False):
        panel = panel.with_target(each.ref_id(name))
    return panel


def lines(title, says, *queries, unit="short", width=THIRD, stacked=False, most=None):
    """Figures over time; `queries` are (expression, legend)."""
    panel = placed(timeseries.Panel(), title, says, width, [query(*each) for each in queries])
    panel = (
        panel.unit(unit)
        .min(0)
        .line_width(1)
        .fill_opacity(30 if stacked else 5)
        .show_points(VisibilityMode.NEVER)
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
    )
    if most is not None:
        panel = panel.max(most)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    return panel


def number(title, says, expr, unit="short", width=SIXTH, steps=((None, "green"),), decimals=None, legend=""):
    """One figure, as it is now; `steps` are (from, colour) and the first has no lower bound."""
    panel = placed(stat.Panel(), title, says, width, [query(expr, legend)])
    panel = (
        panel.unit(unit)
        .color_mode(BigValueColorMode.BACKGROUND if len(steps) > 1 else BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(
            grafana.ThresholdsConfig()
            .mode(ThresholdsMode.ABSOLUTE)
            .steps([Threshold(value=value, color=colour) for value, colour in steps])
        )
        .color_scheme(grafana.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
    return panel if decimals is None else panel.decimals(decimals)


def spread(title, says, bucket, by="", unit="s", width=HALF):
    """How often which value came: a histogram's buckets over time, `by` its selector."""
    counted = f"sum by (le) (increase({bucket}{by}[$__rate_interval]))"
    panel = placed(heatmap.Panel(), title, says, width, [query(counted, "{{le}}", format=PromQueryFormat.HEATMAP)])
    return (
        panel.calculate(False)
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .color(heatmap.HeatmapColorOptions().scheme("Blues").steps(32).exponent(0.5))
    )


def rows(title, says, expr, width=WIDE, columns=()):
    """A table of what is so now; `columns` are the labels to show."""
    how = {"format": PromQueryFormat.TABLE, "instant": True}
    panel = placed(table.Panel(), title, says, width, [query(expr, **how)])
    shown = {"include": {"names": list(columns)}}
    return panel.with_transformation(DataTransformerConfig(id_val="filterFieldsByName", options=shown))


def board(uid, title, says, sections):
    """A dashboard; `sections` are (heading, panels)."""
    made = (
        grafana.Dashboard(title)
        .uid(uid)
        .description(says)
        .tags(["invoice-ocr"])
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("30s")
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(grafana.DatasourceVariable("source").label("Prometheus").type("prometheus"))
        .link(
            grafana.DashboardLink("invoice-ocr")
            .type(DashboardLinkType.DASHBOARDS)
            .tags(["invoice-ocr"])
            .keep_time(True)
        )
    )
    for heading, panels in sections:
        made = made.with_row(grafana.Row(heading))
        for panel in panels:
            made = made.with_panel(panel)
    return made


def quantiles(histogram, by="", selector="", parts=(0.5, 0.95, 0.99)):
    """(expression, legend) for each of the shares `parts`, in each group of the label `by`."""
    grouped = f"le, {by}" if by else "le"
    name = " {{" + by + "}}" if by else ""
    rate = f"sum by ({grouped}) (rate({histogram}_bucket{selector}[$__rate_interval]))"
    return [(f"histogram_quantile({part}, {rate})", f"p{part * 100:g}{name}") for part in parts]


def newly(counter, by, selector=""):
    """What is rare, by the label `by`: how often it came about within an interval, 0 where it never did. A counter's first
    1 has no sample before it, so rate() does not see it: a new series of a target that is not new counts whole."""
    scraped = "on (job, instance) (up offset $__rate_interval == 1)"
    new = f"{counter}{selector} unless {counter} offset $__rate_interval and {scraped}"
    counted = f"sum by ({by}) (({new}) or increase({counter}{selector}[$__rate_interval]))"
    return f'{counted} or label_replace(vector(0), "{by.split(", ")[0]}", "none", "", "")'


def per_minute(counter, by, selector=""):
    """A counter's increase in a minute in each group of the label `by`; 0 where it never counted."""
    rate = f"60 * sum by ({by}) (rate({counter}{selector}[$__rate_interval]))"
    return f'{rate} or label_replace(vector(0), "{by.split(", ")[0]}", "none", "", "")'
