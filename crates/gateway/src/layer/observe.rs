//! One log line and two metrics for each request.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use common::telemetry::trace;

use crate::layer::correlation::CorrelationId;
use crate::metrics::HttpMetrics;

/// Route of requests that no route takes: the path itself is the client's and unbounded.
const UNMATCHED: &str = "unmatched";

/// Routes that machines ask over and over: logged only when debugging.
const POLLED: [&str; 5] =
    ["/health", "/ready", "/metrics", "/api/v1/invoices", "/api/v1/invoices/{id}"];

/// How long an answer waited because its client asked it to; in its extensions. It is no time that the
/// service took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waited(pub(crate) Duration);

/// Measures the request and logs how it ended.
pub(crate) async fn observe(
    State(metrics): State<HttpMetrics>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let correlation = request.extensions().get::<CorrelationId>().map(|id| id.0.as_str());
    let span = tracing::info_span!(
        "request",
        "correlation.id" = correlation,
        %method,
        route,
        "trace.id" = tracing::field::Empty,
        "otel.kind" = "server",
    );
    trace::adopt(&span, |name| request.headers().get(name)?.to_str().ok());
    let response = next.run(request).instrument(span.clone()).await;
    let waited = response.extensions().get().map_or(Duration::ZERO, |Waited(waited)| *waited);
    let (status, took) = (response.status().as_u16(), started.elapsed().saturating_sub(waited));
    metrics.answered(&method, route, status, took);
    span.in_scope(|| {
        let duration_ms = took.as_secs_f64() * 1e3;
        if POLLED.contains(&route) {
            tracing::debug!(status, duration_ms, "request answered");
        } else {
            tracing::info!(status, duration_ms, "request answered");
        }
    });
    response
}
