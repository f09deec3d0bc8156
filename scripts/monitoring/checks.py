"""What a machine can see of rules, runbooks and docs without running anything: whether they speak of the same things."""

import re

import yaml
from service import ROOT

from .servers import DEPLOY, RULES

RUNBOOKS = ROOT / "docs" / "runbooks"
MONITORING = ROOT / "docs" / "monitoring.md"
# Kind, name and labels of each metric, as a test of the product wants them.
GOLDEN = ROOT / "tests" / "e2e" / "golden" / "metrics.txt"
SECTIONS = ["What it means", "What is noticed", "How to look", "What to do", "When it goes away"]
LEVELS = ("critical", "warning", "info")
# A metric of ours that no rule records: those have a colon.
METRIC = re.compile(r"\b(invoice_ocr_[a-z_]+|process_[a-z_]+_(?:bytes|fds|seconds(?:_total)?))\b(?!:)")
# What a histogram is asked for by.
PARTS = ("_bucket", "_count", "_sum")


def alerts():
    """Each alert's rule, by its name."""
    groups = (group for path in RULES for group in yaml.safe_load(path.read_text())["groups"])
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def page_of(alert):
    """InvoiceOcrServiceDown: service-down.md."""
    words = re.findall(r"[A-Z][a-z]*", alert.removeprefix("InvoiceOcr"))
    return "-".join(words).lower() + ".md"


def breaches():
    """Everything that is wrong, a sentence each."""
    found = alerts()
    pages = {path.name: path.read_text() for path in RUNBOOKS.glob("*.md") if path.name != "README.md"}
    yield from of_pages(found, pages)
    yield from of_tests(found)
    yield from of_commands(pages | {"monitoring.md": MONITORING.read_text()})
    yield from of_metrics(pages)
    yield from of_golden()
    yield from of_codes()


def of_pages(found, pages):
    index = {name: (RUNBOOKS / "README.md").read_text().count(f"({name})") for name in pages}
    levels = MONITORING.read_text()
    for alert, rule in found.items():
        page, level = page_of(alert), rule["labels"]["severity"]
        if level not in LEVELS:
            yield f"{alert}: there is no level {level}"
        for words in ("summary", "description", "runbook_url"):
            if not rule["annotations"].get(words):
                yield f"{alert} has no {words}"
        if not rule["annotations"]["runbook_url"].endswith(f"/{page}"):
            yield f"{alert}: its runbook_url does not end with {page}"
        if f"(runbooks/{page})" not in levels:
            yield f"{alert}: docs/monitoring.md does not name runbooks/{page}"
        text = pages.get(page)
        if text is None:
            yield f"{alert} has no page docs/runbooks/{page}"
        elif not text.startswith(f"# {alert}\n\nLevel: {level}.\n"):
            yield f"docs/runbooks/{page} does not begin with its alert and the level {level}"
        elif re.findall(r"^## (.+)$", text, re.M) != SECTIONS:
            yield f"docs/runbooks/{page} has other sections than {', '.join(SECTIONS)}"
    for page in pages.keys() - {page_of(alert) for alert in found}:
        yield f"docs/runbooks/{page} has no alert"
    for page, times in index.items():
        if times != 1:
            yield f"docs/runbooks/README.md names {page} {times} times"
    for page, text in pages.items():
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            if not (RUNBOOKS / link).is_file():
                yield f"docs/runbooks/{page}: there is no {link}"


def of_tests(found):
    """A case that fires and one that does not, for each alert."""
    names = [
        case["name"]
        for path in (DEPLOY / "prometheus" / "tests").glob("*.yml")
        for case in yaml.safe_load(path.read_text())["tests"]
    ]
    for alert in found:
        for what in ("fires", "is silent"):
            if not any(name.startswith(f"{alert.removeprefix('InvoiceOcr')} {what}: ") for name in names):
                yield f"{alert}: no case in deploy/prometheus/tests says that it {what}"


def of_commands(pages):
    """The command line's commands, as src/cli.rs and src/command/*.rs name them."""
    known = commands(ROOT / "src" / "cli.rs", "Command")
    for page, text in pages.items():
        for command, deeper in re.findall(r"\binvoice-ocr ([a-z]+)(?: ([a-z]+)\b)?", text):
            if command not in known:
                yield f"{page}: there is no command `invoice-ocr {command}`"
                continue
            path = ROOT / "src" / "command" / f"{command}.rs"
            actions = commands(path, f"{command.capitalize()}Action")
            if actions and deeper not in actions:
                yield f"{page}: there is no command `invoice-ocr {command} {deeper}`"


def commands(path, enum):
    """Names of the variants of an enum of subcommands; none where there is no such enum."""
    text = path.read_text() if path.is_file() else ""
    body = re.search(rf"^enum {enum} \{{\n(.*?)^\}}", text, re.M | re.S)
    return {name.lower() for name in re.findall(r"^    ([A-Z][A-Za-z]*)[ ({,]", body[1] if body else "", re.M)}


def of_metrics(pages):
    """Whatever is asked for is in the table of docs/monitoring.md."""
    table = set(re.findall(r"^\| `([a-z_]+)(?:\{|`)", MONITORING.read_text(), re.M))
    asked = {f"docs/runbooks/{page}": text for page, text in pages.items()}
    asked |= {str(path.relative_to(ROOT)): path.read_text() for path in RULES}
    asked |= {str(path.relative_to(ROOT)): path.read_text() for path in (DEPLOY / "grafana").rglob("*.json")}
    for where, text in asked.items():
        for name in sorted(set(METRIC.findall(text))):
            plain = next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)
            if not {name, plain} & table:
                yield f"{where}: {name} is not in docs/monitoring.md"


def of_golden():
    """What the services are tested to export is described with its kind and labels."""
    rows = re.findall(r"^\| `([a-z_]+)(?:\{([a-z_,]*)\})?` \| (\w+) \|", MONITORING.read_text(), re.M)
    table = {name: (kind, set(labels.split(",")) - {""}) for name, labels, kind in rows}
    for line in GOLDEN.read_text().splitlines():
        kind, name, labels = re.fullmatch(r"(\w+) +([a-z_]+)\{([a-z_,]*)\}", line).groups()
        name += "_total" if kind == "counter" else ""
        exported = (kind, set(labels.split(",")) - {""})
        if table.get(name) != exported:
            yield f"docs/monitoring.md says of {name} {table.get(name)}, and it is {exported}"


def of_codes():
    """The codes of documents at fault are those that docs/errors.md calls rejected."""
    text = (ROOT / "docs" / "errors.md").read_text()
    rejected = re.search(r"^### Rejected\n(.*?)^### ", text, re.S | re.M)[1]
    codes = set(re.findall(r"^\| `([a-z_]+)`", rejected, re.M))
    for listed in re.findall(
        r'"(document_encrypted\|[^"]+)"', (DEPLOY / "prometheus" / "rules" / "recording.yml").read_text()
    ):
        differing = codes ^ set(listed.split("|"))
        if differing:
            yield f"recording.yml and the rejected codes of docs/errors.md differ in {', '.join(sorted(differing))}"
