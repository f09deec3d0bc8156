//! What is promised to programs of others, held against the code and the broker's topology: the
//! description of the events, and every `nats` command that a page shows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "clippy exempts test functions, not what they call"
)]

mod asyncapi;
mod cli;
mod commands;
mod compatible;
mod corrections;
mod openapi;
mod page;
