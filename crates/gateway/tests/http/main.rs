//! The gateway over real connections, against a real broker.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: clippy exempts only the functions marked as one, not their helpers"
)]

mod audit;
mod batch;
mod browser;
mod callers;
mod client;
mod connections;
mod corrections;
mod descriptors;
mod documentation;
mod erasure;
mod events;
mod idempotency;
mod listing;
mod outage;
mod pages;
mod patience;
mod quota;
mod rate;
mod reader;
mod refusal;
mod reprocess;
mod result;
mod smuggling;
mod status;
mod tenants;
mod tls;
mod upload;
mod waiting;
mod webhooks;
mod world;
