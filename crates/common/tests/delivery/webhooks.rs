//! Webhooks against a real broker and a real receiver: what is sent, how often, and when no more.

mod desk;
mod ends;
mod erased;
mod faults;
mod sent;
