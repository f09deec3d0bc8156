//! `GET /api/v1/invoices/{id}/pages`

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use common::error::StageError;
use common::page;

use crate::caller::{DocumentsRead, May};
use crate::conditional::ETag;
use crate::error::ApiError;
use crate::openapi::{Busy, OfDocument, Refusals, Tagged, TooOften};
use crate::problem::Problem;
use crate::retained;
use crate::state::App;
use crate::view::PagesView;

/// Revision of what is shown of the same stored pages. Raise it with [`PagesView`]: a client would
/// keep the old form for as long as the tag stays.
const FORM: u32 = 1;

/// A replay may read the pages anew, so a client asks again, and is told when nothing changed.
const CACHING: &str = "private, no-cache";

/// A document's pages: every word with its place and confidence
///
/// There from the moment the pages are read until the work store forgets them
/// (`retention.work_hours`, three days by default, or sooner where room is needed for others), whether
/// the document completes or fails.
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{id}/pages",
    tag = "invoices",
    params(
        OfDocument,
        Tagged,
    ),
    responses(
        (
            status = 200,
            description = "Its pages",
            body = PagesView,
            headers(("ETag" = String, description = "Changes with the answer")),
        ),
        (status = 304, description = "As the client has them"),
        (
            status = 404,
            description = "Unknown, expired, or somebody else's; or it failed before its pages \
                were read",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "Not read yet; come back after `Retry-After` seconds",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 410,
            description = "Kept no longer",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Busy,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:read"]), ("bearer" = ["documents:read"])),
)]
pub(crate) async fn pages(
    State(app): State<Arc<App>>,
    caller: May<DocumentsRead>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound)?;
    let record = retained::status(&app, &caller, &id).await?;
    let object = retained::pages(&record)?;
    let tag = ETag::new(&format!("{}-{FORM}", object.hash));
    let reader = retained::open(&app.broker, object).await?;
    if tag.is_known_to(&headers) {
        return Ok(tag.not_modified(CACHING));
    }
    let _permit = app.page_read().await?;
    let id = record.id.clone();
    let json = retained::read(reader, object, move |bytes| {
        let view = PagesView::new(&id, page::decode(bytes)?);
        serde_json::to_vec(&view)
            .map_err(|error| StageError::internal("encode_failed", error.to_string()))
    })
    .await?;
    retained::handed_out(&app, &caller, &record.id);
    let answer = ([(header::CONTENT_TYPE, "application/json")], json).into_response();
    Ok(tag.on(CACHING, answer))
}
