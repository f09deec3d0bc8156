//! `POST /api/v1/process-invoices`

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Query, Request, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::{Caller, DocumentsWrite, May};
use crate::error::ApiError;
use crate::intake;
use crate::layer::correlation::CorrelationId;
use crate::openapi::{Refusals, TooOften};
use crate::problem::Problem;
use crate::state::App;
use crate::upload::{self, BatchBounds, Body, Stopped};
use crate::view;

/// What the query may say.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Tesseract language codes for every document, as for a single upload.
    #[param(example = "fra+eng")]
    languages: Option<String>,
}

/// The form of a batch.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form; the body is read as a stream")]
struct BatchForm {
    /// The documents, each in a field of this name. Other fields are skipped.
    #[schema(value_type = Vec<String>, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<Vec<u8>>,
}

/// A ZIP archive of documents.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the body; it is read as a stream")]
struct ZippedDocuments(Vec<u8>);

/// What became of a batch.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Batch {
    /// Its documents, in the order in which they came.
    items: Vec<Item>,
    /// How many were taken.
    accepted: u64,
    /// How many were known from an earlier upload.
    known: u64,
    /// How many were refused, each with its reason.
    refused: u64,
    /// Why the batch was not read to its end; what was taken before is taken. Sending all of it again is
    /// harmless.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    interrupted: Option<Problem>,
}

/// What became of one document of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Item {
    /// The client's name for it, cleaned.
    #[schema(required)]
    filename: Option<String>,
    /// What a single upload of it would have been answered with: 202, 200 or an error's status.
    #[schema(example = 202)]
    status: u16,
    /// The document, if it was taken or known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    document: Option<view::Accepted>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<Problem>,
}

/// Takes many documents in one request
///
/// As the files of a form, or as a ZIP archive. Each is taken or refused by itself, as if it had come alone,
/// and is on disk before the answer is sent; the answer says for each what became of it. Folders, and what
/// macOS puts beside files, are left out of an archive; archives in it are not unpacked.
#[utoipa::path(
    post,
    path = "/api/v1/process-invoices",
    tag = "invoices",
    params(
        Choice,
        ("X-Request-Id" = Option<String>, Header, description = "Correlation id of all of them"),
    ),
    request_body(
        description = "Documents in fields `file`, or a ZIP archive",
        content((BatchForm = "multipart/form-data"), (ZippedDocuments = "application/zip")),
    ),
    responses(
        (status = 200, description = "What became of each", body = Batch),
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
            description = "Neither a form nor a ZIP archive",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "No file, too many, or an archive that cannot be unpacked; unusable languages",
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
pub(crate) async fn process_invoices(
    State(app): State<Arc<App>>,
    caller: May<DocumentsWrite>,
    Extension(correlation): Extension<CorrelationId>,
    request: Request,
) -> Result<Json<Batch>, ApiError> {
    let (parts, body) = request.into_parts();
    let mut body = Body::new(&parts.headers, body);
    let outcome = take_in(&app, &caller, &correlation, &parts, &mut body).await;
    body.linger().await;
    outcome.map(Json)
}

async fn take_in(
    app: &App,
    caller: &Caller,
    correlation: &CorrelationId,
    parts: &Parts,
    body: &mut Body,
) -> Result<Batch, ApiError> {
    let Query(choice) =
        Query::<Choice>::try_from_uri(&parts.uri).map_err(|_| ApiError::QueryInvalid)?;
    let languages = choice.languages.as_deref().map(upload::parse_languages).transpose()?;
    let languages = languages.unwrap_or_default();
    let _permit = app.batch().await?;
    let settings = &app.config.gateway;
    let bounds = BatchBounds {
        file_bytes: settings.max_upload_bytes,
        bytes: settings.max_batch_bytes,
        files: settings.max_batch_files,
        patience: Duration::from_secs(settings.upload_timeout_seconds),
    };
    let mut batch = Batch::default();
    let mut documents = upload::Batch::open(parts, body, bounds).await?;
    let stopped = loop {
        let part = match documents.next(&app.config.limits).await {
            Ok(Some(part)) => part,
            Ok(None) => return Ok(batch),
            Err(stopped) => break stopped,
        };
        let taken = match part.document {
            Ok(document) => intake::accept(app, caller, correlation, document, &languages).await,
            Err(refused) => Err(refused),
        };
        match taken {
            Ok(accepted) => batch.took(part.filename, &accepted),
            // What the broker cannot take now, it will not take of the next one either, and each would
            // wait for it.
            Err(error) if error.is_temporary() => break Stopped::Refused(error),
            Err(error) => batch.refused(part.filename, &error),
        }
    };
    drop(documents);
    let error = stopped.told(body, bounds);
    // Who is told that nothing was taken must be able to rely on it.
    if batch.items.is_empty() {
        return Err(error);
    }
    batch.interrupted = Some(Problem::from(&error));
    Ok(batch)
}

impl Batch {
    fn took(&mut self, filename: Option<String>, accepted: &common::jetstream::intake::Accepted) {
        let status = if accepted.new { 202 } else { 200 };
        *(if accepted.new { &mut self.accepted } else { &mut self.known }) += 1;
        let document = Some(view::Accepted::from(&accepted.record));
        self.items.push(Item { filename, status, document, problem: None });
    }

    fn refused(&mut self, filename: Option<String>, error: &ApiError) {
        self.refused += 1;
        let problem = Problem::from(error);
        let status = problem.status;
        self.items.push(Item { filename, status, document: None, problem: Some(problem) });
    }
}
