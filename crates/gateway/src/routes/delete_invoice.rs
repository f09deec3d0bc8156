//! `DELETE /api/v1/invoices/{id}`

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use common::audit::{Action, Outcome};
use common::jetstream::erasure::Erased;

use crate::caller::{DocumentsDelete, May};
use crate::error::ApiError;
use crate::openapi::{Absent, OfDocument, Refusals, Silent, TooOften};
use crate::parameter;
use crate::state::App;

/// Removes a document and everything that was made of it
///
/// Its bytes, pages, words, status, result, stored events and dead letters, at once and also while it
/// is being read; no event follows. Copies of events that readers have taken already are theirs to
/// remove. Repeating the call is harmless, also after `503`: the document may be gone then, and what
/// is left of it is removed later in any case. The same document may be uploaded again.
#[utoipa::path(
    delete,
    path = "/api/v1/invoices/{id}",
    tag = "invoices",
    params(OfDocument),
    responses(
        (status = 204, description = "Nothing is left of it"),
        Absent,
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:delete"]), ("bearer" = ["documents:delete"])),
)]
pub(crate) async fn delete_invoice(
    State(app): State<Arc<App>>,
    caller: May<DocumentsDelete>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let id = parameter::document(id)?;
    let erased = app.accepting.erase(&id, &caller.tenant).await.map_err(|error| {
        tracing::warn!(invoice.id = %id, %error, "a document cannot be erased");
        // It may be gone all the same.
        app.access.trail().tell_later(caller.did(Action::Deleted, &id, Outcome::Failed));
        ApiError::from(&error)
    })?;
    let outcome = match erased {
        Erased::Gone => Outcome::Done,
        Erased::NotFound => Outcome::NotFound,
    };
    // Repeating the call is harmless, so who is told to repeat it leaves a record in the end.
    app.access.trail().tell(&caller.did(Action::Deleted, &id, outcome)).await?;
    match erased {
        Erased::Gone => {
            tracing::info!(invoice.id = %id, "document erased");
            Ok(StatusCode::NO_CONTENT)
        }
        Erased::NotFound => Err(ApiError::NotFound),
    }
}
