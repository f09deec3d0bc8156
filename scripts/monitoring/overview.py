"""The first look: is what was promised kept, what comes and goes, where does it wait, how well is it read."""

from .panels import HALF, PER_MINUTE, QUARTER, board, lines, newly, number, per_minute, quantiles, rows

UPLOADS = 'method="POST",route="/api/v1/process-invoice"'
# A budget of which a quarter is left is a reason to be careful, without any the promise is broken.
BUDGET = ((None, "red"), (0, "orange"), (0.25, "green"))
BURN = ((None, "green"), (1, "orange"), (6, "red"))
SOME = ((None, "green"), (1, "orange"))
NONE = ((None, "red"), (1, "green"))


def overview():
    return board(
        "invoice-ocr-overview",
        "invoice-ocr / overview",
        "Promises, traffic, queues and quality of the whole service.",
        [
            ("Promises", promises()),
            ("Documents", documents()),
            ("Work", work()),
            ("Trouble", trouble()),
            ("Quality", quality()),
            ("Broker", broker()),
        ],
    )


def promises():
    budget = "Share of the error budget of 30 days that is left; docs/monitoring.md has the objectives."
    return [
        number(
            "Uploads: budget left",
            budget,
            'invoice_ocr:slo_budget_left:ratio30d{slo="uploads"}',
            "percentunit",
            steps=BUDGET,
        ),
        number(
            "Speed: budget left",
            budget,
            'invoice_ocr:slo_budget_left:ratio30d{slo="speed"}',
            "percentunit",
            steps=BUDGET,
        ),
        number(
            "Completion: budget left",
            budget,
            'invoice_ocr:slo_budget_left:ratio30d{slo="completion"}',
            "percentunit",
            steps=BUDGET,
        ),
        number(
            "Services that answer",
            "Targets of Prometheus that can be scraped.",
            'sum(up{job="invoice-ocr"})',
            steps=NONE,
        ),
        number(
            "Alerts that fire",
            "Critical ones and warnings.",
            'count(ALERTS{alertname=~"InvoiceOcr.*",alertstate="firing",severity=~"critical|warning"}) or vector(0)',
            steps=SOME,
        ),
        number(
            "Dead letters",
            "Documents that could not be finished and lie there for somebody to look at.",
            'max(invoice_ocr_stream_messages{stream="INVOICE_DEAD"})',
            steps=SOME,
        ),
        lines(
            "How fast budgets burn",
            "1 uses up a budget in 30 days. Alerts begin at 1 over three days and at 14.4 over an hour.",
            ("invoice_ocr:slo_burn:ratio1h", "{{slo}}"),
            width=HALF,
        ),
        rows(
            "Alerts now",
            "Pending and firing.",
            'ALERTS{alertname=~"InvoiceOcr.*"} or label_replace(absent(ALERTS{alertname=~"InvoiceOcr.*"}), "alertname", "none", "", "")',
            HALF,
            ["alertname", "alertstate", "severity", "stage", "slo", "stream", "instance"],
        ),
    ]


def documents():
    return [
        lines(
            "Uploads",
            "Accepted documents in a minute by what they are.",
            (per_minute("invoice_ocr_documents_accepted_total", "media_type"), "{{media_type}}"),
            unit=PER_MINUTE,
            width=QUARTER,
            stacked=True,
        ),
        lines(
            "Answers",
            "Requests in a minute by status.",
            ("60 * sum by (status) (rate(invoice_ocr_http_requests_total[$__rate_interval]))", "{{status}}"),
            unit=PER_MINUTE,
            width=QUARTER,
            stacked=True,
        ),
        lines(
            "Documents that ended",
            "In a minute, by type and outcome.",
            (per_minute("invoice_ocr_documents_ended_total", "media_type, outcome"), "{{media_type}} {{outcome}}"),
            unit=PER_MINUTE,
            width=QUARTER,
            stacked=True,
        ),
        lines(
            "From upload to end",
            "The objective is 20 s for 95 of 100.",
            *quantiles("invoice_ocr_document_duration_seconds"),
            unit="s",
            width=QUARTER,
        ),
    ]


def work():
    return [
        lines(
            "Jobs that wait",
            "Not yet delivered, by stage.",
            ("invoice_ocr:queue_pending:max", "{{stage}}"),
            width=QUARTER,
        ),
        lines(
            "Waiting before a stage",
            "From the publishing of a job to its first claim, p95.",
            *quantiles("invoice_ocr_queue_wait_seconds", "stage", parts=(0.95,)),
            unit="s",
            width=QUARTER,
        ),
        lines(
            "Working in a stage",
            "One attempt, p95.",
            *quantiles("invoice_ocr_stage_duration_seconds", "stage", parts=(0.95,)),
            unit="s",
            width=QUARTER,
        ),
        lines(
            "Load",
            "Attempts going on, of those that may.",
            ("sum by (stage) (invoice_ocr_jobs_running) / sum by (stage) (invoice_ocr_jobs_limit)", "{{stage}}"),
            unit="percentunit",
            width=QUARTER,
            most=1,
        ),
    ]


def trouble():
    retried = '{outcome="retried",code!=""}'
    return [
        lines(
            "Documents that failed",
            "Within each interval, by the code of their error.",
            (newly("invoice_ocr_documents_ended_total", "code", '{outcome="failed"}'), "{{code}}"),
            stacked=True,
        ),
        lines(
            "Attempts that are tried again",
            "Within each interval, by stage and code.",
            (newly("invoice_ocr_jobs_total", "stage, code", retried), "{{stage}} {{code}}"),
            stacked=True,
        ),
        lines(
            "Uploads that failed",
            "Answers of 500 and more to uploads, within each interval.",
            (newly("invoice_ocr_http_requests_total", "status", f'{{{UPLOADS},status=~"5.."}}'), "{{status}}"),
            stacked=True,
        ),
    ]


def quality():
    reviewed = 'rate(invoice_ocr_documents_reviewed_total{required="true"}[$__rate_interval])'
    all_of_them = "rate(invoice_ocr_documents_reviewed_total[$__rate_interval])"
    mean = "sum{by} (rate({of}_sum[$__rate_interval])) / sum{by} (rate({of}_count[$__rate_interval]))"
    return [
        lines(
            "Share sent to a person",
            "Documents whose review is required.",
            (f"(sum({reviewed}) or vector(0)) / sum({all_of_them})", "to review"),
            unit="percentunit",
            most=1,
        ),
        lines(
            "Confidence in words",
            "Mean of what was recognised.",
            (mean.format(by="", of="invoice_ocr_word_confidence"), "words"),
            unit="percentunit",
            most=1,
        ),
        lines(
            "Confidence in fields",
            "Mean of each field.",
            (mean.format(by=" by (field)", of="invoice_ocr_field_confidence"), "{{field}}"),
            unit="percentunit",
            most=1,
        ),
    ]


def broker():
    return [
        lines(
            "How full streams are",
            "Of bytes; queues of jobs too.",
            ("invoice_ocr:stream_fill:ratio", "{{stream}}"),
            unit="percentunit",
            most=1,
        ),
        lines(
            "Bytes kept",
            "By stream or bucket.",
            ("max by (stream) (invoice_ocr_stream_bytes)", "{{stream}}"),
            unit="bytes",
            stacked=True,
        ),
        lines(
            "Connected to the broker",
            "1 where a service is.",
            ("min by (service, instance) (invoice_ocr_broker_connected)", "{{service}} {{instance}}"),
            most=1,
        ),
    ]
