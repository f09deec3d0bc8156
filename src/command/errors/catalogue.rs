//! What can go wrong in a stage or on the way to a webhook, and why a person is asked: every code with its cause and
//! remedy.
//!
//! A test of the repository looks that each code of the product is here and that none here is dead.

/// A code of [`common::error::StageError`].
#[derive(Debug)]
pub(super) struct Failure {
    /// Stable name.
    pub(super) code: &'static str,
    /// Crate or command that finds it.
    pub(super) by: &'static str,
    /// What happened.
    pub(super) cause: &'static str,
    /// What to do, and who.
    pub(super) remedy: &'static str,
}

/// A code in `review.reasons` of a result, or in `attempts` of a sending to a webhook.
#[derive(Debug)]
pub(super) struct Reason {
    /// Stable name.
    pub(super) code: &'static str,
    /// What it says.
    pub(super) meaning: &'static str,
    /// What a person looks at.
    pub(super) look: &'static str,
}

macro_rules! failures {
    ($($name:ident: $($code:literal, $by:literal, $cause:literal, $remedy:literal;)+)+) => {
        $(pub(super) const $name: &[Failure] = &[
            $(Failure { code: $code, by: $by, cause: $cause, remedy: $remedy }),+
        ];)+
    };
}

failures! {
    // The document is at fault: `ErrorKind::Rejected`.
    REJECTED:
    "document_encrypted", "preprocess", "a password is needed to open it",
        "send it without a password";
    "document_damaged", "preprocess", "the document or a page of it cannot be parsed",
        "look whether a PDF viewer opens it; have it sent again, or print it to a new PDF";
    "document_empty", "preprocess", "no bytes or no pages",
        "look whether the file was written completely";
    "too_many_pages", "preprocess", "above `limits.max_pages`",
        "split it: a batch scan is one document for each invoice; or raise the limit and replay it";
    "page_too_large", "preprocess, ocr",
        "above `limits.max_page_pixels` or `limits.max_page_side_px`, or paper larger than PDF allows",
        "scan at a lower resolution: 300 DPI is enough";
    "too_many_pixels", "preprocess",
        "all pages to be recognised together above `limits.max_document_pixels`",
        "scan at a lower resolution, or split it";
    "image_damaged", "preprocess", "a JPEG or PNG that cannot be decoded to its end",
        "send it again; it was cut off or written wrongly";
    "image_unsupported", "preprocess", "a legal kind of image that is not read",
        "save it as an ordinary JPEG or PNG";
    "embedded_xml_too_large", "preprocess", "an e-invoice above `limits.max_embedded_xml_bytes`",
        "send it without large attachments, or raise the limit and replay it";
    "xml_not_an_invoice", "extract", "an XML file that is no CII or UBL invoice",
        "send the invoice of EN 16931, or its PDF";
    "xml_damaged", "extract", "an XML file that is not well-formed, or not in its encoding",
        "have its sender make it anew";
    "xml_forbidden", "extract",
        "an XML file with a document type definition, where entities come from",
        "have its sender leave the definition out; no e-invoice needs one";
    "xml_too_complex", "extract",
        "an XML file with more elements, levels or attributes than an invoice has",
        "look what it is; it may be an attack";
    "language_unknown", "ocr", "asked for something that is no language code",
        "name languages as Tesseract does: `fra`, `eng`, `deu`";
    "too_many_languages", "ocr", "asked for more languages than one reading takes",
        "ask for fewer, the likeliest first";
    "language_unavailable", "ocr", "asked for a language that is not installed",
        "install `tesseract-ocr-<code>` where ocr runs, or ask for another one";
    "too_many_words", "common", "more than 100 000 words on a page",
        "look what it is; no invoice has as many";
    "result_too_large", "common", "a result above the broker's `max_payload`",
        "split the document";
    "work_store_too_small", "common",
        "its pages need more than a stage may use of `retention.work_max_bytes`",
        "raise that key, apply the topology and replay it, or split the document";

    // A dependency is away: `ErrorKind::Transient`.
    TRANSIENT:
    "broker_away", "common", "the broker does not answer, or not in time",
        "see that nats-server runs and can be reached";
    "broker_full", "common",
        "a queue or a store has no room, or what is left of it is for others",
        "see which stage is behind (`invoice-ocr doctor`); room comes by itself when it catches up";
    "eraser_away", "common", "something is to be removed, and no gateway answers who may",
        "start a gateway";
    "object_timeout", "common",
        "an object's bytes did not come in `broker.object_timeout_seconds`",
        "look at the broker's disk and network";
    "extract_cancelled", "extract", "the runtime stopped before the work was done",
        "nothing: the service was stopping, and another one goes on";

    // A bug, a crash, something missing: `ErrorKind::Internal`.
    INTERNAL:
    "worker_crashed", "common", "a child process ended by a signal or on its own",
        "replay it once; if it crashes again, the document breaks a native library: report it";
    "worker_timed_out", "common", "no answer before the deadline; the child was killed",
        "is the machine overloaded? else raise `worker.wall_seconds_per_page`, and replay it";
    "worker_cpu_exceeded", "common", "more CPU time than the request was given",
        "raise `worker.cpu_seconds_per_page` if the document is honest, and replay it";
    "worker_out_of_memory", "common", "more than `worker.memory_bytes` of address space",
        "raise it if the document is honest, and replay it";
    "worker_sandbox_violated", "common",
        "a child made a system call that reading documents does not take; the kernel killed it",
        "look at once: the runbook SandboxViolated (docs/runbooks/sandbox-violated.md)";
    "worker_panicked", "common", "a panic in a child; the message has the place only",
        "a bug: report the place";
    "worker_protocol", "common, preprocess, ocr", "a child said what no child says",
        "a bug, or a child that was taken over: treat it as worker_sandbox_violated";
    "worker_not_started", "common",
        "the child could not be started, or was not ready within `worker.start_seconds`",
        "look at limits of processes and memory on the machine, and at its load; replay it";
    "sandbox_missing", "common",
        "`worker.sandbox` is required and this machine cannot enforce it",
        "the log says which part is missing; a newer kernel, or `best-effort` (docs/sandbox.md)";
    "stage_timed_out", "common", "no end within `deadline_seconds`",
        "many pages on few cores? raise `stages.*.deadline_seconds`, and replay it";
    "stage_panicked", "common", "a bug in a stage", "report it";
    "service_panicked", "serve", "a bug; the service ends", "start it again, and report it";
    "attempts_exhausted", "common",
        "attempts were begun and none came back: the service died",
        "find out why it died (memory, machine), then replay it";
    "no_next_stage", "common", "the last stage handed on, which is a bug", "report it";
    "unknown_version", "common", "a job written by a build that no service here knows",
        "bring all services to the newer version, then replay it";
    "malformed_job", "common", "a message that is no job",
        "see who else may publish on `invoice.jobs.>`; discard it";
    "broker_forbids", "common", "this service's user at the broker may not do what it needs",
        "`invoice-ocr topology users` again and reload the broker (docs/broker.md)";
    "publish_conflict", "common", "a message was stored by another writer first",
        "replay it; report it if it comes again";
    "status_contended", "common", "twenty writers in a row were faster",
        "replay it; report it if it comes again";
    "status_unreadable", "common", "a status record of another version",
        "bring all services to the newer version";
    "result_unreadable", "common", "a result in a status record that is no JSON, which is a bug",
        "report it; reading the document again makes another one";
    "event_unreadable", "common", "an event that is not ours",
        "see who else may publish on `invoice.extracted.>` and `invoice.failed.>`";
    "key_unreadable", "common", "a record of an API key of another version",
        "bring all gateways to the newer version";
    "counter_unreadable", "common", "a counter of a quota that holds no number",
        "see who else may publish on `invoice.quota.>`, and whether the stream `INVOICE_QUOTA` counts: `topology check`";
    "idempotency_unreadable", "common",
        "what is kept of a request with an `Idempotency-Key` is of another version",
        "bring all gateways to the newer version";
    "webhook_unreadable", "common", "a record of a webhook of another version",
        "bring all gateways to the newer version";
    "delivery_unreadable", "common", "a record of a sending to a webhook of another version",
        "bring all gateways to the newer version";
    "message_unreadable", "common", "a message without what the broker adds to each",
        "look at the broker's version";
    "time_out_of_range", "common", "a moment that the broker cannot express",
        "look at the clocks of broker and services";
    "encode_failed", "common", "a value without a wire form", "a bug: report it";
    "decode_failed", "common", "bytes without a value",
        "services of different versions? bring all to the newer one, and replay it";
    "library_missing", "preprocess", "libpdfium is not there or not the expected version",
        "`scripts/setup` fetches it; or set `worker.pdfium_library`";
    "native_library_failed", "preprocess", "PDFium or OpenCV refused what should have worked",
        "replay it once; report it if it comes again";
    "no_such_page", "preprocess", "a page was asked for that no open document has",
        "a bug: report it";
    "language_missing", "ocr", "`ocr.languages` names a language that is not installed",
        "`apt-get install tesseract-ocr-<code>` where ocr runs, and replay it";
    "raster_unreadable", "ocr", "the raster is not what preprocess writes",
        "services of different versions? bring all to the newer one, and replay it";
    "engine_missing", "ocr", "ONNX Runtime or a network is not there or not right",
        "`scripts/setup` fetches them; or set `worker.onnxruntime_library` and `worker.models`";
    "recognition_failed", "ocr", "an engine itself failed",
        "replay it once; report it if it comes again";
    "extract_panicked", "extract", "a bug", "report it";
    "result_unserialisable", "extract", "a bug", "report it";

    // What a stage reads is gone or damaged: `ErrorKind::Lost`.
    LOST:
    "object_missing", "common", "an object expired or was removed",
        "send the document again; if it was younger than `retention.work_hours`, look at the broker's disk";
    "object_corrupt", "common", "an object does not match its hash",
        "look at the broker's disk; send the document again";
}

