//! `GET /metrics`

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, header};

use crate::caller::{May, OperationsRead};
use crate::openapi::{Refusals, TooOften};
use crate::state::App;

/// Media type of the exposition.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics of the process, for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses(
        (
            status = 200,
            description = "OpenMetrics text",
            body = String,
            content_type = "application/openmetrics-text",
        ),
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["operations:read"]), ("bearer" = ["operations:read"])),
)]
pub(crate) async fn metrics(
    State(app): State<Arc<App>>,
    _: May<OperationsRead>,
) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, OPENMETRICS)], app.metrics.exposition())
}
