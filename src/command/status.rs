//! `invoice-ocr status ID`.

use clap::Args;

use super::endpoint::GatewayArgs;
use super::outcome::of_answer;
use super::table::detail;
use super::{CommandError, Output, console};
use crate::exit::Exit;

/// Arguments of `status`.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// The document's id, as `submit` prints it
    #[arg(value_name = "ID", value_parser = id)]
    id: String,
    #[command(flatten)]
    gateway: GatewayArgs,
    /// Table: a field a row, then the invoice's lines. JSON and NDJSON: the answer of the API
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
    /// Exit with 3 when the result needs review
    #[arg(long)]
    fail_on_review: bool,
}

/// Runs the command. Exit code 0 while the document is being worked on, 1 once it failed.
///
/// # Errors
/// [`CommandError`]; exit code 4 for an unknown id.
pub(crate) fn run(args: &StatusArgs) -> Result<Exit, CommandError> {
    let answer = args.gateway.client()?.status(&args.id)?;
    match args.output {
        Output::Table => console::line(&detail::document(&answer))?,
        Output::Json => console::json(&answer)?,
        Output::Ndjson => console::line(&answer.to_string())?,
    }
    Ok(of_answer(&answer, args.fail_on_review))
}

/// What no id can be would change the URL.
pub(super) fn id(text: &str) -> Result<String, String> {
    text.parse::<common::id::DocumentId>().map(|id| id.to_string()).map_err(|e| e.to_string())
}
