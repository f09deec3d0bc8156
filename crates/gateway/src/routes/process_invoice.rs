//! `POST /api/v1/process-invoice`

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Query, Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use common::jetstream::intake::Accepted;

use crate::callback;
use crate::caller::{Caller, DocumentsWrite, May};
use crate::error::ApiError;
use crate::idempotency::{self, Claim};
use crate::intake;
use crate::layer::correlation::CorrelationId;
use crate::openapi::{InUse, Named, NoRoom, Refusals, TooOften};
use crate::problem::Problem;
use crate::state::App;
use crate::upload::{self, Body, Document};
use crate::view;

/// What tells an upload from other requests under the same key.
const OPERATION: &str = "process-invoice";

/// What the query may say.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Name of a bare body; goes before `Content-Disposition`.
    #[param(example = "invoice.pdf")]
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
/// that a repeated upload is harmless. With an `Idempotency-Key` it is also answered as it was the first
/// time, and does not bring back a document that was deleted since.
#[utoipa::path(
    post,
    path = "/api/v1/process-invoice",
    tag = "invoices",
    params(
        Choice,
        Named,
        (
            "X-Request-Id" = Option<String>,
            Header,
            description = "Correlation id: 1 to 128 of letters, digits, `.`, `_`, `-`; made up if \
                           absent, and in the answer",
            example = "order-7",
        ),
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
            headers(
                ("Location" = String, description = "Address of its status"),
                ("Idempotency-Replayed" = bool, description = "Of an answer that was given before"),
            ),
        ),
        (
            status = 200,
            description = "Known from an earlier upload",
            body = view::Accepted,
            headers(
                ("Location" = String, description = "Address of its status"),
                ("Idempotency-Replayed" = bool, description = "Of an answer that was given before"),
            ),
        ),
        (
            status = 400,
            description = "Query, multipart body or Idempotency-Key cannot be read, or the body ended early",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 408,
            description = "The upload took too long",
            body = Problem,
            content_type = "application/problem+json",
        ),
        InUse,
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
            description = "No file, an empty or damaged one, too many pixels, unusable languages, an address to \
                           call back that is not called, or an Idempotency-Key that was used for another request",
            body = Problem,
            content_type = "application/problem+json",
        ),
        NoRoom,
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
    outcome
}

async fn take_in(
    app: &App,
    caller: Caller,
    correlation: CorrelationId,
    parts: &Parts,
    body: &mut Body,
) -> Result<Response, ApiError> {
    let key = idempotency::key(&parts.headers)?;
    let Query(choice) =
        Query::<Choice>::try_from_uri(&parts.uri).map_err(|_| ApiError::QueryInvalid)?;
    let languages = choice.languages.as_deref().map(upload::parse_languages).transpose()?;
    let languages = languages.unwrap_or_default();
    // A waiting upload costs a connection and no memory: its body is not read yet.
    let permit = tokio::time::timeout(app.accept_patience(), app.uploads.acquire()).await;
    let _permit = permit.ok().and_then(Result::ok).ok_or_else(|| ApiError::TooManyUploads {
        limit: app.config.gateway.max_concurrent_uploads as u64,
    })?;
    let document = read_in_time(app, parts, body, choice.filename.as_deref()).await?;
    let asked_back = choice.callback_url.or_else(|| document.callback_url.clone());
    let Some(key) = key else {
        let taken = accept(app, &caller, &correlation, document, &languages, asked_back).await?;
        return Ok(intake::answer(intake::told(&taken), &taken.record.id));
    };
    let id = document.id(&caller.tenant, &languages);
    let mut asked = key.fingerprint(&caller.tenant);
    let filename = document.filename.as_deref().unwrap_or_default();
    let callback = asked_back.as_deref().unwrap_or_default();
    for part in [OPERATION, id.as_str(), filename, callback] {
        asked.add(part.as_bytes());
    }
    let request = asked.finish();
    let held = match idempotency::claim(app, &caller, &key, Some(&request), None).await? {
        Claim::Mine(held) => held,
        Claim::Answered { told, .. } => return idempotency::replayed(&told, &id),
    };
    let taken = accept(app, &caller, &correlation, document, &languages, asked_back).await;
    let told = taken.map(|accepted| intake::told(&accepted));
    held.conclude(request, told.as_ref().map(|told| vec![*told])).await;
    told.map(|told| intake::answer(told, &id))
}

/// Takes the document in, and notes where its end is to be told.
async fn accept(
    app: &App,
    caller: &Caller,
    correlation: &CorrelationId,
    document: Document,
    languages: &[String],
    asked_back: Option<String>,
) -> Result<Accepted, ApiError> {
    let callback = match asked_back {
        Some(url) => Some(callback::looked_at(app, &caller.tenant, &url).await?),
        None => None,
    };
    let accepted = intake::accept(app, caller, correlation, document, languages).await?;
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
