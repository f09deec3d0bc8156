//! `PATCH /api/v1/invoices/{id}/result`

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;
use utoipa::ToSchema;

use common::audit::{Action, AuditRecord, Outcome};
use common::correction::Wanted;
use common::id::DocumentId;
use common::jetstream::corrections::Corrected;
use common::jetstream::publish::Unpublished;
use common::status::StatusRecord;

use super::result::{json_answer, json_tag};
use crate::caller::{DocumentsCorrect, May};
use crate::error::ApiError;
use crate::json;
use crate::openapi::{Absent, OfDocument, Refusals, TooOften};
use crate::parameter;
use crate::problem::Problem;
use crate::retained::{self, Version};
use crate::state::App;
use crate::upload::Body;
use crate::view::InvoiceExtracted;

/// Bytes of a request: two hundred values, most of them short, as JSON.
const MAX_BODY_BYTES: u64 = 64 * 1024;

/// Longest time for them.
const BODY_SECONDS: u64 = 10;

/// What is to be put right. Describes the request; the request itself is read by `common::correction`.
#[derive(ToSchema)]
#[schema(
    as = CorrectionsWanted,
    example = json!({"corrections": [{"field": "number", "value": "2026-0042"}], "reviewed": true})
)]
#[expect(dead_code, reason = "describes a request that is read elsewhere")]
pub(crate) struct Wish {
    /// Values, each at most once.
    #[schema(required = false, max_items = 200)]
    corrections: Vec<WishedValue>,
    /// Whether a person has looked at everything: no reason for a review is left then.
    #[schema(required = false)]
    reviewed: bool,
}

/// A value and what it has to be.
#[derive(ToSchema)]
#[schema(as = CorrectedValue)]
#[expect(dead_code, reason = "describes a request that is read elsewhere")]
pub(crate) struct WishedValue {
    /// Dotted path below `invoice`; `lines.0.quantity` is of the first line, and the number after the last line adds
    /// one. The same for `tax_breakdown` and `charges`.
    #[schema(example = "totals.gross")]
    field: String,
    /// As the result has it: a text, a day, a decimal as text; null when the document does not state it.
    #[schema(value_type = Option<String>, required, example = "120.00")]
    value: Value,
}

/// Puts values of a result right
///
/// From then on the result, its exports and the document's status say so, and an `invoice.corrected` is published. What
/// was read stays readable (`?version=original`), and who put what right when is in
/// `GET /api/v1/invoices/{id}/result/corrections`. All values are taken, or none.
#[utoipa::path(
    patch,
    path = "/api/v1/invoices/{id}/result",
    tag = "invoices",
    params(
        OfDocument,
        (
            "If-Match" = String,
            Header,
            description = "Entity tag of the result that is put right, as JSON; `*` for whichever there is",
            example = "*",
        ),
    ),
    request_body(content = inline(Wish), description = "At most 64 KiB"),
    responses(
        (
            status = 200,
            description = "The result as it is now, also when it said so before",
            body = InvoiceExtracted,
            headers(("ETag" = String, description = "Changes with the answer")),
        ),
        Absent,
        (
            status = 408,
            description = "The body took too long",
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
            status = 412,
            description = "The result is another one by now",
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
            description = "The Content-Type is not application/json",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "Unknown fields, values that they cannot have, or too many; `detail` names the field, \
                `limit` and `value` the limit that was passed",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 428,
            description = "No If-Match",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 503,
            description = "No room, or the broker is away; come back after `Retry-After` seconds. It may be done \
                all the same: read the result before",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:correct"]), ("bearer" = ["documents:correct"])),
)]
pub(crate) async fn correct_result(
    State(app): State<Arc<App>>,
    caller: May<DocumentsCorrect>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let mut body = Body::new(&parts.headers, body);
    let outcome = correct(&app, &caller, id, &parts.headers, &mut body).await;
    body.linger().await;
    outcome
}

async fn correct(
    app: &App,
    caller: &May<DocumentsCorrect>,
    id: Result<Path<String>, PathRejection>,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<Response, ApiError> {
    let id = parameter::document(id)?;
    let done = |outcome| caller.did(Action::Corrected, &id, outcome);
    // Whose it is, before anything else is said about the request.
    if retained::find(app, caller, &id, 0).await?.is_none() {
        app.access.trail().tell_later(done(Outcome::NotFound));
        return Err(ApiError::NotFound);
    }
    if !headers.contains_key(header::IF_MATCH) {
        return Err(ApiError::PreconditionMissing);
    }
    expect_json(headers)?;
    let wanted = Wanted::read(&read(body).await?).map_err(ApiError::CorrectionInvalid)?;
    let is_current = |json: &str| json_tag(json).is_wanted_by(headers) == Some(true);
    let (tenant, author) = (&caller.tenant, caller.author());
    let corrected = app.accepting.correct(&id, tenant, &author, &wanted, is_current).await;
    let corrected = corrected.map_err(|error| {
        tracing::warn!(invoice.id = %id, %error, "a result cannot be corrected");
        // It may be done all the same.
        app.access.trail().tell_later(done(Outcome::Failed));
        refused(&error)
    })?;
    match corrected {
        Corrected::Done { record, changed } => {
            if changed {
                tell(app, done(Outcome::Done)).await?;
                let values = wanted.values.len();
                tracing::info!(invoice.id = %id, values, "result corrected");
            }
            retained::handed_out(app, caller, &id);
            shown(&id, &record)
        }
        Corrected::Stale => Err(ApiError::ResultChanged),
        Corrected::Refused(refusal) => Err(ApiError::CorrectionInvalid(refusal)),
        Corrected::NoResult(record) => Err(retained::no_result(&record)),
        Corrected::NotFound => {
            app.access.trail().tell_later(done(Outcome::NotFound));
            Err(ApiError::NotFound)
        }
    }
}

/// Tells the trail before the client. Repeating the request finds another result, so who cannot be told now is told
/// as soon as there is somebody to tell.
async fn tell(app: &App, record: AuditRecord) -> Result<(), ApiError> {
    let told = app.access.trail().tell(&record).await;
    told.inspect_err(|_| app.access.trail().tell_later(record.clone()))
}

fn shown(id: &DocumentId, record: &StatusRecord) -> Result<Response, ApiError> {
    let result = retained::result(record, Version::Current)?;
    Ok(json_answer(id, result.0.get()))
}

/// What is not said is taken for JSON.
fn expect_json(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(ApiError::UnsupportedContentEncoding);
    }
    let is_fitting = headers.get(header::CONTENT_TYPE).is_none_or(json::is_json);
    is_fitting.then_some(()).ok_or(ApiError::NotJson)
}

async fn read(body: &mut Body) -> Result<Bytes, ApiError> {
    let whole = body.read_all(MAX_BODY_BYTES);
    let in_time = tokio::time::timeout(Duration::from_secs(BODY_SECONDS), whole).await;
    match in_time {
        Ok(Err(ApiError::DocumentTooLarge { limit, seen })) => {
            Err(ApiError::CorrectionTooLarge { limit, seen })
        }
        Ok(read) => read,
        Err(_) => Err(ApiError::UploadTimeout { limit_seconds: BODY_SECONDS, seen: body.seen() }),
    }
}

/// What the broker refused: here a message that is too large is nobody's bug.
fn refused(error: &Unpublished) -> ApiError {
    match error {
        Unpublished::TooLarge { .. } => ApiError::ResultTooLarge,
        other => other.into(),
    }
}
