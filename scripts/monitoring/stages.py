"""The three stages: the same questions for each, and what only one of them can answer."""

from .gateway import process
from .panels import HALF, PER_MINUTE, QUARTER, THIRD, WIDE, board, lines, newly, per_minute, quantiles, spread

# Stages whose native code runs in worker processes.
WITH_WORKERS = ("preprocess", "ocr")


def stage(name, says, own):
    """The dashboard of a stage; `own` are its sections that no other stage has."""
    sections = [("Queue", queue(name)), ("Attempts", attempts(name)), *own]
    if name in WITH_WORKERS:
        sections.append(("Workers", workers(name)))
    its = f'and on (job, instance) invoice_ocr_jobs_limit{{stage="{name}"}}'
    return board(f"invoice-ocr-{name}", f"invoice-ocr / {name}", says, [*sections, ("Process", process(its))])


def queue(name):
    of = f'{{stage="{name}"}}'
    return [
        lines(
            "Jobs",
            "Not yet delivered, and being worked on.",
            (f"invoice_ocr:queue_pending:max{of}", "waiting"),
            (f"invoice_ocr:queue_ack_pending:max{of}", "leased"),
            width=QUARTER,
        ),
        lines(
            "Waiting",
            "From the publishing of a job to its first claim.",
            *quantiles("invoice_ocr_queue_wait_seconds", selector=of),
            unit="s",
            width=QUARTER,
        ),
        lines(
            "Attempts going on",
            "And at most.",
            (f"sum(invoice_ocr_jobs_running{of})", "running"),
            (f"sum(invoice_ocr_jobs_limit{of})", "limit"),
            width=QUARTER,
        ),
        lines(
            "Deliveries beyond the first",
            "In a minute: attempts that are repeated, and services that died.",
            (f"60 * sum(rate(invoice_ocr_redeliveries_total{of}[$__rate_interval])) or vector(0)", "again"),
            unit=PER_MINUTE,
            width=QUARTER,
        ),
    ]


def attempts(name):
    of = f'{{stage="{name}"}}'
    return [
        spread("Duration", "How many attempts took how long.", "invoice_ocr_stage_duration_seconds_bucket", of),
        lines(
            "Duration",
            "One attempt.",
            *quantiles("invoice_ocr_stage_duration_seconds", selector=of),
            unit="s",
            width=HALF,
        ),
        lines(
            "Outcomes",
            "Of deliveries, in a minute.",
            (f"60 * sum by (outcome) (rate(invoice_ocr_jobs_total{of}[$__rate_interval]))", "{{outcome}}"),
            unit=PER_MINUTE,
            width=THIRD,
            stacked=True,
        ),
        lines(
            "Errors",
            "Within each interval, by code and what became of the job.",
            (
                newly("invoice_ocr_jobs_total", "code, outcome", f'{{stage="{name}",code!=""}}'),
                "{{code}} {{outcome}}",
            ),
            width=THIRD,
            stacked=True,
        ),
        lines(
            "Tried again",
            "Share of attempts.",
            (
                f'(sum(rate(invoice_ocr_jobs_total{{stage="{name}",outcome="retried"}}[$__rate_interval])) or vector(0)) / '
                f'sum(rate(invoice_ocr_jobs_total{{stage="{name}",outcome=~"done|retried|dead_lettered"}}[$__rate_interval]))',
                "retried",
            ),
            unit="percentunit",
            width=THIRD,
            most=1,
        ),
    ]