macro_rules! reasons {
    ($($name:ident: $($code:literal, $meaning:literal, $look:literal;)+)+) => {
        $(pub(super) const $name: &[Reason] =
            &[$(Reason { code: $code, meaning: $meaning, look: $look }),+];)+
    };
}

reasons! {
    // Why a person has to look.
    REASONS:
    "field_missing", "a value that invoices of this kind are booked by was not found",
        "the document, for the field named by `field`";
    "confidence_low", "a value of the header is not sure enough",
        "the place on the page that the field's `source` names";
    "joint_confidence_low",
        "all values of the header are right together with less than `extract.review_below`",
        "the header's values, the least sure first";
    "check_failed", "a sum, check digit or order of dates does not hold",
        "the check in `checks`, and the fields that it names";
    "page_confidence_low", "a page was read with a mean confidence below 0.8",
        "the page's image; a better scan may help";
    "duplicate_invoice", "an earlier document says the invoice of the same seller, number, date and total",
        "the other document, whose id is `document`; book one of them";
    "einvoice_differs", "the page surely shows another value than the e-invoice's XML",
        "both, before anything is paid: `field` and `message` say which";
    "einvoice_unreadable", "an XML file inside the PDF is no invoice, or damaged",
        "the fields, which are all the page's";
    "einvoice_value_unreadable", "the XML states a term in a form that is none",
        "the field named by `message`";
    "einvoice_lines_cut", "more lines than a result can hold",
        "the document, for the lines that are left out";

    // Why a receiver of a webhook has not answered.
    SENDINGS:
    "unresolved", "no name server knows the host, or none answered in time",
        "the URL, and the name servers of the gateway";
    "address_refused", "the URL, or an address of its host, is not called",
        "whether it is public; else `webhooks.allowed_networks` and `webhooks.ports`";
    "plain_http", "the URL is http", "whether the receiver takes https; else `webhooks.plain_http`";
    "not_connected", "nobody took the connection, or it broke",
        "whether the receiver runs, and the firewalls between";
    "tls_failed", "the receiver's certificate is not good, or it does not speak TLS",
        "the certificate: its name, its end, who signed it; else `webhooks.tls_ca`";
    "timed_out", "no answer within `webhooks.timeout_seconds`",
        "whether the receiver answers first and works afterwards";
    "answer_unreadable", "what was answered is not HTTP, or its head is too long",
        "what listens at that port";
    "event_gone", "the event expired, or was removed with its document",
        "the document's status: `GET /api/v1/invoices/{id}`";
}

/// All codes of stages.
pub(super) fn failures() -> impl Iterator<Item = &'static Failure> {
    [REJECTED, TRANSIENT, INTERNAL, LOST].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let codes: Vec<_> =
            failures().map(|f| f.code).chain(REASONS.iter().map(|r| r.code)).collect();
        let codes: Vec<_> = codes.into_iter().chain(SENDINGS.iter().map(|r| r.code)).collect();
        let legal = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(codes.iter().all(|code| code.chars().all(legal)), "{codes:?}");
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }
}
