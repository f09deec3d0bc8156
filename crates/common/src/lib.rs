//! What the stages share, in reading order.
//!
//! Admission rule: a type enters this crate when it crosses a stage boundary, belongs to the stage
//! contract, or is the plumbing around that contract. What only one stage uses lives in that stage.
//!
//! Vocabulary (pure): [`id`], [`object`], [`page`], [`job`], [`event`], [`error`], [`status`],
//! [`decide`], [`duplicate`], [`correction`], [`key`], [`audit`], [`idempotency`], [`quota`], [`webhook`]. The contract: [`stage`]. The plumbing: [`jetstream`] (the only place that names
//! async-nats), [`worker`] (the only place that starts processes), [`config`], [`metrics`],
//! [`telemetry`], [`ops`], [`service`], for calls to clients' servers [`callback`], and for
//! rehearsals [`failpoint`].

pub mod audit;
pub mod callback;
pub mod config;
pub mod correction;
pub mod decide;
pub mod duplicate;
pub mod error;
pub mod event;
pub mod failpoint;
pub mod id;
pub mod idempotency;
pub mod jetstream;
pub mod job;
pub mod key;
pub mod metrics;
pub mod object;
pub mod ops;
pub mod page;
pub mod quota;
pub mod service;
pub mod stage;
pub mod status;
pub mod telemetry;
pub mod vendored;
mod versioned;
pub mod webhook;
pub mod worker;

#[cfg(feature = "testing")]
#[expect(clippy::expect_used, reason = "code of tests")]
pub mod testing;
