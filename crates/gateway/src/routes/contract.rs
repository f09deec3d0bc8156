//! `GET /contract/invoice-extracted.schema.json`

use axum::http::{HeaderName, header};

use crate::openapi::{RESULT_SCHEMA, TooOften};

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
pub(crate) async fn contract() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/schema+json")], RESULT_SCHEMA)
}
