//! `nats` commands as pages show them: in blocks of code, one a line, and in sentences.

use std::path::{Path, PathBuf};

/// For whom a block of commands is, as the words after its language say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Nobody in particular.
    Anybody,
    /// The user `operator` of docs/broker.md.
    Operator,
    /// The user `subscriber.bookkeeping`.
    Subscriber,
}

/// A command.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// After `nats`.
    pub(crate) words: Vec<String>,
    /// For whom.
    pub(crate) reader: Reader,
    /// In a sentence it may be named without all that it takes.
    pub(crate) is_whole: bool,
}

/// Text of a file.
pub(crate) fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files in `folder` whose names end so, in order.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    found.sort();
    found
}

/// Every `nats` command of a page.
pub(crate) fn commands(markdown: &str) -> Vec<Line> {
    let mut found = Vec::new();
    let mut block: Option<Reader> = None;
    let mut begun = String::new();
    for line in markdown.lines().map(str::trim) {
        if let Some(info) = line.strip_prefix("```") {
            block = block.is_none().then(|| match info.split(' ').nth(1) {
                Some("operator") => Reader::Operator,
                Some("subscriber") => Reader::Subscriber,
                _ => Reader::Anybody,
            });
        } else if let Some(reader) = block {
            begun.push_str(line);
            if begun.ends_with('\\') {
                begun.pop();
                continue;
            }
            found.extend(command(&begun, reader, true));
            begun.clear();
        } else {
            let quoted = line.split('`').skip(1).step_by(2);
            found.extend(quoted.filter_map(|code| command(code, Reader::Anybody, false)));
        }
    }
    found
}

fn command(line: &str, reader: Reader, is_whole: bool) -> Option<Line> {
    let mut words = words(line);
    // "`nats`" alone, and "`nats …`", are the program's name.
    let names_one = words.len() > 1 && words[0] == "nats" && !words.iter().any(|w| w == "…");
    words.remove(0);
    names_one.then_some(Line { words, reader, is_whole })
}

/// The words of a shell's line, up to a comment, a pipe or a redirection. Never empty.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        let word = words.last_mut().unwrap();
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => word.push(letter),
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ') if word.is_empty() => {}
            (None, ' ') => words.push(String::new()),
            (None, '#') if word.is_empty() => break,
            (None, '|' | '>' | ';') => break,
            (None, _) => word.push(letter),
        }
    }
    if words.len() > 1 && words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    words
}

/// Whether every subject that fits `needed` fits `wide`; both may have wildcards.
pub(crate) fn covers(wide: &str, needed: &str) -> bool {
    let (mut wide, mut needed) = (wide.split('.'), needed.split('.'));
    loop {
        match (wide.next(), needed.next()) {
            (None, None) | (Some(">"), Some(_)) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

/// Whether some subject fits both.
pub(crate) fn overlaps(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some("*"), Some(_)) | (Some(_), Some("*")) => {}
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}
