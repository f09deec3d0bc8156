//! The commands beside `serve`: each file parses its own arguments and does one thing.
//!
//! Those that speak HTTP use [`crate::client`], those of the operator the broker ([`operator`]).
//! What is printed goes through [`console`]; how tables look is decided in [`table`], from the JSON
//! of the API alone.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod batch;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod console;
pub(crate) mod dead;
pub(crate) mod decode;
pub(crate) mod delete;
pub(crate) mod delivery;
pub(crate) mod doctor;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod errors;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod exporting;
pub(crate) mod interrupt;
pub(crate) mod keys;
pub(crate) mod man;
pub(crate) mod openapi;
pub(crate) mod operator;
pub(crate) mod outcome;
pub(crate) mod progress;
pub(crate) mod read;
pub(crate) mod source;
pub(crate) mod status;
pub(crate) mod story;
pub(crate) mod submit;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod topology;
pub(crate) mod watch;
pub(crate) mod whole;
pub(crate) mod witness;
pub(crate) mod worker;

use std::process::ExitCode;

use clap::ValueEnum;

pub(crate) use error::CommandError;

use crate::exit::Exit;

/// How answers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// For programs: JSON, indented
    Json,
    /// For programs: one JSON object a line
    Ndjson,
}

/// Turns the end of a command into an exit code, and says on standard error what went wrong.
pub(crate) fn finish(outcome: Result<Exit, CommandError>) -> ExitCode {
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            if !matches!(error, CommandError::ReaderGone) {
                console::error(&error.to_string());
            }
            error.exit().into()
        }
    }
}
