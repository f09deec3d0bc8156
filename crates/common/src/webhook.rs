//! Webhooks: where tenants want their events sent, and what became of each sending. Pure.
//!
//! * [`Endpoint`]: a URL of a tenant, with the [`Secret`] that sendings to it are signed with ([`signature`]).
//! * [`Delivery`]: one event on its way to one endpoint, over as many attempts as [`Retries`] has.
//! * [`Health`]: how an endpoint fares, which decides when it is left alone.

mod delivery;
mod endpoint;
mod health;
mod id;
mod job;
mod retries;
mod secret;
pub mod signature;

pub use delivery::{Attempt, Begun, DELIVERY_VERSION, Delivery, DeliveryState, NewDelivery, Said};
pub use endpoint::{
    ENDPOINT_VERSION, Endpoint, EndpointState, Kinds, NewEndpoint, SECRET_OVERLAP, Stopped,
    UnknownKind,
};
pub use health::{FAILED_DELIVERIES_TO_STOP, Health};
pub use id::{DeliveryId, EndpointId, WebhookIdError};
pub use job::{CALLBACK_VERSION, CallbackJob};
pub use retries::Retries;
pub use secret::{Secret, SecretError};

/// What a test of an endpoint is called, as a kind of event. Nothing of the kind is stored.
pub const TEST_KIND: &str = "webhook.test";
