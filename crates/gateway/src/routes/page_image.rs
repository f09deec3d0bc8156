//! `GET /api/v1/invoices/{id}/pages/{n}/image`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use common::object::ObjectRef;
use common::page::{self, PageGeometry};
use common::status::{State as DocumentState, StatusRecord};

use crate::caller::{DocumentsRead, May};
use crate::conditional::ETag;
use crate::error::ApiError;
use crate::openapi::{Busy, OfDocument, Refusals, Tagged, TooOften};
use crate::problem::Problem;
use crate::retained;
use crate::state::App;

/// Of a document that may be read anew: a client asks again, and is told when nothing changed.
const REVALIDATE: &str = "private, no-cache";

/// As much of a read document as leads to its images: words are skipped, not kept.
#[derive(Deserialize)]
struct Document {
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    geometry: PageGeometry,
    #[serde(default)]
    raster: Option<ObjectRef>,
}

impl Document {
    /// The image of page `number`.
    fn raster(self, number: &str) -> Result<ObjectRef, ApiError> {
        let count = self.pages.len() as u64;
        let asked = number.parse().ok();
        let mut pages = self.pages.into_iter();
        let page = pages.find(|page| asked == Some(u64::from(page.geometry.number)));
        let page = page.ok_or(ApiError::PageNotFound { count, asked })?;
        page.raster.ok_or(ApiError::PageImageAbsent)
    }
}

/// A grey PNG.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the body; it is sent as a stream")]
struct PageImage(Vec<u8>);

/// A page's upright image: what was recognised, 8-bit grey
///
/// It is `width_px` by `height_px` large, and boxes are fractions of it. Pages that were read from
/// their text layer have none.
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{id}/pages/{n}/image",
    tag = "invoices",
    params(
        OfDocument,
        ("n" = u32, Path, minimum = 1, description = "The page; 1 is the first", example = 1),
        Tagged,
    ),
    responses(
        (
            status = 200,
            description = "Its image",
            body = PageImage,
            content_type = "image/png",
            headers(("ETag" = String, description = "blake3 of the image")),
        ),
        (status = 304, description = "As the client has it"),
        (
            status = 404,
            description = "No such document or page, no image of this page, or the document \
                failed before its pages were read",
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
pub(crate) async fn page_image(
    State(app): State<Arc<App>>,
    caller: May<DocumentsRead>,
    place: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Path((id, number)) = place.map_err(|_| ApiError::NotFound)?;
    let record = retained::status(&app, &caller, &id).await?;
    let raster = find(&app, &record, &number).await?;
    let reader = retained::open(&app.broker, &raster).await?;
    let tag = ETag::new(raster.hash.as_str());
    let caching = caching(&record, app.config.retention.work_hours, Timestamp::now());
    if tag.is_known_to(&headers) {
        return Ok(tag.not_modified(&caching));
    }
    retained::handed_out(&app, &caller, &record.id);
    // One chunk at a time: what is held does not grow with the image, nor with a slow client. A
    // read that fails on the way cuts the body off, short of the announced length.
    let id = record.id;
    let chunks = stream::try_unfold(reader, move |mut reader| {
        let id = id.clone();
        async move {
            let next = reader.next().await.inspect_err(|error| {
                tracing::warn!(invoice.id = %id, %error, "a page's image is cut off");
            })?;
            Ok::<_, common::error::StageError>(next.map(|chunk| (chunk, reader)))
        }
    });
    let mut answer = Body::from_stream(chunks).into_response();
    let described = answer.headers_mut();
    described.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    described.insert(header::CONTENT_LENGTH, HeaderValue::from(raster.size_bytes));
    Ok(tag.on(&caching, answer))
}

async fn find(app: &App, record: &StatusRecord, number: &str) -> Result<ObjectRef, ApiError> {
    let object = retained::pages(record)?;
    let reader = retained::open(&app.broker, object).await?;
    let _permit = app.page_read().await?;
    let document: Document = retained::read(reader, object, page::decode).await?;
    document.raster(number)
}

/// How long a client may keep the image without asking. A completed document never changes, but
/// its images are nobody's to keep for longer than we do.
fn caching(record: &StatusRecord, kept_hours: u64, now: Timestamp) -> String {
    let age_seconds = now.duration_since(record.received_at).as_secs();
    let kept_seconds = i64::try_from(kept_hours.saturating_mul(3600)).unwrap_or(i64::MAX);
    match (record.state, kept_seconds.saturating_sub(age_seconds)) {
        (DocumentState::Completed, left @ 1..) => format!("private, max-age={left}, immutable"),
        _ => REVALIDATE.to_owned(),
    }
}
