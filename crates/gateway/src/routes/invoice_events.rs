//! `GET /api/v1/invoices/{id}/events`

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;

use crate::caller::{DocumentsRead, May};
use crate::error::ApiError;
use crate::feed::Feed;
use crate::limit::Client;
use crate::openapi::{Absent, Busy, OfDocument, Refusals, TooOften};
use crate::parameter;
use crate::retained;
use crate::state::App;
use crate::view;

/// Pause between two signs of life on a stream that has nothing to say: half of the shortest patience of
/// common proxies, which is 30 s.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// What a client has already, as browsers say it when they come back.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Keeps nginx from holding events back.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Events as the living HTML standard writes them. Of no type: what reads this description makes text of them, or
/// objects.
#[derive(Debug, ToSchema)]
#[schema(value_type = serde_json::Value)]
#[expect(dead_code, reason = "describes the stream; it is written event by event")]
pub(crate) struct EventStream(String);

/// A document's status, as an event each time it changes
///
/// The status as it is comes first, as event `status`, and so does each change; the last event is
/// `completed` or `failed`, and its data is what the status says then, result included; or `deleted`. Then the
/// stream ends. Who comes back with `Last-Event-ID` is sent what has changed meanwhile, and nothing again;
/// when that was the last event, the answer is 204, and browsers ask no more. Ids of events are entity tags
/// of the status, without their quotes. Where changes follow each other faster than the client takes them, it
/// may be told the later ones only.
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{id}/events",
    tag = "invoices",
    params(
        OfDocument,
        (
            "Last-Event-ID" = Option<String>,
            Header,
            description = "The last event that was read",
            example = "1-processing-ocr-1-18bb0c2f4a3d1e00-1",
        ),
    ),
    responses(
        (
            status = 200,
            description = "Its events, until it has ended",
            body = EventStream,
            content_type = "text/event-stream",
        ),
        (status = 204, description = "It has ended, and the client was told"),
        Absent,
        Busy,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:read"]), ("bearer" = ["documents:read"])),
)]
pub(crate) async fn invoice_events(
    State(app): State<Arc<App>>,
    caller: May<DocumentsRead>,
    Extension(client): Extension<Client>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = parameter::document(id)?;
    let follower = app.register.follow(&id);
    let read = retained::revised(&app, &caller, &id, follower.known()).await?;
    let last = headers.get(LAST_EVENT_ID).map(HeaderValue::as_bytes);
    let known = last == Some(view::tag(&read.record.moment()).as_bytes());
    if known && read.record.state.is_terminal() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let place = app.followers.take(&client)?;
    let feed = Feed::new(app, caller.0, &headers, (follower, place), read, known);
    let signs_of_life = KeepAlive::new().interval(SIGN_OF_LIFE);
    let mut answer = Sse::new(feed.events()).keep_alive(signs_of_life).into_response();
    for (name, value) in [(header::CACHE_CONTROL, "no-store"), (BUFFERING, "no")] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(answer)
}
