//! `invoice-ocr`: the service, and everything to use and run it from a shell.

mod cli;
mod client;
mod command;
mod exit;
mod serve;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::Cli::parse().run()
}
