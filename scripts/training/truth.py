"""What is known of a document's fields, and whether a value agrees with it."""

import importlib.util
import json
import pathlib

# Sets whose licences allow to learn from them; the others only score.
LEARNED_FROM = ("de-zugferd", "en-facturx", "fr-facturx", "en-de-real", "low-dpi", "sroie", "synthetic")
# The same pages as digital ones, with data that the page does not show.
LEFT_OUT = "einvoice"
# What an invoice is when nothing says that it is something else.
NO_KIND = "invoice"


def load(manifest):
    """Documents by file name."""
    lines = pathlib.Path(manifest).read_text().splitlines()
    documents = [json.loads(line) for line in lines if line.strip()]
    return {d["file"]: d for d in documents if not d["set"].endswith(LEFT_OUT)}


def is_learned_from(document):
    return document["set"].split("/")[0] in LEARNED_FROM


def is_synthetic(document):
    return document["set"].startswith("synthetic")


class Judge:
    """Compares values as `evaluate.py` of the shared folder does."""

    def __init__(self, evaluate_py):
        spec = importlib.util.spec_from_file_location("evaluate", evaluate_py)
        self.evaluate = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.evaluate)

    def key(self, field, value):
        """Equal for equal values of a field."""
        return self.evaluate.norm(field, value)

    def known(self, document, field):
        """Whether it is known what the document says."""
        return field in document["fields"]

    def expected(self, document, field):
        """`None` where the document does not show the field."""
        value = document["fields"][field]
        return None if field == "kind" and value == NO_KIND else value

    def agrees(self, document, field, value):
        expected = self.expected(document, field)
        return expected is not None and self.evaluate.right(field, expected, value, True)
