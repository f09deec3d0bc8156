//! HTTP metrics, and what came in.

use std::time::Duration;

use axum::http::Method;
use common::metrics::media_type;
use common::status::StatusRecord;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// From a status query (a millisecond) over an upload (tens of them; the goal is 200 ms) to one
/// that waits for the broker (ten seconds).
const SECONDS_BUCKETS: [f64; 11] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    method: &'static str,
    route: String,
}

/// Requests answered, and how long that took.
#[derive(Clone, Debug)]
pub(crate) struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    duration: Family<DurationLabels, Histogram, fn() -> Histogram>,
}

impl HttpMetrics {
    /// Adds them to `registry`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let requests = Family::default();
        let help = "Requests by method, route template and status";
        registry.register("http_requests", help, requests.clone());
        let duration = Family::new_with_constructor(seconds as fn() -> Histogram);
        registry.register_with_unit(
            "http_request_duration",
            "Time from the request's head to the answer",
            Unit::Seconds,
            duration.clone(),
        );
        Self { requests, duration }
    }

    /// Counts a request; `route` is a template, never a path.
    pub(crate) fn answered(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let (method, route) = (label(method), route.to_owned());
        let labels = DurationLabels { method, route: route.clone() };
        self.duration.get_or_create(&labels).observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    code: &'static str,
}

/// Callers that were refused, and audit records that were lost. No label says who it was.
#[derive(Clone, Debug)]
pub(crate) struct AccessMetrics {
    refused: Family<RefusalLabels, Counter>,
    dropped: Counter,
}

impl AccessMetrics {
    /// Adds them to `registry`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let refused = Family::default();
        let help = "Requests whose caller was not let in, by error code";
        registry.register("callers_refused", help, refused.clone());
        let dropped = Counter::default();
        let help = "Audit records of reads that the broker did not take";
        registry.register("audit_records_dropped", help, dropped.clone());
        Self { refused, dropped }
    }

    /// A caller was not let in.
    pub(crate) fn refused(&self, code: &'static str) {
        self.refused.get_or_create(&RefusalLabels { code }).inc();
    }

    /// So many records are lost.
    pub(crate) fn dropped(&self, records: u64) {
        self.dropped.inc_by(records);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UploadLabels {
    media_type: &'static str,
    known: &'static str,
}

/// Documents that clients brought and that were taken.
#[derive(Clone, Debug)]
pub(crate) struct UploadMetrics(Family<UploadLabels, Counter>);

impl UploadMetrics {
    /// Adds them to `registry`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let accepted = Family::default();
        let help = "Uploads that were taken, by what they are and whether they were known before";
        registry.register("documents_accepted", help, accepted.clone());
        Self(accepted)
    }

    /// An upload was taken.
    pub(crate) fn accepted(&self, record: &StatusRecord, new: bool) {
        let (media_type, known) =
            (media_type(record.media_type), if new { "false" } else { "true" });
        self.0.get_or_create(&UploadLabels { media_type, known }).inc();
    }
}

/// The register of documents, and those who follow some of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegisterMetrics {
    /// Documents that are known.
    pub(crate) documents: Gauge,
    /// Requests that wait for a change, and event streams.
    pub(crate) followers: Gauge,
}

impl RegisterMetrics {
    /// Adds them to `registry`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let help = "Documents in the gateway's register";
        registry.register("register_documents", help, metrics.documents.clone());
        let help = "Requests that wait for a document to change, and open event streams";
        registry.register("register_followers", help, metrics.followers.clone());
        metrics
    }
}

/// Methods are any token a client likes; labels are a closed set.
fn label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS_BUCKETS)
}

#[cfg(test)]
mod tests {
    use common::metrics::Metrics;

    use super::*;

    #[test]
    fn a_method_nobody_knows_makes_no_label_of_its_own() {
        let metrics = Metrics::default();
        let http = metrics.register(HttpMetrics::register);
        let method = Method::from_bytes(b"BREW").unwrap();
        http.answered(&method, "/health", 405, Duration::from_millis(3));
        let text = metrics.exposition();
        let line = r#"http_requests_total{method="other",route="/health",status="405"} 1"#;
        assert!(text.contains(line), "{text}");
        assert!(text.contains("http_request_duration_seconds_count"), "{text}");
    }
}
