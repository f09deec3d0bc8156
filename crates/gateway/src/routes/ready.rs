//! `GET /ready`

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::TooOften;
use crate::problem::Problem;
use crate::state::App;

/// Probes give up after a few seconds; an answer that says what is missing has to be earlier.
const LONGEST_LOOK: Duration = Duration::from_secs(3);

/// Documents are taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Always `true`; everything else is a problem.
    ready: bool,
}

/// Whether documents can be taken
///
/// Broker, streams and buckets are there, and where callers are asked who they are, the API keys are
/// known.
#[utoipa::path(
    get,
    path = "/ready",
    tag = "operation",
    responses(
        (status = 200, description = "Ready", body = Ready),
        (
            status = 503,
            description = "Not ready; `detail` says what is missing",
            body = Problem,
            content_type = "application/problem+json",
        ),
        TooOften,
    ),
)]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Json<Ready>, ApiError> {
    let looked = tokio::time::timeout(LONGEST_LOOK, (app.readiness)()).await;
    let silent = || Err(format!("no answer within {} s", LONGEST_LOOK.as_secs()));
    match looked.unwrap_or_else(|_| silent()).and_then(|()| app.access.ready()) {
        Ok(()) => Ok(Json(Ready { ready: true })),
        Err(missing) => Err(ApiError::NotReady { missing }),
    }
}
