//! How documents end.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::seconds;
use crate::page::MediaType;
use crate::status::{State, StatusRecord};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    media_type: &'static str,
    outcome: &'static str,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Documents that ended in this process: completed, or failed for good.
#[derive(Clone, Debug)]
pub struct DocumentMetrics {
    ended: Family<EndLabels, Counter>,
    duration: Family<OutcomeLabels, Histogram, fn() -> Histogram>,
}

impl DocumentMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let ended = Family::default();
        let help = "Documents that ended, by what they are, how, and the error's code";
        registry.register("documents_ended", help, ended.clone());
        let duration = Family::new_with_constructor(seconds as fn() -> Histogram);
        registry.register_with_unit(
            "document_duration",
            "Time from the upload of a document to its end",
            Unit::Seconds,
            duration.clone(),
        );
        Self { ended, duration }
    }

    /// The terminal `record` was stored. Any other is not counted.
    pub fn ended(&self, record: &StatusRecord) {
        if !record.state.is_terminal() {
            return;
        }
        let outcome = record.state.as_str();
        let code = match (record.state, &record.error) {
            (State::Failed, Some(error)) => error.code.clone(),
            _ => String::new(),
        };
        let media_type = media_type(record.media_type);
        self.ended.get_or_create(&EndLabels { media_type, outcome, code }).inc();
        let took = record.updated_at.duration_since(record.received_at);
        // Two clocks: one that is behind would make it negative.
        let took = Duration::try_from(took).unwrap_or_default();
        self.duration.get_or_create(&OutcomeLabels { outcome }).observe(took.as_secs_f64());
    }
}

/// A media type as a label.
#[must_use]
pub fn media_type(media_type: MediaType) -> &'static str {
    match media_type {
        MediaType::Pdf => "pdf",
        MediaType::Jpeg => "jpeg",
        MediaType::Png => "png",
        MediaType::Xml => "xml",
    }
}

#[cfg(test)]
mod tests {
    use crate::error::{ErrorRecord, StageError};
    use crate::metrics::Metrics;
    use crate::stage::StageName;
    use crate::testing::accepted_record;

    #[test]
    fn an_end_counts_by_its_code_and_nothing_else_is_one() {
        let metrics = Metrics::default();
        let record = accepted_record();
        metrics.documents.ended(&record);
        assert!(!metrics.exposition().contains("documents_ended_total{"), "it only waits");
        let error = ErrorRecord::new(StageName::Ocr, &StageError::internal("worker_crashed", ""));
        // By a clock that is behind that of the gateway.
        let early = jiff::Timestamp::from_second(-7).unwrap();
        metrics.documents.ended(&record.given_up(error, early));
        let shown = metrics.exposition();
        for line in [
            r#"documents_ended_total{media_type="pdf",outcome="failed",code="worker_crashed"} 1"#,
            r#"document_duration_seconds_sum{outcome="failed"} 0.0"#,
        ] {
            assert!(shown.contains(line), "{line} in {shown}");
        }
    }
}
