//! `POST /api/v1/process-invoice`

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Query, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use common::jetstream::intake::Accepted;

use crate::callback;
use crate::caller::{Caller, DocumentsWrite, May};
use crate::error::ApiError;
use crate::intake;
use crate::layer::correlation::CorrelationId;
use crate::openapi::{Refusals, TooOften};
use crate::problem::Problem;
use crate::state::App;
use crate::upload::{self, Body, Document};
use crate::view;

/// What the query may say.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Name of a bare body; goes before `Content-Disposition`.
    filename: Option<String>,
    /// Tesseract language codes in order of preference, at most four; the configured ones if
    /// absent. Another choice makes another id.
    #[param(example = "fra+eng")]
    languages: Option<String>,
    /// Where to send the event that tells how the document ended; goes before the form's field. The caller's
    /// webhook for addresses that uploads bring (`uploads: true`) signs it.
    #[param(example = "https://example.org/invoices")]
    callback_url: Option<String>,
}

/// The form of a multipart upload.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form; the body is read as a stream")]
struct UploadForm {
    /// The document. Fields of other names are skipped.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// Where to send the event that tells how the document ended.
    callback_url: Option<String>,
}

/// A document by itself, as its `Content-Type` says.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the body; it is read as a stream")]
struct BareDocument(Vec<u8>);

/// Takes a document and answers at once with its id
///
/// What the document is, its first bytes decide. It is on disk, and its first job is queued, before
/// the answer is sent. The same content with the same options has the same id and is read once, so
/// that a repeated upload is harmless; an `Idempotency-Key` is taken and adds nothing to that: it is
/// not stored, and using it again with another document is not noticed.
#[utoipa::path(
    post,
    path = "/api/v1/process-invoice",
    tag = "invoices",
    params(
        Choice,
        ("Idempotency-Key" = Option<String>, Header, description = "Taken, not stored: equal \
            content is idempotent by itself"),
        ("X-Request-Id" = Option<String>, Header, description = "Correlation id: 1 to 128 of \
            letters, digits, `.`, `_`, `-`; made up if absent, and in the answer"),
    ),
    request_body(
        description = "A PDF, JPEG, PNG or e-invoice in XML: in the form field `file`, or as it is",
        content(
            (UploadForm = "multipart/form-data"),
            (BareDocument = "application/pdf"),
            (BareDocument = "image/jpeg"),
            (BareDocument = "image/png"),
            (BareDocument = "application/xml"),
            (BareDocument = "application/octet-stream"),
        ),
    ),
    responses(
        (
            status = 202,
            description = "Taken",
            body = view::Accepted,
            headers(("Location" = String, description = "Address of its status")),
        ),
        (
            status = 200,
            description = "Known from an earlier upload",
            body = view::Accepted,
            headers(("Location" = String, description = "Address of its status")),
        ),
        (
            status = 400,
            description = "The query or the multipart body cannot be read, or it ended early",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 408,
            description = "The upload took too long",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 413,
            description = "Too many bytes",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 415,
            description = "Not a PDF, JPEG, PNG or XML; or its Content-Type or -Encoding does not fit",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "No file, an empty or damaged one, too many pixels, unusable languages, an \
                address to call back that is not called",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 503,
            description = "No room, or the broker is away; come back after `Retry-After` seconds",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:write"]), ("bearer" = ["documents:write"])),
)]
pub(crate) async fn process_invoice(
    State(app): State<Arc<App>>,
    caller: May<DocumentsWrite>,
    Extension(correlation): Extension<CorrelationId>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let mut body = Body::new(&parts.headers, body);
    let outcome = take_in(&app, caller.0, correlation, &parts, &mut body).await;
    body.linger().await;
    outcome.map(|accepted| answer(&accepted))
}

async fn take_in(
    app: &App,
    caller: Caller,
    correlation: CorrelationId,
    parts: &Parts,
    body: &mut Body,
) -> Result<Accepted, ApiError> {
    let Query(choice) =
        Query::<Choice>::try_from_uri(&parts.uri).map_err(|_| ApiError::QueryInvalid)?;
    let languages = choice.languages.as_deref().map(upload::parse_languages).transpose()?;
    // A waiting upload costs a connection and no memory: its body is not read yet.
    let permit = tokio::time::timeout(app.accept_patience(), app.uploads.acquire()).await;
    let _permit = permit.ok().and_then(Result::ok).ok_or_else(|| ApiError::TooManyUploads {
        limit: app.config.gateway.max_concurrent_uploads as u64,
    })?;
    let document = read_in_time(app, parts, body, choice.filename.as_deref()).await?;
    let callback = choice.callback_url.or_else(|| document.callback_url.clone());
    let callback = match callback {
        Some(url) => Some(callback::looked_at(app, &caller.tenant, &url).await?),
        None => None,
    };
    let languages = languages.unwrap_or_default();
    let accepted = intake::accept(app, &caller, &correlation, document, &languages).await?;
    if let Some(url) = callback {
        callback::order(app, &caller.tenant, &accepted.record.id, &url).await?;
    }
    Ok(accepted)
}

async fn read_in_time(
    app: &App,
    parts: &Parts,
    body: &mut Body,
    named: Option<&str>,
) -> Result<Document, ApiError> {
    let settings = &app.config.gateway;
    let limit_seconds = settings.upload_timeout_seconds;
    let read =
        upload::read(parts, &mut *body, named, settings.max_upload_bytes, &app.config.limits);
    let in_time = tokio::time::timeout(Duration::from_secs(limit_seconds), read).await;
    in_time.unwrap_or_else(|_| Err(ApiError::UploadTimeout { limit_seconds, seen: body.seen() }))
}

fn answer(accepted: &Accepted) -> Response {
    let status = if accepted.new { StatusCode::ACCEPTED } else { StatusCode::OK };
    intake::answer(status, &accepted.record)
}