def workers(name):
    of = f'{{stage="{name}"}}'
    return [
        lines(
            "Workers",
            "And how many are at work.",
            (f"sum(invoice_ocr_workers{of})", "workers"),
            (f"sum(invoice_ocr_workers_busy{of})", "busy"),
            width=QUARTER,
        ),
        lines(
            "Ends of workers",
            "Within each interval, by reason; to be replaced is ordinary.",
            (newly("invoice_ocr_worker_exits_total", "reason", of), "{{reason}}"),
            (f"sum(increase(invoice_ocr_worker_starts_total{of}[$__rate_interval]))", "starts"),
            width=QUARTER,
        ),
        lines(
            "Memory of workers",
            "Resident, all of them.",
            (f"sum(invoice_ocr_worker_memory_bytes{of})", "workers"),
            unit="bytes",
            width=QUARTER,
        ),
        lines(
            "Processor time of workers",
            "Cores in use.",
            (f"sum(rate(invoice_ocr_worker_cpu_seconds_total{of}[$__rate_interval]))", "cores"),
            width=QUARTER,
        ),
        lines(
            "Sandbox",
            "1 where a part of it holds around all workers; docs/sandbox.md.",
            (f"min by (mechanism) (invoice_ocr_worker_sandbox{of})", "{{mechanism}}"),
            width=WIDE,
            most=1,
        ),
    ]


def preprocess():
    return stage("preprocess", "From documents to pages.", [])


def ocr():
    words = "invoice_ocr_word_confidence"
    own = [
        lines(
            "Pages",
            "In a minute by where their words are from.",
            (per_minute("invoice_ocr_pages_total", "source"), "{{source}}"),
            unit=PER_MINUTE,
            width=QUARTER,
            stacked=True,
        ),
        lines(
            "Read a second time",
            "Pages in a minute that were doubtful, or not in Latin script.",
            ("60 * sum(rate(invoice_ocr_second_readings_total[$__rate_interval]))", "pages"),
            unit=PER_MINUTE,
            width=QUARTER,
        ),
        lines(
            "Confidence in words",
            "Mean, and what nine in ten words are above.",
            (f"sum(rate({words}_sum[$__rate_interval])) / sum(rate({words}_count[$__rate_interval]))", "mean"),
            *quantiles(words, parts=(0.1,)),
            unit="percentunit",
            width=QUARTER,
            most=1,
        ),
        spread(
            "Confidence in words", "How many words have which.", f"{words}_bucket", unit="percentunit", width=QUARTER
        ),
    ]
    return stage("ocr", "From pages to words.", [("Reading", own)])


def extract():
    fields = "invoice_ocr_field_confidence"
    reviewed = "invoice_ocr_documents_reviewed_total"
    own = [
        lines(
            "Confidence by field",
            "Mean.",
            (
                f"sum by (field) (rate({fields}_sum[$__rate_interval])) / sum by (field) (rate({fields}_count[$__rate_interval]))",
                "{{field}}",
            ),
            unit="percentunit",
            width=HALF,
            most=1,
        ),
        spread("Confidence in fields", "How many values have which.", f"{fields}_bucket", unit="percentunit"),
        lines(
            "Reviews",
            "Documents in a minute: sent to a person, or not.",
            (per_minute(reviewed, "required"), "to review: {{required}}"),
            unit=PER_MINUTE,
            width=THIRD,
            stacked=True,
        ),
        lines(
            "Share sent to a person",
            "Over six hours, and over seven days.",
            ("invoice_ocr:review:ratio6h", "6 hours"),
            ("invoice_ocr:review:ratio7d", "7 days"),
            unit="percentunit",
            width=THIRD,
            most=1,
        ),
        lines(
            "Why a person has to look",
            "Within each interval, by reason; a document may have several.",
            (newly("invoice_ocr_review_reasons_total", "code"), "{{code}}"),
            stacked=True,
            width=THIRD,
        ),
        lines(
            "E-invoices",
            "Within each interval, by profile.",
            (newly("invoice_ocr_e_invoices_total", "profile"), "{{profile}}"),
            width=HALF,
            stacked=True,
        ),
        lines(
            "Hints that cannot be used",
            "1 where the file was changed and does not work.",
            ("max(invoice_ocr_hints_stale)", "stale"),
            width=HALF,
            most=1,
        ),
    ]
    return stage("extract", "From words to fields.", [("Understanding", own)])
