//! `POST /api/v1/invoices/{id}/reprocess`

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use common::audit::{Action, Outcome};
use common::id::DocumentId;
use common::idempotency::Told;
use common::jetstream::reprocessing::Reprocessed;

use crate::caller::{Caller, DocumentsWrite, May};
use crate::error::ApiError;
use crate::idempotency::{self, Claim};
use crate::intake;
use crate::openapi::{Absent, Named, NoRoom, OfDocument, Refusals, TooOften};
use crate::parameter;
use crate::problem::Problem;
use crate::quota;
use crate::state::App;
use crate::view;

/// What tells this from other requests under the same key.
const OPERATION: &str = "reprocess";

/// Reads an ended document once more
///
/// From the bytes that were uploaded, with the options they came with, as the document's next
/// `generation`: after an update that reads better, or when what failed may work now. Its present result
/// or error is gone from its status at once; the event of the earlier generation stays, and another one
/// follows. With an `Idempotency-Key` a repeated request begins nothing more.
#[utoipa::path(
    post,
    path = "/api/v1/invoices/{id}/reprocess",
    tag = "invoices",
    params(OfDocument, Named),
    responses(
        (
            status = 202,
            description = "Queued",
            body = view::Accepted,
            headers(
                ("Location" = String, description = "Address of its status"),
                ("Idempotency-Replayed" = bool, description = "Of an answer that was given before"),
            ),
        ),
        (
            status = 400,
            description = "The Idempotency-Key cannot be used",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Absent,
        (
            status = 409,
            description = "It is being read already, or a request with this Idempotency-Key is under way",
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
            status = 422,
            description = "The Idempotency-Key was used for another request",
            body = Problem,
            content_type = "application/problem+json",
        ),
        NoRoom,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:write"]), ("bearer" = ["documents:write"])),
)]
pub(crate) async fn reprocess(
    State(app): State<Arc<App>>,
    caller: May<DocumentsWrite>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = parameter::document(id)?;
    let Some(key) = idempotency::key(&headers)? else {
        return begin(&app, &caller, &id, None).await.map(|told| intake::answer(told, &id));
    };
    let mut asked = key.fingerprint(&caller.tenant);
    asked.add(OPERATION.as_bytes());
    asked.add(id.as_str().as_bytes());
    let request = asked.finish();
    // Noted with the claim, so that whoever goes on for a gateway that died begins nothing twice.
    let read = app.accepting.status_at_leader(&id).await.map_err(|error| ApiError::from(&error))?;
    let own = read.filter(|read| read.record.tenant == caller.tenant);
    let next = own.map(|read| read.record.generation.saturating_add(1));
    let held = match idempotency::claim(&app, &caller, &key, Some(&request), next).await? {
        Claim::Mine(held) => held,
        Claim::Answered { told, .. } => return idempotency::replayed(&told, &id),
    };
    let told = begin(&app, &caller, &id, held.begins()).await;
    held.conclude(request, told.as_ref().map(|told| vec![*told])).await;
    told.map(|told| intake::answer(told, &id))
}

/// Begins the document's next generation, or finds that `wanted` has begun.
async fn begin(
    app: &App,
    caller: &Caller,
    id: &DocumentId,
    wanted: Option<u32>,
) -> Result<Told, ApiError> {
    let done = |outcome| caller.did(Action::Replayed, id, outcome);
    // Reading costs as much as the first time; the bytes are there already.
    let spent = quota::spend(app, caller, 0).await?;
    let reprocessed = app.accepting.reprocess(id, &caller.tenant, wanted).await;
    if !matches!(reprocessed, Ok(Reprocessed::Begun(_))) {
        app.accepting.give_back(spent).await;
    }
    let reprocessed = reprocessed.map_err(|error| {
        tracing::warn!(invoice.id = %id, %error, "a document cannot be begun anew");
        // It may be under way all the same.
        app.access.trail().tell_later(done(Outcome::Failed));
        ApiError::from(&error)
    })?;
    match reprocessed {
        Reprocessed::Begun(record) => {
            app.access.trail().tell(&done(Outcome::Done)).await?;
            tracing::info!(invoice.id = %id, generation = record.generation, "document begun anew");
            Ok(Told { status: StatusCode::ACCEPTED.as_u16(), state: Some(record.state) })
        }
        Reprocessed::UnderWay(state) => Err(ApiError::DocumentUnderWay { state: state.as_str() }),
        Reprocessed::OriginalExpired => Err(ApiError::OriginalExpired),
        Reprocessed::NotFound => {
            app.access.trail().tell_later(done(Outcome::NotFound));
            Err(ApiError::NotFound)
        }
    }
}
