//! The gateway over real connections, against a real broker.

mod client;
mod documentation;
mod outage;
mod patience;
mod refusal;
mod status;
mod upload;
mod world;
