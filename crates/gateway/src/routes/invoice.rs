//! `GET /api/v1/invoices/{id}`

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::{DocumentsRead, May};
use crate::conditional::ETag;
use crate::error::ApiError;
use crate::layer::observe::Waited;
use crate::limit::Client;
use crate::openapi::{Absent, Busy, OfDocument, Refusals, Tagged, TooOften};
use crate::parameter;
use crate::problem::Problem;
use crate::retained;
use crate::state::App;
use crate::view::{self, Invoice};
use crate::wait::Waiter;

/// A client asks again each time, and is told when nothing changed.
const CACHING: &str = "private, no-cache";

/// What the query may say.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Patience {
    /// Seconds to wait for news: until the status differs from what `If-None-Match` names, or, without
    /// one, until the document has ended. When time is up, the answer is what there is.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 60, example = 30)]
    wait: Option<String>,
}

/// Where a document stands, and the invoice once it is read
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{id}",
    tag = "invoices",
    params(
        OfDocument,
        Patience,
        Tagged,
    ),
    responses(
        (
            status = 200,
            description = "Its status",
            body = Invoice,
            headers(("ETag" = String, description = "Changes with the answer")),
        ),
        (status = 304, description = "As the client has it"),
        (
            status = 400,
            description = "The query cannot be read",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Absent,
        (
            status = 422,
            description = "A wait longer than clients may ask for, or none",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Busy,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:read"]), ("bearer" = ["documents:read"])),
)]
pub(crate) async fn invoice(
    State(app): State<Arc<App>>,
    caller: May<DocumentsRead>,
    Extension(client): Extension<Client>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Patience>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = parameter::document(id)?;
    let Query(Patience { wait }) = query.map_err(|_| ApiError::QueryInvalid)?;
    let limit = app.config.gateway.following.max_wait_seconds;
    let patience = wait.map_or(Ok(0), |wait| parameter::number("wait", &wait, 0..=limit))?;
    let waiter = Waiter { app: &app, caller: &caller, client: &client, headers: &headers };
    let (read, waited) = waiter.news(&id, Duration::from_secs(patience)).await?;
    let record = read.record;
    let tag = ETag::new(&view::tag(&record.moment()));
    let mut answer = if tag.is_known_to(&headers) {
        tag.not_modified(CACHING)
    } else {
        if record.result.is_some() {
            retained::handed_out(&app, &caller, &record.id);
        }
        tag.on(CACHING, Json(Invoice::of(record)?).into_response())
    };
    answer.extensions_mut().insert(Waited(waited));
    Ok(answer)
}
