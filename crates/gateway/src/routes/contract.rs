//! `GET /contract/…`: what clients rely on, for programs. References between the files hold here as they do in the
//! repository.

use axum::http::{HeaderName, header};

use crate::openapi::{RESULT_SCHEMA, TooOften};

/// Schema of the body of `invoice.failed`.
const FAILED_SCHEMA: &str = include_str!("../../../../contract/invoice-failed.schema.json");

/// Schema of the body of `invoice.corrected`.
const CORRECTED_SCHEMA: &str = include_str!("../../../../contract/invoice-corrected.schema.json");

/// The description of the events.
const EVENTS: &str = include_str!("../../../../contract/asyncapi.yaml");

/// A file, and what it is.
type File = ([(HeaderName, &'static str); 1], &'static str);

const fn file(media_type: &'static str, text: &'static str) -> File {
    ([(header::CONTENT_TYPE, media_type)], text)
}

/// Schema of a result, and of the event that publishes it
#[utoipa::path(
    get,
    path = "/contract/invoice-extracted.schema.json",
    tag = "invoices",
    responses(
        (
            status = 200,
            description = "JSON Schema, draft 2020-12",
            body = Object,
            content_type = "application/schema+json",
        ),
        TooOften,
    ),
)]
pub(crate) async fn contract() -> File {
    file("application/schema+json", RESULT_SCHEMA)
}

/// Schema of the event that says why a document could not be read
#[utoipa::path(
    get,
    path = "/contract/invoice-failed.schema.json",
    tag = "invoices",
    responses(
        (
            status = 200,
            description = "JSON Schema, draft 2020-12",
            body = Object,
            content_type = "application/schema+json",
        ),
        TooOften,
    ),
)]
pub(crate) async fn failed() -> File {
    file("application/schema+json", FAILED_SCHEMA)
}

/// Schema of the event that says what a person put right
#[utoipa::path(
    get,
    path = "/contract/invoice-corrected.schema.json",
    tag = "invoices",
    responses(
        (
            status = 200,
            description = "JSON Schema, draft 2020-12",
            body = Object,
            content_type = "application/schema+json",
        ),
        TooOften,
    ),
)]
pub(crate) async fn corrected() -> File {
    file("application/schema+json", CORRECTED_SCHEMA)
}

/// What is published at the broker for other services
#[utoipa::path(
    get,
    path = "/contract/asyncapi.yaml",
    tag = "invoices",
    responses(
        (
            status = 200,
            description = "AsyncAPI 3",
            body = serde_json::Value,
            content_type = "application/yaml",
        ),
        TooOften,
    ),
)]
pub(crate) async fn events() -> File {
    file("application/yaml", EVENTS)
}
