//! `invoice-ocr worker <stage>`: this program as a child process of a stage that runs in `serve`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use common::service::own_path;
use common::stage::StageName;
use common::worker::Program;

use super::CommandError;

/// Arguments of `worker`.
#[derive(Args, Debug)]
pub(crate) struct WorkerArgs {
    stage: WorkerStage,
}

/// Stages that have worker processes.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum WorkerStage {
    Preprocess,
    Ocr,
}

/// Works on requests from standard input until it is closed.
pub(crate) fn run(args: &WorkerArgs) -> ExitCode {
    match args.stage {
        WorkerStage::Preprocess => preprocess::worker_main(),
        WorkerStage::Ocr => ocr::worker_main(),
    }
}

/// How this program is started as a worker process of `stage`, for commands that read documents themselves.
///
/// # Errors
/// [`CommandError::Internal`] where the system does not say which file this program is.
pub(crate) fn program(stage: StageName) -> Result<Program, CommandError> {
    let path = own_path().map_err(|error| CommandError::Internal(error.to_string()))?;
    Ok(Program { path, args: vec!["worker".to_owned(), stage.to_string()] })
}
