//! `GET /api/v1/quota`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use common::quota::{Day, Measure};

use crate::caller::{DocumentsWrite, May};
use crate::error::ApiError;
use crate::openapi::{Refusals, Silent, TooOften};
use crate::state::App;

/// What a client may have read today, and has had.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quota {
    /// The day, in UTC.
    #[schema(value_type = String, format = Date, example = "2026-11-28")]
    day: String,
    /// When the whole quota is there again.
    #[schema(value_type = String, format = DateTime, example = "2026-11-29T00:00:00Z")]
    resets_at: Timestamp,
    /// New documents, and ended ones that were read again; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    documents: Option<Used>,
    /// Bytes of new documents; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bytes: Option<Used>,
}

/// How far one limit is used.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Used {
    /// Most in a day.
    #[schema(example = 1000)]
    limit: u64,
    /// Used of it.
    #[schema(example = 12)]
    used: u64,
}

/// How much the caller may still have read today
///
/// The caller is the API key, the subject of a token, or an address, as for the rate of requests. A document that was
/// known already does not count, nor one that was refused. Without limits there is nothing to say but the day.
#[utoipa::path(
    get,
    path = "/api/v1/quota",
    tag = "invoices",
    responses(
        (status = 200, description = "Limits and use", body = Quota),
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:write"]), ("bearer" = ["documents:write"])),
)]
pub(crate) async fn quota(
    State(app): State<Arc<App>>,
    caller: May<DocumentsWrite>,
) -> Result<Response, ApiError> {
    let day = Day::of(Timestamp::now());
    let mut quota =
        Quota { day: day.to_string(), resets_at: day.end(), documents: None, bytes: None };
    if let Some(allowance) = &caller.allowance {
        let asked = app.accepting.used(&allowance.client, allowance.quota, day).await;
        for (measure, used) in asked.map_err(|error| ApiError::from(&error))? {
            let used = allowance.quota.limit(measure).map(|limit| Used { limit, used });
            match measure {
                Measure::Documents => quota.documents = used,
                Measure::Bytes => quota.bytes = used,
            }
        }
    }
    let caching = [(header::CACHE_CONTROL, "private, no-store")];
    Ok((caching, Json(quota)).into_response())
}
