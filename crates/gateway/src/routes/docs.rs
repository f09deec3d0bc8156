//! `GET /openapi.json` and `GET /docs`: the API's description, for programs and for people.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::error::ApiError;

/// Address of the description.
const OPENAPI: &str = "/openapi.json";

/// Both routes. Swagger UI's files are compiled in: no page loads anything from elsewhere.
pub(crate) fn routes(description: Result<Bytes, serde_json::Error>) -> Router {
    let description = description
        .inspect_err(|error| tracing::error!(%error, "the API cannot be described"))
        .map_err(|_| ApiError::Internal);
    let openapi = move || async move { answer(description) };
    // The validator's badge would ask a public service about this API.
    let settings = Config::from(OPENAPI).validator_url("none").try_it_out_enabled(true);
    Router::new().route(OPENAPI, get(openapi)).merge(SwaggerUi::new("/docs").config(settings))
}

fn answer(description: Result<Bytes, ApiError>) -> Response {
    const JSON: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
    description.map(|text| (JSON, text)).into_response()
}
