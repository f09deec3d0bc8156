//! `invoice-ocr config`: what is in effect, and what there is to set.

mod domain;
mod reference;

use clap::{Args, Subcommand};

use common::config::Config;
use common::service::ServiceArgs;
use extract::stage::Extract;

use super::{CommandError, console};
use crate::exit::Exit;

/// Arguments of `config`.
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: ConfigAction,
}

#[derive(Subcommand, Debug)]
enum ConfigAction {
    /// Print the configuration in effect as TOML: defaults, file, environment, arguments
    ///
    /// The hints file and the keys of tokens that it names are checked too.
    #[command(after_help = "Examples:
  invoice-ocr config check
  invoice-ocr config check --config /etc/invoice-ocr.toml
  INVOICE_OCR__LIMITS__MAX_PAGES=20 invoice-ocr config check | grep max_pages")]
    Check {
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Print every key with its type, default, range and explanation, as a page of Markdown
    #[command(after_help = "Examples:
  invoice-ocr config reference > docs/configuration.md")]
    Reference,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError::Config`] naming the key that is wrong, and the supplier and field in a hints file.
pub(crate) fn run(args: &ConfigArgs) -> Result<Exit, CommandError> {
    match &args.action {
        ConfigAction::Check { service } => check(service),
        ConfigAction::Reference => {
            console::line(&reference::markdown(&Config::defaults()?)?)?;
            Ok(Exit::Done)
        }
    }
}

fn check(service: &ServiceArgs) -> Result<Exit, CommandError> {
    let config = service.load()?;
    // What only its user knows to be wrong: own identity and the hints file, and the keys of tokens.
    Extract::new(&config)?;
    gateway::check_access(&config)?;
    let config = config.redacted();
    let text = toml::to_string_pretty(&config)
        .map_err(|error| CommandError::Internal(error.to_string()))?;
    console::line(text.trim_end())?;
    Ok(Exit::Done)
}
