//! `invoice-ocr openapi`: the API for machines.

use super::{CommandError, console};
use crate::exit::Exit;

/// Runs the command: prints what a gateway of this build serves at `/openapi.json`, indented.
///
/// # Errors
/// Those of printing.
pub(crate) fn run() -> Result<Exit, CommandError> {
    let text = gateway::description();
    console::line(&text.map_err(|error| CommandError::Internal(error.to_string()))?)?;
    Ok(Exit::Done)
}
