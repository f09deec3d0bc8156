//! `POST /api/v1/invoices/{id}/reprocess`

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use common::audit::{Action, Outcome};
use common::jetstream::reprocessing::Reprocessed;

use crate::caller::{DocumentsWrite, May};
use crate::error::ApiError;
use crate::intake;
use crate::openapi::{Refusals, TooOften};
use crate::parameter;
use crate::problem::Problem;
use crate::state::App;
use crate::view;

/// Reads an ended document once more
///
/// From the bytes that were uploaded, with the options they came with, as the document's next
/// `generation`: after an update that reads better, or when what failed may work now. Its present result
/// or error is gone from its status at once; the event of the earlier generation stays, and another one
/// follows.
#[utoipa::path(
    post,
    path = "/api/v1/invoices/{id}/reprocess",
    tag = "invoices",
    params(("id" = String, Path, description = "The id that the upload was answered with")),
    responses(
        (
            status = 202,
            description = "Queued",
            body = view::Accepted,
            headers(("Location" = String, description = "Address of its status")),
        ),
        (
            status = 404,
            description = "Unknown, expired, or somebody else's",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "It is being read already",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 410,
            description = "The uploaded file is kept no longer",
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
pub(crate) async fn reprocess(
    State(app): State<Arc<App>>,
    caller: May<DocumentsWrite>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = parameter::document(id)?;
    let done = |outcome| caller.did(Action::Replayed, &id, outcome);
    let reprocessed = app.accepting.reprocess(&id, &caller.tenant).await.map_err(|error| {
        tracing::warn!(invoice.id = %id, %error, "a document cannot be begun anew");
        // It may be under way all the same.
        app.access.trail().tell_later(done(Outcome::Failed));
        ApiError::from(&error)
    })?;
    match reprocessed {
        Reprocessed::Begun(record) => {
            app.access.trail().tell(&done(Outcome::Done)).await?;
            tracing::info!(invoice.id = %id, generation = record.generation, "document begun anew");
            Ok(intake::answer(StatusCode::ACCEPTED, &record))
        }
        Reprocessed::UnderWay(state) => Err(ApiError::DocumentUnderWay { state: state.as_str() }),
        Reprocessed::OriginalExpired => Err(ApiError::OriginalExpired),
        Reprocessed::NotFound => {
            app.access.trail().tell_later(done(Outcome::NotFound));
            Err(ApiError::NotFound)
        }
    }
}
