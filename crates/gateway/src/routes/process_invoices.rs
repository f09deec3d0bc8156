//! `POST /api/v1/process-invoices`

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Query, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use common::id::DocumentId;
use common::idempotency::Told;

use crate::caller::{Caller, DocumentsWrite, May};
use crate::error::ApiError;
use crate::idempotency::{self, Run};
use crate::intake;
use crate::layer::correlation::CorrelationId;
use crate::openapi::{InUse, Named, NoRoom, Refusals, TooOften};
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
    /// Where the document stood.
    #[serde(skip)]
    state: Option<common::status::State>,
}

/// Takes many documents in one request
///
/// As the files of a form, or as a ZIP archive. Each is taken or refused by itself, as if it had come alone,
/// and is on disk before the answer is sent; the answer says for each what became of it. Folders, and what
/// macOS puts beside files, are left out of an archive; archives in it are not unpacked. With an
/// `Idempotency-Key` the same batch is answered as it was the first time, unless that was interrupted.
#[utoipa::path(
    post,
    path = "/api/v1/process-invoices",
    tag = "invoices",
    params(
        Choice,
        Named,
        (
            "X-Request-Id" = Option<String>,
            Header,
            description = "Correlation id of all of them",
            example = "post-2026-11-27",
        ),
    ),
    request_body(
        description = "Documents in fields `file`, or a ZIP archive",
        content((BatchForm = "multipart/form-data"), (ZippedDocuments = "application/zip")),
    ),
    responses(
        (
            status = 200,
            description = "What became of each",
            body = Batch,
            headers(
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
            description = "Neither a form nor a ZIP archive",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "No file, too many, or an archive that cannot be unpacked; unusable languages; an \
                           Idempotency-Key that was used for another request",
            body = Problem,
            content_type = "application/problem+json",
        ),
        NoRoom,
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
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let mut body = Body::new(&parts.headers, body);
    let outcome = take_in(&app, &caller, &correlation, &parts, &mut body).await;
    body.linger().await;
    outcome.map(|(batch, replayed)| idempotency::marked(Json(batch).into_response(), replayed))
}

/// What became of each document, and whether that was said before.
async fn take_in(
    app: &App,
    caller: &Caller,
    correlation: &CorrelationId,
    parts: &Parts,
    body: &mut Body,
) -> Result<(Batch, bool), ApiError> {
    let key = idempotency::key(&parts.headers)?;
    let Query(choice) =
        Query::<Choice>::try_from_uri(&parts.uri).map_err(|_| ApiError::QueryInvalid)?;
    let languages = choice.languages.as_deref().map(upload::parse_languages).transpose()?;
    let languages = languages.unwrap_or_default();
    // Before a place is free: a repetition of what is under way would wait for just that.
    let mut run = Run::begin(app, caller, key.as_ref(), &languages).await?;
    let _permit = match app.batch().await {
        Ok(permit) => permit,
        Err(error) => return Err(run.stopped(error).await),
    };
    let settings = &app.config.gateway;
    let bounds = BatchBounds {
        file_bytes: settings.max_upload_bytes,
        bytes: settings.max_batch_bytes,
        files: settings.max_batch_files,
        patience: Duration::from_secs(settings.upload_timeout_seconds),
    };
    let mut batch = Batch::default();
    let mut documents = match upload::Batch::open(parts, body, bounds).await {
        Ok(documents) => documents,
        Err(error) => return Err(run.stopped(error).await),
    };
    let stopped = loop {
        let part = match documents.next(&app.config.limits).await {
            Ok(Some(part)) => part,
            Ok(None) => return run.finish(&batch.told()).await.map(|replayed| (batch, replayed)),
            Err(stopped) => break stopped,
        };
        run.saw(&part).await;
        let taken = match part.document {
            Ok(document) => match run.earlier(batch.items.len()) {
                Some(told) => Ok((told?, document.id(&caller.tenant, &languages))),
                None => {
                    let taken = intake::accept(app, caller, correlation, document, &languages);
                    taken.await.map(|accepted| (intake::told(&accepted), accepted.record.id))
                }
            },
            Err(refused) => Err(refused),
        };
        match taken {
            Ok((told, id)) => batch.took(part.filename, told, &id),
            // What the broker cannot take now, it will not take of the next one either, and each would
            // wait for it.
            Err(error) if error.is_temporary() => break Stopped::Refused(error),
            Err(error) => batch.refused(part.filename, &error),
        }
    };
    drop(documents);
    let repeats = run.repeats();
    let error = run.stopped(stopped.told(body, bounds)).await;
    // Who is told that nothing was taken must be able to rely on it.
    if batch.items.is_empty() || repeats {
        return Err(error);
    }
    batch.interrupted = Some(Problem::from(&error));
    Ok((batch, false))
}

impl Batch {
    /// What is said of each, in short.
    fn told(&self) -> Vec<Told> {
        let told = |item: &Item| Told { status: item.status, state: item.state };
        self.items.iter().map(told).collect()
    }

    fn took(&mut self, filename: Option<String>, told: Told, id: &DocumentId) {
        let Told { status, state } = told;
        let new = status == StatusCode::ACCEPTED.as_u16();
        *(if new { &mut self.accepted } else { &mut self.known }) += 1;
        let document = state.map(|state| view::Accepted::new(id, state));
        self.items.push(Item { filename, status, document, problem: None, state });
    }

    fn refused(&mut self, filename: Option<String>, error: &ApiError) {
        self.refused += 1;
        let problem = Problem::from(error);
        let status = problem.status;
        self.items.push(Item {
            filename,
            status,
            document: None,
            problem: Some(problem),
            state: None,
        });
    }
}
