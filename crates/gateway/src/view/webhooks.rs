//! What clients see of webhooks and of what was sent to them.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use common::id::DocumentId;
use common::webhook::{
    Attempt, Delivery, DeliveryId, DeliveryState, Endpoint, EndpointId, EndpointState, Health, Said,
};

/// Address of a webhook.
pub(crate) fn webhook_path(id: &EndpointId) -> String {
    format!("/api/v1/webhooks/{id}")
}

/// Whether events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookState {
    /// They are.
    Enabled,
    /// Its owner wants none for now.
    Paused,
    /// The service has given it up; `disabled` says why.
    Disabled,
}

/// Why and since when a webhook is given up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Disabled {
    /// `failing`: several deliveries in a row failed for good; `gone`: the receiver answered 410.
    #[schema(example = "failing")]
    reason: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A webhook.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WebhookView {
    /// Its id.
    #[schema(value_type = String, min_length = 16, max_length = 16)]
    id: EndpointId,
    /// Where events are sent; `null` for the one of addresses that uploads bring.
    #[schema(required)]
    url: Option<String>,
    /// Whether it is the one of addresses that uploads bring.
    uploads: bool,
    /// What its owner calls it.
    #[schema(required)]
    description: Option<String>,
    /// Kinds of events that are sent; empty for all, also those that there are not yet.
    kinds: Vec<String>,
    /// Whether any are sent.
    state: WebhookState,
    /// Why it was given up; there exactly when `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    disabled: Option<Disabled>,
    /// When it was made; it gets what happens from then on.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Until when signatures are also made with the secret before the present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    old_secret_until: Option<Timestamp>,
}

impl WebhookView {
    pub(crate) fn of(endpoint: &Endpoint, now: Timestamp) -> Self {
        let (state, disabled) = match endpoint.state {
            EndpointState::Enabled => (WebhookState::Enabled, None),
            EndpointState::Paused => (WebhookState::Paused, None),
            EndpointState::Disabled { reason, at } => {
                (WebhookState::Disabled, Some(Disabled { reason: reason.as_str(), at }))
            }
        };
        Self {
            id: endpoint.id.clone(),
            url: endpoint.url.clone(),
            uploads: endpoint.url.is_none(),
            description: endpoint.description.clone(),
            kinds: endpoint.kinds.iter().map(str::to_owned).collect(),
            state,
            disabled,
            created_at: endpoint.created_at,
            old_secret_until: endpoint.overlap_until(now),
        }
    }
}

/// A webhook with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    #[serde(flatten)]
    pub(crate) webhook: WebhookView,
    /// What signatures are made with. It is not shown again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub(crate) secret: String,
}

/// A webhook, and how it fares.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookWithHealth {
    #[serde(flatten)]
    pub(crate) webhook: WebhookView,
    /// How it fares.
    pub(crate) health: WebhookHealth,
}

/// How a webhook fares.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookHealth {
    /// Deliveries that failed for good since the last one that was taken.
    failed_in_a_row: u32,
    /// When one was last taken, give or take a minute.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    taken_at: Option<Timestamp>,
    /// When one last failed for good.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    failed_at: Option<Timestamp>,
}

impl From<Health> for WebhookHealth {
    fn from(health: Health) -> Self {
        let Health { failed_in_a_row, taken_at, failed_at } = health;
        Self { failed_in_a_row, taken_at, failed_at }
    }
}

/// The caller's webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhooks {
    /// Oldest first.
    pub(crate) items: Vec<WebhookView>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryStateView {
    /// It will be tried, for the first time or again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// All attempts failed.
    Failed,
    /// It was not sent, because the webhook is paused or disabled.
    Skipped,
}

impl From<DeliveryState> for DeliveryStateView {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Pending => Self::Pending,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Failed => Self::Failed,
            DeliveryState::Skipped => Self::Skipped,
        }
    }
}

/// One attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptView {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Milliseconds; `null` while it is under way, or when the service died meanwhile.
    #[schema(required)]
    duration_ms: Option<u64>,
    /// The receiver's HTTP status, if it gave one.
    #[schema(required)]
    status: Option<u16>,
    /// Why there is no status: `unresolved`, `address_refused`, `plain_http`, `not_connected`, `tls_failed`, `timed_out`,
    /// `answer_unreadable` or `event_gone`; others may come.
    #[schema(required)]
    error: Option<String>,
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        let (status, error) = match &attempt.said {
            None => (None, None),
            Some(Said::Status(status)) => (Some(*status), None),
            Some(Said::Error(code)) => (None, Some(code.clone())),
        };
        Self { at: attempt.at, duration_ms: attempt.duration_ms, status, error }
    }
}

/// One event on its way to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// Its id, and what receivers get as `webhook-id`: the same for each attempt.
    #[schema(value_type = String, example = "dlv_0123456789abcdef0123456789abcdef")]
    id: DeliveryId,
    /// The document that the event is about.
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    document: DocumentId,
    /// The event's kind.
    #[schema(example = "invoice.extracted")]
    kind: String,
    /// The event's `ce-id`.
    event: String,
    /// Where it stands.
    state: DeliveryStateView,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it is tried next; `null` for soon, or never.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// The newest attempts, oldest first, at most twenty.
    attempts: Vec<AttemptView>,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.clone(),
            document: delivery.document.clone(),
            kind: delivery.kind.clone(),
            event: delivery.event.clone(),
            state: delivery.state.into(),
            created_at: delivery.created_at,
            due_at: delivery.due_at,
            attempts: delivery.attempts.iter().map(AttemptView::from).collect(),
        }
    }
}

/// Some deliveries to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deliveries {
    /// Newest first.
    pub(crate) items: Vec<DeliveryView>,
    /// What to ask for next, as `cursor` with the same `state`; `null` at the end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tested {
    /// Whether the receiver took it.
    pub(crate) taken: bool,
    /// The attempt.
    pub(crate) attempt: AttemptView,
}
