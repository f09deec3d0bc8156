//! Fetching what is judged: over HTTP, from the broker, from files.

pub(super) mod broker;
pub(super) mod certificate;
pub(super) mod configuration;
pub(super) mod gateway;
pub(super) mod sample;
