//! The kinds of problems: code, status, title. Part of the API: add, never rename.

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Stable name.
    pub(crate) code: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// In a few words.
    pub(crate) title: &'static str,
    /// What a client can do.
    pub(crate) remedy: &'static str,
}

macro_rules! kinds {
    ($($name:ident: $status:literal $code:literal, $title:literal, $remedy:literal;)+) => {
        $(pub(crate) const $name: Kind =
            Kind { code: $code, status: $status, title: $title, remedy: $remedy };)+

        /// All of them, by status.
        pub(crate) const ALL: &[&Kind] = &[$(&$name),+];
    };
}

kinds! {
    BAD_REQUEST: 400 "bad_request", "The request cannot be understood",
        "Compare the request with /docs.";
    QUERY_INVALID: 400 "query_invalid", "The query cannot be read",
        "Percent-encode the parameters and give each once.";
    MULTIPART_MALFORMED: 400 "multipart_malformed", "The multipart body is malformed",
        "Let an HTTP library build the multipart body.";
    JSON_MALFORMED: 400 "json_malformed", "The body is not the JSON that is expected",
        "Compare it with the operation at /docs; fields that there are not are refused.";
    UPLOAD_INTERRUPTED: 400 "upload_interrupted", "The upload ended early",
        "Send it again.";
    IDEMPOTENCY_KEY_INVALID: 400 "idempotency_key_invalid", "The Idempotency-Key cannot be used",
        "Send one, of 1 to 255 visible ASCII characters, such as a UUID.";
    CREDENTIALS_MISSING: 401 "credentials_missing", "An API key or a token is needed",
        "Send Authorization: Bearer with a key or a token, or X-API-Key with a key.";
    CREDENTIALS_INVALID: 401 "credentials_invalid", "The API key or the token is not valid",
        "Look whether it is complete and for this service; send one, in one header.";
    CREDENTIALS_EXPIRED: 401 "credentials_expired", "The API key or the token is not valid any more",
        "Ask for a new one.";
    SCOPE_MISSING: 403 "scope_missing", "The API key or the token is not for this",
        "Ask for one with the scope that the detail names.";
    NOT_FOUND: 404 "not_found", "There is no such document",
        "Ids are 64 hexadecimal digits; documents expire after the retention period.";
    PAGES_NEVER_READ: 404 "pages_never_read", "The document has no pages to show",
        "The document's status says why it failed; a replay reads it again.";
    PAGE_NOT_FOUND: 404 "page_not_found", "There is no such page",
        "Pages are numbered from 1; limit is the number of the last one.";
    PAGE_IMAGE_ABSENT: 404 "page_image_absent", "The page has no image",
        "Where image is not null in the list of pages, there is one.";
    WEBHOOK_NOT_FOUND: 404 "webhook_not_found", "There is no such webhook",
        "GET /api/v1/webhooks lists those that there are.";
    DELIVERY_NOT_FOUND: 404 "delivery_not_found", "There is no such delivery",
        "The webhook's deliveries list those that there are; they are kept for 7 days.";
    ROUTE_NOT_FOUND: 404 "route_not_found", "There is nothing at this address",
        "All addresses are listed at /docs.";
    METHOD_NOT_ALLOWED: 405 "method_not_allowed", "The method does not fit the address",
        "The Allow header lists the methods that do.";
    NOT_ACCEPTABLE: 406 "not_acceptable", "The result does not come in that form",
        "Accept application/json, text/csv or application/xml, or name a form: ?format=json, csv, ubl \
         or cii.";
    UPLOAD_TIMEOUT: 408 "upload_timeout", "The upload took too long",
        "Send it again over a faster connection.";
    PAGES_PENDING: 409 "pages_pending", "The pages have not been read yet",
        "Come back after Retry-After seconds, or once the state is completed.";
    RESULT_PENDING: 409 "result_pending", "The document has no result yet",
        "Come back after Retry-After seconds, or once the state is completed.";
    RESULT_FAILED: 409 "result_failed", "The document failed, so it has no result",
        "The detail has the code of the cause, and the document's status more; a replay reads it again.";
    DOCUMENT_UNDER_WAY: 409 "document_under_way", "The document is being read",
        "Wait until its state is completed or failed; it was not begun anew.";
    IDEMPOTENCY_KEY_IN_USE: 409 "idempotency_key_in_use", "A request with this key is under way",
        "Send it again after Retry-After seconds; it is answered then as the first one was.";
    TOO_MANY_WEBHOOKS: 409 "too_many_webhooks", "There are too many webhooks",
        "Remove one, or have one receiver hand events on.";
    UPLOADS_WEBHOOK_EXISTS: 409 "uploads_webhook_exists", "There is a webhook for uploads already",
        "Change that one, or exchange its secret.";
    EVENT_GONE: 410 "event_gone", "The event is kept no longer",
        "Ask for the document's status; events are kept for 7 days, and not after a removal.";
    PAGES_EXPIRED: 410 "pages_expired", "The pages are kept no longer",
        "Words and images live for retention.work_hours, or until others need the room; the result, \
         which says where on the pages its fields stand, lives longer.";
    ORIGINAL_EXPIRED: 410 "original_expired", "The uploaded file is kept no longer",
        "Send the document again; uploads live for retention.uploads_hours, or until others need the room.";
    RESULT_CHANGED: 412 "result_changed", "The result is another one by now",
        "Read the result again, look whether the correction still makes sense, and send it with the new ETag.";
    DOCUMENT_TOO_LARGE: 413 "document_too_large", "The document is too large",
        "Split it, or scan at a lower resolution.";
    BODY_TOO_LARGE: 413 "body_too_large", "The body is too large",
        "Compare it with the operation at /docs.";
    BATCH_TOO_LARGE: 413 "batch_too_large", "The batch is too large",
        "Send its documents in several batches.";
    CORRECTION_TOO_LARGE: 413 "correction_too_large", "The corrections are too large",
        "Send them in several requests, or give shorter values.";
    UNSUPPORTED_MEDIA_TYPE: 415 "unsupported_media_type", "The document is of another type",
        "Send a PDF, a JPEG, a PNG or an e-invoice in XML; the first bytes decide, names and declared \
         types do not.";
    UNSUPPORTED_CONTENT_TYPE: 415 "unsupported_content_type", "The Content-Type does not fit",
        "Send multipart/form-data with a field named file, or the document itself as \
         application/pdf, image/jpeg, image/png, application/xml or application/octet-stream.";
    NOT_JSON: 415 "not_json", "The body is not declared as JSON",
        "Send it with Content-Type: application/json.";
    UNSUPPORTED_CONTENT_ENCODING: 415 "unsupported_content_encoding", "The body is encoded",
        "Send the document as it is, without Content-Encoding.";
    FILE_MISSING: 422 "file_missing", "There is no file in the form",
        "Put the document into a field named file.";
    TOO_MANY_FILES: 422 "too_many_files", "There are too many files in the batch",
        "Send them in several batches; limit is the number for one.";
    ARCHIVE_DAMAGED: 422 "archive_damaged", "The archive cannot be unpacked",
        "Look whether an archiver opens it; send plain ZIP.";
    ARCHIVE_ENCRYPTED: 422 "archive_encrypted", "The archive needs a password",
        "Send it without one; TLS protects it on the way.";
    ARCHIVE_UNSUPPORTED: 422 "archive_unsupported", "The archive is packed in another way",
        "Pack it with the method deflate, or store, which every archiver has.";
    ARCHIVE_EXPANDS: 422 "archive_expands", "The archive becomes too large when it is unpacked",
        "Send its documents one by one.";
    DOCUMENT_EMPTY: 422 "document_empty", "The document is empty",
        "Look whether the file was written completely.";
    IMAGE_DAMAGED: 422 "image_damaged", "The image's header cannot be read",
        "Look whether an image viewer opens the file.";
    PAGE_TOO_LARGE: 422 "page_too_large", "The image has too many pixels",
        "Scan at a lower resolution: 300 DPI is enough.";
    EXPORT_INCOMPLETE: 422 "export_incomplete", "The result is no whole invoice of EN 16931",
        "The gaps name what is missing or does not fit; ask with partial=true for the rest, or for JSON or \
         CSV.";
    CORRECTION_INVALID: 422 "correction_invalid", "The result cannot be corrected like this",
        "The detail names the field and what it may be; docs/corrections.md lists all of them.";
    PARAMETER_INVALID: 422 "parameter_invalid", "A parameter of the query cannot be used",
        "The detail names it and what it may be; percent-encode the plus sign of a time as %2B.";
    FIELD_INVALID: 422 "field_invalid", "A field of the body cannot be used",
        "The detail names it and what it may be.";
    URL_REFUSED: 422 "url_refused", "The URL is not called",
        "The detail says why. Addresses that are not public have to be allowed by the operator, in webhooks.allowed_networks.";
    UPLOADS_WEBHOOK_MISSING: 422 "uploads_webhook_missing", "There is nothing to sign the callback with",
        "Make a webhook with uploads: true once; its secret signs what is sent to addresses that uploads bring.";
    CURSOR_INVALID: 422 "cursor_invalid", "The cursor is not of this list",
        "Take next_cursor as it was given, with the same filters, or begin anew without one.";
    IDEMPOTENCY_KEY_REUSED: 422 "idempotency_key_reused", "The key was used for another request",
        "Give each request a key of its own, and repeat it only with the same document, name and parameters.";
    LANGUAGES_INVALID: 422 "languages_invalid", "The languages cannot be used",
        "Name up to four Tesseract languages, as in ?languages=fra+eng.";
    PRECONDITION_MISSING: 428 "precondition_missing", "The request has to say which result it corrects",
        "Send the ETag of the result that was read as If-Match, or * for whichever there is.";
    TOO_MANY_REQUESTS: 429 "too_many_requests", "Too many requests",
        "Come back after Retry-After seconds, and ask less often.";
    QUOTA_EXHAUSTED: 429 "quota_exhausted", "The quota of the day is used up",
        "Come back after Retry-After seconds, when the next day of UTC has begun, or ask the operator for more; \
         GET /api/v1/quota says what is left.";
    TOO_MANY_FOLLOWED: 429 "too_many_followed", "Too many documents are followed at once",
        "Close some event streams, or follow documents with the events of the broker.";
    INTERNAL: 500 "internal", "Something is wrong on our side",
        "The log has more under the X-Request-Id of the answer.";
    TOO_MANY_CONNECTIONS: 503 "too_many_connections", "Too many connections",
        "Come back after Retry-After seconds, and use connections for more than one request.";
    TOO_MANY_UPLOADS: 503 "too_many_uploads", "Too many uploads at once",
        "Send it again after Retry-After seconds.";
    TOO_MANY_PAGE_READS: 503 "too_many_page_reads", "Pages of too many documents at once",
        "Ask again after Retry-After seconds.";
    TOO_MANY_FOLLOWERS: 503 "too_many_followers", "Too many clients follow documents",
        "Ask again after Retry-After seconds, or ask for the status without waiting.";
    LIST_BEHIND: 503 "list_behind", "The list of documents is not complete",
        "Ask again after Retry-After seconds: the service has just started, or the broker does not \
         answer.";
    BROKER_FULL: 503 "broker_full", "There is no room for more documents",
        "Send it again after Retry-After seconds; the detail says what is full.";
    BROKER_AWAY: 503 "broker_away", "The broker does not answer",
        "Send it again after Retry-After seconds; a document that was taken after all is \
         recognised.";
    NOT_READY: 503 "not_ready", "The service is not ready",
        "Wait; the detail says what is missing.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let codes: BTreeSet<_> = ALL.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), ALL.len());
        let legal = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(codes.iter().all(|code| code.chars().all(legal)), "{codes:?}");
    }
}
