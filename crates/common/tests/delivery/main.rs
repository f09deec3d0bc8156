//! The delivery core against a real broker: what it promises, and each trap of JetStream and its
//! client that would break a promise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy exempts test functions, not what they call"
)]

mod cloud_events;
mod corrections;
mod dead_letters;
mod duplicates;
mod erasure;
mod full;
mod history;
mod idempotency;
mod leftovers;
mod objects;
mod ops;
mod publish;
mod quota;
mod receiver;
mod reclaim;
mod reprocessing;
mod restored;
mod retention;
mod rights;
mod room;
mod runner;
mod subscribers;
mod support;
mod sweeper;
mod tls;
mod topology;
mod traces;
mod users;
mod webhooks;
