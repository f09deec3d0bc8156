//! `GET /api/v1/invoices/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

use crate::caller::{DocumentsRead, May};
use crate::error::ApiError;
use crate::openapi::{Refusals, TooOften};
use crate::problem::Problem;
use crate::retained;
use crate::state::App;
use crate::view::Invoice;

/// Where a document stands, and the invoice once it is read
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{id}",
    tag = "invoices",
    params(("id" = String, Path, description = "The id that the upload was answered with")),
    responses(
        (status = 200, description = "Its status", body = Invoice),
        (
            status = 404,
            description = "Unknown, expired, or somebody else's",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 503,
            description = "The broker does not answer; come back after `Retry-After` seconds",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:read"]), ("bearer" = ["documents:read"])),
)]
pub(crate) async fn invoice(
    State(app): State<Arc<App>>,
    caller: May<DocumentsRead>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Invoice>, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound)?;
    let record = retained::status(&app, &caller, &id).await?;
    if record.result.is_some() {
        retained::handed_out(&app, &caller, &record.id);
    }
    Ok(Json(Invoice::from(record)))
}
