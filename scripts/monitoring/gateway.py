"""The gateway: what is asked, what it answers, and who is turned away."""

from .overview import UPLOADS
from .panels import HALF, PER_MINUTE, QUARTER, THIRD, board, lines, newly, per_minute, quantiles, spread

# Of the process that has an HTTP side, whatever else runs in it.
ITS = "and on (job, instance) invoice_ocr_http_connections"


def gateway():
    return board(
        "invoice-ocr-gateway",
        "invoice-ocr / gateway",
        "Requests by route and status, errors, connections, callers.",
        [
            ("Requests", requests()),
            ("Uploads", uploads()),
            ("Connections and callers", edge()),
            ("Process", process(ITS)),
        ],
    )


def requests():
    bad = 'status=~"[45].."'
    return [
        lines(
            "By route",
            "In a minute.",
            (
                "60 * sum by (method, route) (rate(invoice_ocr_http_requests_total[$__rate_interval]))",
                "{{method}} {{route}}",
            ),
            unit=PER_MINUTE,
            width=HALF,
            stacked=True,
        ),
        lines(
            "By status",
            "In a minute.",
            ("60 * sum by (status) (rate(invoice_ocr_http_requests_total[$__rate_interval]))", "{{status}}"),
            unit=PER_MINUTE,
            width=HALF,
            stacked=True,
        ),
        lines(
            "Errors by route and status",
            "Answers of 400 and more, within each interval.",
            (newly("invoice_ocr_http_requests_total", "route, status", f"{{{bad}}}"), "{{route}} {{status}}"),
            width=HALF,
            stacked=True,
        ),
        lines(
            "Time to answer",
            "By route, p95.",
            *quantiles("invoice_ocr_http_request_duration_seconds", "route", parts=(0.95,)),
            unit="s",
            width=HALF,
        ),
    ]


def uploads():
    accepted = "invoice_ocr_documents_accepted_total"
    return [
        lines(
            "Accepted",
            "In a minute by what they are.",
            (per_minute(accepted, "media_type"), "{{media_type}}"),
            unit=PER_MINUTE,
            width=QUARTER,
            stacked=True,
        ),
        lines(
            "Seen before",
            "Share of uploads whose document was here already.",
            (
                f'(sum(rate({accepted}{{known="true"}}[$__rate_interval])) or vector(0))'
                f" / sum(rate({accepted}[$__rate_interval]))",
                "seen before",
            ),
            unit="percentunit",
            width=QUARTER,
            most=1,
        ),
        spread(
            "Time to answer an upload",
            "How many took how long. The goal is 200 ms for 2 MB.",
            "invoice_ocr_http_request_duration_seconds_bucket",
            f"{{{UPLOADS}}}",
        ),
    ]


def edge():
    return [
        lines("Connections", "That have a place.", ("sum(invoice_ocr_http_connections)", "open"), width=THIRD),
        lines(
            "Connections that found no place",
            "Within each interval by reason.",
            (newly("invoice_ocr_http_connections_refused_total", "reason"), "{{reason}}"),
            width=THIRD,
        ),
        lines(
            "Connections that were ended",
            "Within each interval by reason; idle is nobody's fault.",
            (newly("invoice_ocr_http_connections_ended_total", "reason"), "{{reason}}"),
            width=THIRD,
        ),
        lines(
            "Callers that were not let in",
            "Within each interval by code; those held back by their rate beside them.",
            (newly("invoice_ocr_callers_refused_total", "code"), "{{code}}"),
            (newly("invoice_ocr_http_requests_total", "status", '{status="429"}'), "{{status}}"),
            width=HALF,
        ),
        lines(
            "Audit records that were lost",
            "In all since the start of each gateway.",
            ("sum(invoice_ocr_audit_records_dropped_total)", "lost"),
            width=HALF,
        ),
        lines(
            "Sendings to webhooks",
            "Attempts within each interval by outcome: what is not taken is tried again for a day.",
            (newly("invoice_ocr_webhook_calls_total", "outcome"), "{{outcome}}"),
            width=HALF,
        ),
        lines(
            "Deliveries to webhooks that are over",
            "Within each interval by how they ended; webhooks that were given up beside them.",
            (newly("invoice_ocr_webhook_deliveries_total", "state"), "{{state}}"),
            (newly("invoice_ocr_webhooks_disabled_total", "reason"), "given up: {{reason}}"),
            width=HALF,
        ),
    ]


def process(its):
    """Memory, processor and descriptors of processes; `its` says which."""
    return [
        lines(
            "Memory",
            "Resident, of the service without its workers.",
            (f"process_resident_memory_bytes {its}", "{{instance}}"),
            unit="bytes",
        ),
        lines(
            "Processor",
            "Cores in use, of the service without its workers.",
            (f"rate(process_cpu_seconds_total[$__rate_interval]) {its}", "{{instance}}"),
        ),
        lines(
            "Descriptors",
            "Open, of those that may be.",
            (f"process_open_fds / process_max_fds {its}", "{{instance}}"),
            unit="percentunit",
            width=THIRD,
        ),
    ]
