"""All dashboards, and the files that they are kept in."""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from .gateway import gateway
from .overview import overview
from .stages import extract, ocr, preprocess

BUILDERS = {"overview": overview, "gateway": gateway, "preprocess": preprocess, "ocr": ocr, "extract": extract}


def built():
    """The text of each dashboard's file, by its name."""
    return {f"{name}.json": text(build()) for name, build in BUILDERS.items()}


def text(builder):
    """A dashboard as Grafana imports it. Ids number the panels, as Grafana would."""
    board = json.loads(json.dumps(builder.build(), cls=JSONEncoder))
    for number, panel in enumerate(board["panels"], 1):
        panel["id"] = number
    return json.dumps(board, indent=1, sort_keys=True) + "\n"


def queries(board):
    """(panel's title, expression) of each query of a dashboard, given as parsed JSON."""
    for panel in board["panels"]:
        for target in panel.get("targets") or []:
            yield panel["title"], target["expr"]
