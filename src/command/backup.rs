//! `invoice-ocr backup create|restore`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use common::jetstream::backup::{Copied, order};

use super::operator::{self, OperatorArgs};
use super::{CommandError, console};
use crate::exit::Exit;

/// Arguments of `backup`.
#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    action: BackupAction,
}

#[derive(Subcommand, Debug)]
enum BackupAction {
    /// Copy every stream into a new folder, while the services run
    ///
    /// Documents that are accepted from now on are not in it. The files are those of
    /// `nats account backup`.
    #[command(after_help = "Examples:
  invoice-ocr backup create /backup/2026-11-26")]
    Create(FolderArgs),
    /// Make every stream from its copy, on a broker that has none of them; then start the services
    #[command(after_help = "Examples:
  invoice-ocr backup restore /backup/2026-11-26 --nats-url nats://broker:4222")]
    Restore(FolderArgs),
}

#[derive(Args, Debug)]
struct FolderArgs {
    /// Folder of the backup
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    operator: OperatorArgs,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the broker is away or refuses, or a file cannot be read or written.
pub(crate) fn run(args: &BackupArgs) -> Result<Exit, CommandError> {
    match &args.action {
        BackupAction::Create(FolderArgs { folder, operator }) => {
            operator::with_broker(operator, async |broker, _| {
                for stream in order() {
                    told(&broker.back_up(stream, folder).await?)?;
                }
                Ok(Exit::Done)
            })
        }
        BackupAction::Restore(FolderArgs { folder, operator }) => {
            operator::with_broker(operator, async |broker, _| {
                for stream in order() {
                    told(&broker.restore(stream, folder).await?)?;
                }
                let ended = broker.end_as_told().await?;
                if ended > 0 {
                    console::line(&format!(
                        "{ended} documents had ended when their events were copied"
                    ))?;
                }
                Ok(Exit::Done)
            })
        }
    }
}

fn told(copied: &Copied) -> Result<(), CommandError> {
    let Copied { stream, messages, bytes } = copied;
    console::line(&format!("{stream}: {messages} messages, {bytes} bytes"))
}
