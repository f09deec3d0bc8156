//! Handing a caller's document over to the pipeline.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use common::audit::{Action, Outcome};
use common::id::{DocumentId, Options};
use common::idempotency::Told;
use common::jetstream::intake::{Accepted, Incoming};
use common::status::State;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::layer::correlation::CorrelationId;
use crate::state::App;
use crate::upload::Document;
use crate::view;

/// Stores `document` and its first job, or finds that it is known, and tells the audit trail.
///
/// # Errors
/// [`ApiError::BrokerFull`], [`ApiError::BrokerAway`] and [`ApiError::QuotaExhausted`]; the client should come back.
pub(crate) async fn accept(
    app: &App,
    caller: &Caller,
    correlation: &CorrelationId,
    document: Document,
    languages: &[String],
) -> Result<Accepted, ApiError> {
    let incoming = Incoming {
        tenant: caller.tenant.clone(),
        media_type: document.media_type,
        filename: document.filename,
        options: Options { languages: languages.to_vec() },
        correlation_id: correlation.0.clone(),
        received_at: Timestamp::now(),
        allowance: caller.allowance.clone(),
        bytes: document.bytes,
    };
    let accepted = app.accepting.accept(incoming).await.map_err(|error| {
        let answer = ApiError::from(&error);
        match answer {
            ApiError::Internal => tracing::error!(%error, "a document could not be stored"),
            ApiError::QuotaExhausted { .. } => tracing::info!(%error, "a document is not taken in"),
            _ => tracing::warn!(%error, "a document could not be stored"),
        }
        answer
    })?;
    let (id, new) = (&accepted.record.id, accepted.new);
    app.received.accepted(&accepted.record, new);
    // No 202 without a record: who gets 503 instead sends the document again, and it is known then.
    app.access.trail().tell(&caller.did(Action::Uploaded, id, Outcome::Done)).await?;
    let (media_type, bytes) = (document.media_type.as_str(), accepted.record.original.size_bytes);
    tracing::info!(invoice.id = %id, new, media_type, bytes, "document accepted");
    Ok(accepted)
}

/// What whoever handed a document over is told: 202 for a new one, 200 for one that was known.
pub(crate) fn told(accepted: &Accepted) -> Told {
    let status = if accepted.new { StatusCode::ACCEPTED } else { StatusCode::OK };
    Told { status: status.as_u16(), state: Some(accepted.record.state) }
}

/// The answer in full: what is said of document `id`, with the address of its status.
pub(crate) fn answer(told: Told, id: &DocumentId) -> Response {
    // Whoever is told of a document is told where it stands.
    let body = Json(view::Accepted::new(id, told.state.unwrap_or(State::Queued)));
    let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    // An id is hexadecimal, so the path is a legal header value.
    if let Ok(location) = HeaderValue::try_from(view::invoice_path(id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
