//! `invoice-ocr man`: manual pages, one for each command.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use super::{CommandError, console};
use crate::cli;
use crate::exit::Exit;

/// Arguments of `man`.
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError::Usage`] where the folder cannot be written.
pub(crate) fn run(args: &ManArgs) -> Result<Exit, CommandError> {
    let unusable = |path: &Path, error: std::io::Error| {
        CommandError::Usage(format!("{}: {error}", path.display()))
    };
    std::fs::create_dir_all(&args.out).map_err(|error| unusable(&args.out, error))?;
    for (name, page) in pages() {
        let path = args.out.join(name);
        let page = page.map_err(|error| unusable(&path, error))?;
        std::fs::write(&path, page).map_err(|error| unusable(&path, error))?;
        console::line(&format!("wrote {}", path.display()))?;
    }
    Ok(Exit::Done)
}

/// Name and text of every page.
fn pages() -> Vec<(String, std::io::Result<Vec<u8>>)> {
    let mut root = cli::shown().disable_help_subcommand(true);
    // Gives commands in commands their full names.
    root.build();
    let mut pages = Vec::new();
    add(&root, &mut pages);
    pages
}

fn add(command: &Command, pages: &mut Vec<(String, std::io::Result<Vec<u8>>)>) {
    command.get_subcommands().for_each(|inner| add(inner, pages));
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    let rendered = man.render(&mut page).map(|()| page);
    pages.push((man.get_filename(), rendered));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        fn count(command: &Command) -> usize {
            1 + command.get_subcommands().map(count).sum::<usize>()
        }
        let pages = pages();
        assert_eq!(pages.len(), count(&cli::shown()));
        for (name, page) in pages {
            let page = String::from_utf8(page.unwrap()).unwrap();
            let title = name.trim_end_matches(".1").replace('-', "\\-");
            assert!(page.contains("Examples:"), "{name}: {page}");
            assert!(page.contains(&title), "{name}: {page}");
        }
    }
}
