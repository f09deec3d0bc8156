//! `GET /api/v1/invoices/{id}/result/corrections`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::caller::{DocumentsRead, May};
use crate::error::ApiError;
use crate::openapi::{Absent, OfDocument, Refusals, Silent, TooOften};
use crate::parameter;
use crate::retained;
use crate::state::App;
use crate::view::Corrections;

/// What people put right in a document's results, with who, when and what was there before
///
/// Oldest first, also of earlier generations, whose corrections have no effect on what was read since. Empty when
/// nobody put anything right.
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{id}/result/corrections",
    tag = "invoices",
    params(OfDocument),
    responses(
        (status = 200, description = "All of them", body = Corrections),
        Absent,
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:read"]), ("bearer" = ["documents:read"])),
)]
pub(crate) async fn corrections(
    State(app): State<Arc<App>>,
    caller: May<DocumentsRead>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = parameter::document(id)?;
    let record = retained::status(&app, &caller, id.as_str()).await?;
    retained::handed_out(&app, &caller, &record.id);
    let caching = [(header::CACHE_CONTROL, "private, no-store")];
    Ok((caching, Json(Corrections::from(&record))).into_response())
}
