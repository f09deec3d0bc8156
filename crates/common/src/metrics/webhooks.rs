//! What is sent to webhooks. No label says where to, or whose.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::seconds;
use crate::callback::call::{Answer, CallError};
use crate::webhook::{DeliveryState, Stopped};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// Sendings to webhooks.
#[derive(Clone, Debug)]
pub struct WebhookMetrics {
    calls: Family<CallLabels, Counter>,
    duration: Histogram,
    ended: Family<StateLabels, Counter>,
    stopped: Family<ReasonLabels, Counter>,
}

impl WebhookMetrics {
    /// Adds them to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let (calls, ended, stopped) = (Family::default(), Family::default(), Family::default());
        let duration = seconds();
        registry.register(
            "webhook_calls",
            "Attempts to send an event to a webhook, by outcome",
            Family::clone(&calls),
        );
        registry.register_with_unit(
            "webhook_call_duration",
            "Time from the look-up of a webhook's host to its answer",
            Unit::Seconds,
            duration.clone(),
        );
        registry.register(
            "webhook_deliveries",
            "Deliveries to webhooks that are over, by how they ended",
            Family::clone(&ended),
        );
        registry.register(
            "webhooks_disabled",
            "Webhooks that were given up, by reason",
            Family::clone(&stopped),
        );
        Self { calls, duration, ended, stopped }
    }

    /// Counts an attempt.
    pub fn called(&self, answer: &Result<Answer, CallError>, took: Duration) {
        let outcome = match answer {
            Ok(answer) => match answer.status {
                200..=299 => "taken",
                300..=399 => "redirected",
                400..=499 => "refused",
                _ => "failed",
            },
            Err(error) => error.code(),
        };
        self.calls.get_or_create(&CallLabels { outcome }).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// Counts a delivery that is over.
    pub fn ended(&self, state: DeliveryState) {
        self.ended.get_or_create(&StateLabels { state: state.as_str() }).inc();
    }

    /// Counts a webhook that was given up.
    pub fn stopped(&self, reason: Stopped) {
        self.stopped.get_or_create(&ReasonLabels { reason: reason.as_str() }).inc();
    }
}
