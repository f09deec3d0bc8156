//! `GET /api/v1/invoices/{id}/result`

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use common::id::{ContentHash, DocumentId};
use export::{Export, ExportError, Format};

use crate::caller::{DocumentsRead, May};
use crate::conditional::ETag;
use crate::error::ApiError;
use crate::openapi::{Absent, OfDocument, Refusals, Silent, Tagged, TooOften};
use crate::problem::Problem;
use crate::representation::{self, Form};
use crate::retained::{self, Version};
use crate::state::App;
use crate::view::InvoiceExtracted;

/// Revision of what is written of the same result. Raise it with the `export` crate: a client would keep
/// the old form for as long as the tag stays.
const REVISION: u32 = 1;

/// A replay may read the document anew, so a client asks again, and is told when nothing changed.
const CACHING: &str = "private, no-cache";

/// What the query may say.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Choice {
    /// The form; counts before `Accept`
    #[param(inline, example = "ubl")]
    format: Option<Form>,
    /// `original` for the result as it was read, whatever people put right in it
    #[serde(default)]
    #[param(inline, required = false)]
    version: Version,
    /// UBL and CII also of a result that does not give all that EN 16931 asks for
    #[serde(default)]
    #[param(required = false, example = true)]
    partial: bool,
}

/// The result alone: as JSON, or as a file for other programs
///
/// As it was published, or with what people put right in it since.
///
/// CSV has one row for each line of the invoice. UBL 2.1 and CII D16B follow EN 16931: nothing is made up
/// that the document does not state, so of many documents they are incomplete, and answered with
/// `export_incomplete` and what is missing unless `partial=true` asks for the rest.
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{id}/result",
    tag = "invoices",
    params(
        OfDocument,
        Choice,
        (
            "Accept" = Option<String>,
            Header,
            description = "Media types of the answer, see 200",
            example = "text/csv",
        ),
        Tagged,
    ),
    responses(
        (
            status = 200,
            description = "The result",
            content(
                (InvoiceExtracted = "application/json"),
                (String = "text/csv"),
                (String = "application/xml"),
                (String = "application/vnd.invoice-ocr.ubl+xml"),
                (String = "application/vnd.invoice-ocr.cii+xml"),
            ),
            headers(
                ("ETag" = String, description = "Changes with the answer"),
                ("Content-Disposition" = String, description = "A name for the file, made of the id"),
            ),
        ),
        (status = 304, description = "As the client has it"),
        (
            status = 400,
            description = "The query cannot be read",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Absent,
        (
            status = 406,
            description = "No form that the client accepts",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "No result: it is under way, come back after `Retry-After` seconds; or it \
                failed, without `Retry-After`",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "The result is no whole invoice of EN 16931; `gaps` says why",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:read"]), ("bearer" = ["documents:read"])),
)]
pub(crate) async fn result(
    State(app): State<Arc<App>>,
    caller: May<DocumentsRead>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound)?;
    let record = retained::status(&app, &caller, &id).await?;
    let Query(choice) = Query::<Choice>::try_from_uri(&uri).map_err(|_| ApiError::QueryInvalid)?;
    let chosen = representation::choose(choice.format, &headers)?;
    let result = retained::result(&record, choice.version)?;
    let json = result.0.get();
    let Some(format) = chosen.form.exported() else {
        let tag = json_tag(json);
        if tag.is_known_to(&headers) {
            return Ok(varying(tag.not_modified(CACHING)));
        }
        retained::handed_out(&app, &caller, &record.id);
        return Ok(json_answer(&record.id, json));
    };
    let tag =
        tag(json, &format!("{format}{}-{REVISION}", if choice.partial { "-partial" } else { "" }));
    if tag.is_known_to(&headers) {
        return Ok(varying(tag.not_modified(CACHING)));
    }
    let export = written(&record.id, json.to_owned(), format).await?;
    if !export.is_complete() && !choice.partial {
        return Err(ApiError::ExportIncomplete { form: format, gaps: export.gaps });
    }
    retained::handed_out(&app, &caller, &record.id);
    let file = answer(&record.id, chosen.media_type, format.extension(), export.text);
    Ok(tag.on(CACHING, file))
}

/// The result as JSON, under its tag.
pub(super) fn json_answer(id: &DocumentId, json: &str) -> Response {
    json_tag(json).on(CACHING, answer(id, "application/json", "json", json.to_owned()))
}

/// The tag of a result as JSON, which names it for who wants to put it right.
pub(super) fn json_tag(json: &str) -> ETag {
    tag(json, "json")
}

/// The tag of this `form` of the result `json`.
fn tag(json: &str, form: &str) -> ETag {
    let hash = ContentHash::of(json.as_bytes());
    ETag::new(&format!("{}-{form}", hash.as_str().trim_start_matches("blake3:")))
}

/// Thousands of lines take long enough to hold up every other task of this thread.
async fn written(id: &DocumentId, json: String, format: Format) -> Result<Export, ApiError> {
    let written = tokio::task::spawn_blocking(move || export::export(&json, format)).await;
    let written = written.map_err(|_| ApiError::Internal)?;
    written.map_err(|error: ExportError| {
        tracing::error!(invoice.id = %id, %error, "a result cannot be exported");
        ApiError::Internal
    })
}

/// A file whose name is made of the document's id alone.
fn answer(id: &DocumentId, media_type: &'static str, extension: &str, text: String) -> Response {
    let mut answer = text.into_response();
    let described = answer.headers_mut();
    described.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    // An id is of hexadecimal digits.
    let name = format!("attachment; filename=\"invoice-{id}.{extension}\"");
    if let Ok(name) = HeaderValue::try_from(name) {
        described.insert(header::CONTENT_DISPOSITION, name);
    }
    varying(answer)
}

/// Caches go by what the client accepts.
fn varying(mut answer: Response) -> Response {
    answer.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    answer
}
