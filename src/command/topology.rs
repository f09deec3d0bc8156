//! `invoice-ocr topology apply|check`.

use clap::{Args, Subcommand};

use common::jetstream::topology;

use super::operator::{self, OperatorArgs};
use super::{CommandError, console};
use crate::exit::Exit;

/// Arguments of `topology`.
#[derive(Args, Debug)]
pub(crate) struct TopologyArgs {
    #[command(subcommand)]
    action: TopologyAction,
}

#[derive(Subcommand, Debug)]
enum TopologyAction {
    /// Create and update streams, consumers and buckets; print what was changed
    #[command(after_help = "Examples:
  invoice-ocr topology apply --nats-url nats://broker:4222
  invoice-ocr topology apply --config /etc/invoice-ocr.toml")]
    Apply(OperatorArgs),
    /// Print what differs from this build and configuration; exit code 5 when something does
    #[command(after_help = "Examples:
  invoice-ocr topology check --nats-url nats://broker:4222
  invoice-ocr topology check || invoice-ocr topology apply")]
    Check(OperatorArgs),
}

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the broker is away or refuses.
pub(crate) fn run(args: &TopologyArgs) -> Result<Exit, CommandError> {
    match &args.action {
        TopologyAction::Apply(args) => operator::with_broker(args, async |broker, config| {
            for drift in topology::apply(&broker, &config).await? {
                console::line(&drift.remedy())?;
            }
            Ok(Exit::Done)
        }),
        TopologyAction::Check(args) => operator::with_broker(args, async |broker, config| {
            let drift = topology::check(&broker, &config).await?;
            for drift in &drift {
                console::line(&drift.to_string())?;
            }
            Ok(if drift.is_empty() { Exit::Done } else { Exit::Drift })
        }),
    }
}
