//! `invoice-ocr errors`: what each code means and what to do about it.

mod catalogue;
mod page;

use clap::Args;

use super::{CommandError, console};
use crate::exit::Exit;

/// Arguments of `errors`.
#[derive(Args, Debug)]
pub(crate) struct ErrorsArgs {
    /// Code to explain; without one, all of them are printed as a page of Markdown
    code: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError::Usage`] where a code is asked for that the product does not have.
pub(crate) fn run(args: &ErrorsArgs) -> Result<Exit, CommandError> {
    let problems = gateway::problem_kinds();
    let text = match &args.code {
        None => page::markdown(&problems),
        Some(code) => page::explanation(code, &problems).ok_or_else(|| {
            CommandError::Usage(format!(
                "there is no error code {}; `invoice-ocr errors` has all of them",
                console::printable(code)
            ))
        })?,
    };
    console::line(&text)?;
    Ok(Exit::Done)
}
