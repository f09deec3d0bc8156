//! Which pages of other origins may call the API from a browser.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::CorsLayer;

use common::config;

use crate::idempotency;
use crate::layer::correlation::REQUEST_ID;

/// How long a browser may remember the answer: what it is allowed changes with a restart only.
const MAX_AGE: Duration = Duration::from_secs(600);

/// What pages may send. Cookies are never asked for: nothing here goes by them.
const REQUEST_HEADERS: [HeaderName; 9] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    idempotency::KEY,
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("x-api-key"),
    REQUEST_ID,
];

/// What pages may read of an answer, besides what every page may.
const ANSWER_HEADERS: [HeaderName; 8] = [
    header::ETAG,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    idempotency::REPLAYED,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    REQUEST_ID,
];

/// The layer, unless no origin is allowed.
pub(crate) fn layer(cors: &config::Cors) -> Option<CorsLayer> {
    if cors.origins.is_empty() {
        return None;
    }
    let origins = cors.origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let layer = CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(REQUEST_HEADERS)
        .expose_headers(ANSWER_HEADERS)
        .max_age(MAX_AGE);
    Some(layer)
}
