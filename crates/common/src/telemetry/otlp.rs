//! Spans to a collector, by OTLP over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::{Boxed, TelemetryError};
use crate::config::Traces;

/// What every span of ours belongs to.
const NAMESPACE: &str = "invoice-ocr";

/// Longest wait for the collector. Spans wait in memory meanwhile, at most 2,048 of them; what comes
/// then is dropped.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest wait at the end of the process for the last spans to go.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Crates whose spans are sent: ours. The broker's client has spans of its own, many of them.
const OURS: [&str; 6] = ["common", "gateway", "preprocess", "ocr", "extract", "invoice_ocr"];

/// What sends spans; dropped, it sends the last ones.
#[derive(Debug)]
pub struct Spans(Option<SdkTracerProvider>);

impl Drop for Spans {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown_with_timeout(LAST_WORDS)
        {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// The layer that takes spans, and what sends them; neither does anything without an endpoint.
pub(super) fn layer(
    traces: &Traces,
    service: &str,
) -> Result<(Option<Boxed>, Spans), TelemetryError> {
    if traces.endpoint.is_empty() {
        return Ok((None, Spans(None)));
    }
    let bad =
        |reason: String| TelemetryError::BadEndpoint { endpoint: traces.endpoint.clone(), reason };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(&traces.endpoint)
        .with_timeout(PATIENCE)
        .with_http_client(Client::default())
        .build()
        .map_err(|error| bad(error.to_string()))?;
    let resource = Resource::builder()
        .with_service_name(service.to_owned())
        .with_attributes([
            KeyValue::new("service.namespace", NAMESPACE),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("process.pid", i64::from(std::process::id())),
        ])
        .build();
    // Who began the trace has decided whether it is kept.
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(traces.sample_ratio)));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(sampler)
        .with_resource(resource)
        .build();
    let ours = OURS.map(|name| (name, LevelFilter::INFO));
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(NAMESPACE))
        // Where in the source a span begins helps nobody who operates it, and costs a third of its size.
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        // Both work at every poll of a task. How long a span was polled is no figure that anybody asks for, and nothing
        // here looks for a context of OpenTelemetry's: `trace` takes it from the span.
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(Targets::new().with_targets(ours));
    Ok((Some(layer.boxed()), Spans(Some(provider))))
}

/// The HTTP client that this workspace has already. It blocks, on the thread that sends batches and does
/// nothing else.
#[derive(Debug)]
struct Client(ureq::Agent);

impl Default for Client {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // What the collector answers is the exporter's to judge.
            .http_status_as_error(false)
            .build();
        Self(config.into())
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let response = self.0.run(Request::from_parts(parts, &body[..]))?;
        let (parts, mut body) = response.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}
