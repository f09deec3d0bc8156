//! The product from outside: its executable, its HTTP side, its events, on real documents, with a
//! real broker, PDFium and Tesseract. Needs what `scripts/setup` installs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy exempts test functions, not what they call"
)]

mod business;
mod callers;
mod collector;
mod doctor;
mod documents;
mod einvoices;
mod examples;
mod faults;
mod limits;
mod metrics;
mod operation;
mod pages;
mod story;
mod support;
mod traces;
mod users;
