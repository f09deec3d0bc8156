"""Whether every query has an answer: dashboards and rules asked of a Prometheus that scraped a real run."""

import json
import math
import re
import time

import yaml
from service import ROOT

from .servers import DEPLOY, RULES

# What Grafana puts in; here the run is a few minutes with a sample a second.
RATE_INTERVAL = "20s"
# Seconds between two points of a panel.
STEP = 5
# A metric with its label matchers.
SELECTOR = re.compile(r"(?<![\w:.$])((?:invoice_ocr|process|node)[\w:]*|up|ALERTS)(\{[^}]*\})?")
COMPARISON = re.compile(r" (==|!=|>=|<=|>|<) (?!bool)")


def substituted(expr):
    return expr.replace("$__rate_interval", RATE_INTERVAL)


def dashboards():
    """(dashboard, panel, expression) of each query in the committed files."""
    from .boards import queries

    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        for title, expr in queries(json.loads(path.read_text())):
            yield path.stem, title, substituted(expr)


def rules():
    """(file, name, expression, whether it is an alert) of each rule."""
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                name = rule.get("alert") or rule["record"] + str(rule.get("labels", ""))
                yield path.name, name, rule["expr"], "alert" in rule


def documented():
    """(page, expression, whether an answer is wanted) of each query in docs: those of runbooks ask for what is wrong."""
    for path in sorted((ROOT / "docs" / "runbooks").glob("*.md")):
        for block in re.findall(r"^```promql\n(.*?)^```", path.read_text(), re.M | re.S):
            for line in block.splitlines():
                yield path.name, line, False
    former = (ROOT / "docs" / "monitoring.md").read_text().split("## Names of the former service")[1]
    for expr in re.findall(r"\| `([^`|]+)` \|$", former, re.M):
        yield "monitoring.md", expr, True


def check(prometheus, begin, end):
    """Rows (where, what, outcome, figures) and whether all is well."""
    table = []
    for where, what, expr in dashboards():
        series = prometheus.over(expr, begin, end, STEP)
        points = sum(1 for each in series for _, value in each["values"] if not math.isnan(float(value)))
        table.append((where, what, f"{len(series)} series, {points} points" if points else None, expr))
    for where, what, expr, is_alert in rules():
        outcome = of_alert(prometheus, expr) if is_alert else of_samples(prometheus.now(expr))
        table.append((where, what, outcome, expr))
    for page, expr, wanted in documented():
        samples = prometheus.now(expr)
        table.append((page, expr[:60], of_samples(samples) or (None if wanted else "is a query"), expr))
    return table


def of_samples(samples):
    return f"{len(samples)} now" if samples else None


def of_alert(prometheus, expr):
    """An alert is silent after a good run, so its comparisons are answered with 0 or 1 instead of cutting off: what is
    left has to have data. Where it has none all the same (it asks for what is absent, or for a label's value that
    this run did not make), each metric in it has to be there with each label that it names."""
    samples = [] if "absent(" in expr or " unless " in expr else prometheus.now(COMPARISON.sub(r" \1 bool ", expr))
    if samples:
        return f"{len(samples)} compared"
    for name, matchers in SELECTOR.findall(expr):
        labels = re.findall(r"([a-z_]+)(?:=~|!~|!=|=)\"", matchers)
        there = ",".join(f'{label}!=""' for label in labels if label not in MAY_BE_EMPTY)
        if not prometheus.now(f"{name}{{{there}}}"):
            return None
    return "metrics and labels are there"


# An empty value of these has a meaning.
MAY_BE_EMPTY = ("code", "fault")


def show(table):
    """Prints the table; gives the number of rows without data."""
    for where, what, outcome, _ in table:
        print(f"{where:<30}{what:<64}{outcome or 'NO DATA'}")
    empty = [row for row in table if not row[2]]
    for where, what, _, expr in empty:
        print(f"\nno data: {where}: {what}\n  {expr}")
    print(f"\n{len(table)} queries, {len(table) - len(empty)} with data, {len(empty)} without")
    return len(empty)


def settle(prometheus):
    """Waits for the last scrapes and evaluations."""
    time.sleep(5)
    return prometheus
