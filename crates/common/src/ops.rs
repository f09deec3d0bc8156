//! Health, readiness and metrics of a service that has no other HTTP side.

mod probe;

use std::net::SocketAddr;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::jetstream::broker::Broker;
use crate::metrics::Metrics;

pub use probe::{ProbeError, probe};

/// Media type of [`Metrics::exposition`].
pub const METRICS_MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers `/health`, `/ready` and `/metrics` on `address` until `stop`.
///
/// # Errors
/// When the address cannot be bound.
pub async fn serve(
    address: SocketAddr,
    broker: Broker,
    metrics: Metrics,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/health", get(|| async { Json(serde_json::json!({ "status": "alive" })) }))
        .route("/ready", get(ready))
        .with_state(broker)
        .route(
            "/metrics",
            get(async move || ([(header::CONTENT_TYPE, METRICS_MEDIA_TYPE)], metrics.exposition())),
        );
    let listener = TcpListener::bind(address).await?;
    tracing::info!(%address, "health and metrics are served");
    axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn ready(State(broker): State<Broker>) -> impl IntoResponse {
    let ready = broker.is_connected();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(serde_json::json!({ "ready": ready })))
}
