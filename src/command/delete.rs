//! `invoice-ocr delete ID`.

use clap::Args;

use super::CommandError;
use super::endpoint::GatewayArgs;
use super::status::id;
use crate::exit::Exit;

/// Arguments of `delete`.
#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    /// The document's id, as `submit` prints it
    #[arg(value_name = "ID", value_parser = id)]
    id: String,
    #[command(flatten)]
    gateway: GatewayArgs,
}

/// Runs the command. Prints nothing: exit code 0 says that nothing is left.
///
/// # Errors
/// [`CommandError`]; exit code 4 for an unknown id.
pub(crate) fn run(args: &DeleteArgs) -> Result<Exit, CommandError> {
    args.gateway.client()?.delete(&args.id)?;
    Ok(Exit::Done)
}
