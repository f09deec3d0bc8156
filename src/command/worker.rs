//! `invoice-ocr worker <stage>`: this program as a child process of a stage that runs in `serve`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

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
