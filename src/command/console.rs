//! Standard output and standard error: written line by line; standard output may be closed by its reader.
//! Colours are for terminals, unless `NO_COLOR`, `CLICOLOR` or `CLICOLOR_FORCE` says otherwise.

use std::io::{ErrorKind, Write};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use serde_json::Value;

use super::CommandError;

/// Prints `text` and a line end, at once: the reader may be a program that waits for it.
///
/// # Errors
/// [`CommandError::ReaderGone`] after `| head`, [`CommandError::Output`] otherwise.
pub(crate) fn line(text: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => CommandError::ReaderGone,
        _ => CommandError::Output(error),
    })
}

/// Whether what is printed may have colours.
pub(crate) fn has_colours() -> bool {
    may_have_colours(&std::io::stdout())
}

/// Says something on standard error that is no answer. Nobody is told when nobody can be.
#[expect(clippy::print_stderr, reason = "commands speak to the person who started them")]
pub(crate) fn note(text: &str) {
    eprintln!("{}", printable(text));
}

/// Says on standard error why the command ends.
#[expect(clippy::print_stderr, reason = "commands speak to the person who started them")]
pub(crate) fn error(text: &str) {
    const RED: &str = "\u{1b}[1;31m";
    const PLAIN: &str = "\u{1b}[0m";
    let (red, plain) = if may_have_colours(&std::io::stderr()) { (RED, PLAIN) } else { ("", "") };
    eprintln!("{red}error:{plain} {text}");
}

fn may_have_colours(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// Prints JSON for people and programs: indented.
///
/// # Errors
/// As [`line()`].
pub(crate) fn json(value: &Value) -> Result<(), CommandError> {
    line(&format!("{value:#}"))
}

/// Makes text from a document safe to show: it may hold anything, also sequences that a terminal
/// obeys or that reverse the direction of what follows.
pub(crate) fn printable(text: &str) -> String {
    const FIRST_DIRECTION: char = '\u{202A}';
    const LAST_DIRECTION: char = '\u{202E}';
    const FIRST_ISOLATE: char = '\u{2066}';
    const LAST_ISOLATE: char = '\u{2069}';
    let turns = |c: char| {
        (FIRST_DIRECTION..=LAST_DIRECTION).contains(&c)
            || (FIRST_ISOLATE..=LAST_ISOLATE).contains(&c)
    };
    text.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_cannot_command_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\rc\u{9b}1md"), "a [2Jb c 1md");
        assert_eq!(printable("12\u{202e}34"), "1234");
        assert_eq!(printable("Société Générale €"), "Société Générale €");
    }
}
