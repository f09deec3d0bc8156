//! `invoice-ocr completions SHELL`: what a shell needs to complete words.

use clap::Args;
use clap_complete::Shell;

use super::{CommandError, console};
use crate::cli;
use crate::exit::Exit;

/// Arguments of `completions`.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// Those of printing.
pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit, CommandError> {
    console::line(script(args.shell).trim_end())?;
    Ok(Exit::Done)
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::shown(), cli::NAME, &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6.11 takes the hyphen in our name for one between commands, but not everywhere.
    script.replace("invoice__subcmd__ocr__subcmd__", "invoice__ocr__subcmd__")
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shells_script_names_every_command_and_no_hidden_one() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for command in cli::shown().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
            assert!(!script.contains("broker-child"), "{shell}");
        }
    }
}
